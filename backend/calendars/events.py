"""What happens to calendars. None of it tells what lets us in."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFact(Fact):
    """What every fact about a connection tells: whose it is, and with whom."""

    user_id: int
    connection_id: int
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarConnected(CalendarFact):
    """A provider let us in."""

    kind: ClassVar[str] = "calendar.connected"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarChanged(CalendarFact):
    """Somebody changed how a calendar is kept."""

    kind: ClassVar[str] = "calendar.changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarBroken(CalendarFact):
    """A provider lets us in no more: its owner has to connect anew."""

    kind: ClassVar[str] = "calendar.broken"

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDisconnected(CalendarFact):
    """Somebody took a calendar away from us."""

    kind: ClassVar[str] = "calendar.disconnected"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFeedMade(Fact):
    """Somebody made a secret address at which their visits can be subscribed to."""

    kind: ClassVar[str] = "calendar.feed_made"

    user_id: int
    feed_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFeedRevoked(Fact):
    """Such an address is dead."""

    kind: ClassVar[str] = "calendar.feed_revoked"

    user_id: int
    feed_id: int
