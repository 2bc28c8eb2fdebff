"""What relay and workers do for calendars, in the test's own thread."""

from datetime import datetime

import time_machine

from backend.calendars.actions import lease_syncs, sync_connection
from backend.events.actions import lease_deliveries, route_events
from workers.actors import broker
from workers.routing import ROUTES


def follow_events(*, now: datetime, times: int = 1) -> None:
    """Carry out what calendars do about the events so far, each message delivered `times` times."""
    with time_machine.travel(now, tick=False):
        while route_events(routes=ROUTES, limit=200, now=now):
            pass
        while leased := lease_deliveries(limit=200, now=now):
            for each in leased:
                if each.handler.startswith("calendars."):
                    for _ in range(times):
                        broker.get_actor(each.handler).fn(event_id=each.event_id, later="argument")


def sync_all(*, now: datetime, times: int = 1) -> int:
    """Follow the events, then give every due calendar its turns until none is due; how many turns that took.

    A calendar whose provider is left alone for a while is not due.
    """
    follow_events(now=now, times=times)
    turns = 0
    with time_machine.travel(now, tick=False):
        while ids := lease_syncs(limit=100, now=now):
            for connection_id in ids:
                turns += sync_connection(connection_id=connection_id, now=now)
            assert turns < 200, "there is no end to it"
    return turns
