"""Telling partners: a handler writes what is to be posted, `send_waiting` posts it."""

from datetime import datetime

import dramatiq

from backend.core import clock
from backend.events.rules import Happened
from backend.partners import actions
from workers.broker import QUEUE, broker, handler


@handler
def deliver(event: Happened, /, *, now: datetime) -> None:
    """To every endpoint that wants to know and whose partner may."""
    actions.tell_partners(event=event, now=now)


@dramatiq.actor(actor_name="partners.send_waiting", queue_name=QUEUE, broker=broker)
def send_waiting(endpoint_id: int, lease: int, **_: object) -> None:
    """Post what one endpoint waits for."""
    actions.send_waiting(endpoint_id=endpoint_id, lease=lease, now=clock.now())
