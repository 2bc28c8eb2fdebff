"""What follows of an event, carried out here and now, step by step as the processes do it."""

from datetime import datetime

from backend.events.actions import lease_deliveries, route_events
from backend.notifications.actions import lease_emails, lease_sms
from workers.actors import broker
from workers.routing import ROUTES


def relay_and_work(now: datetime, *, times: int = 1) -> None:
    """Carry out all that follows from the events so far, mails and all, each message delivered `times` times."""
    route_events(routes=ROUTES, limit=100, now=now)
    for leased in lease_deliveries(limit=100, now=now):
        for _ in range(times):
            broker.get_actor(leased.handler).fn(event_id=leased.event_id, later="argument")
    for email_id in lease_emails(limit=100, now=now):
        for _ in range(times):
            broker.get_actor("notifications.send_email").fn(email_id=email_id, later="argument")
    for sms_id in lease_sms(limit=100, now=now):
        for _ in range(times):
            broker.get_actor("notifications.send_sms").fn(sms_id=sms_id, later="argument")
