"""Telling people: each handler writes a mail into the log, `send_email` hands one over."""

from datetime import datetime

import dramatiq

from backend.core import clock
from backend.events.rules import Happened
from backend.notifications import actions
from backend.notifications.gateway import DjangoMailer
from backend.notifications.rules import EmailKind
from workers.broker import QUEUE, broker, handler


@handler
def order_received(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered: we have it."""
    actions.write_order_email(kind=EmailKind.ORDER_RECEIVED, event=event, now=now)


@handler
def order_confirmed(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered: these are the visits."""
    actions.write_order_email(kind=EmailKind.ORDER_CONFIRMED, event=event, now=now)


@handler
def order_cancelled(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered: it won't happen."""
    actions.write_order_email(kind=EmailKind.ORDER_CANCELLED, event=event, now=now)


@dramatiq.actor(actor_name="notifications.send_email", queue_name=QUEUE, broker=broker)
def send_email(email_id: int, **_: object) -> None:
    """Hand one mail over to the mail server."""
    actions.send_email(email_id=email_id, mailer=DjangoMailer(), now=clock.now())
