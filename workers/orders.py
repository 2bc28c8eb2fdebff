"""Orders move on with what happens to their visits."""

from datetime import datetime

from backend.events.rules import Happened
from backend.orders import actions
from workers.broker import handler


@handler
def follow_visits(event: Happened, /, *, now: datetime) -> None:
    """The order is what its visits make it."""
    actions.follow_visits(event=event, now=now)
