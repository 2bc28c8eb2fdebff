"""A turn at somebody's calendar: what a worker holds while it has it."""

from dataclasses import dataclass
from datetime import datetime

from backend.calendars.models import CalendarEvent
from backend.calendars.rules import CalendarSettings, ConnectionState, Content


class LeaseLost(Exception):
    """Another worker has the connection by now, or its state is another."""


@dataclass(frozen=True, slots=True)
class Held:
    """A connection that is ours for the time of LEASE; `lease` tells this turn from any other."""

    connection_id: int
    lease: int
    user_id: int
    provider: str
    state: ConnectionState
    sealed: str
    calendar_id: str
    server_url: str
    wishes: CalendarSettings
    replan: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Todo:
    """An entry to look at, and what should stand there; nothing should where `content` is None."""

    event: CalendarEvent
    content: Content | None
