"""Plans follow their appointments, go on when their day has come, and take the time that others give back."""

from datetime import datetime

from backend.core.business import business
from backend.events.rules import Happened
from backend.subscriptions import actions
from workers.broker import handler


@handler
def follow_appointment(event: Happened, /, *, now: datetime) -> None:
    """The visit of a plan is what its appointment is."""
    actions.follow_appointment(event=event, now=now)


@handler
def offer_freed_time(event: Happened, /, *, now: datetime) -> None:
    """A visit was called off or moved, or an absence taken back: a visit without a place may find one there."""
    before = event.data.get("previous") or event.data
    zone = business().zone
    first = datetime.fromisoformat(before["start"]).astimezone(zone).date()
    last = datetime.fromisoformat(before["end"]).astimezone(zone).date()
    actions.offer_freed_time(first=first, last=last, now=now)


@handler
def resume_if_due(event: Happened, /, *, now: datetime) -> None:
    """A pause ends."""
    actions.resume_if_due(subscription_id=event.data["subscription_id"], now=now)


@handler
def place_if_possible(event: Happened, /, *, now: datetime) -> None:
    """Visits without a place are tried again."""
    actions.place_if_possible(subscription_id=event.data["subscription_id"], now=now)
