"""Calendars: handlers note what is to be looked at, `sync` goes out and does it."""

from datetime import datetime

import dramatiq

from backend.calendars import actions
from backend.core import clock
from backend.events.rules import Happened
from workers.broker import QUEUE, broker, handler


@handler
def visit_changed(event: Happened, /, *, now: datetime) -> None:
    """To every calendar that the visit stands in, or should: look at it."""
    actions.follow_visit(event=event, now=now)


@dramatiq.actor(actor_name="calendars.sync", queue_name=QUEUE, broker=broker)
def sync(connection_id: int, **_: object) -> None:
    """One turn at one calendar."""
    actions.sync_connection(connection_id=connection_id, now=clock.now())
