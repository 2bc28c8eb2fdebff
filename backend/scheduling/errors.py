"""Why time can't be had."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from backend.core.errors import ErrorCode, Refusal


@dataclass(frozen=True, slots=True)
class Alternative:
    """A time that could be had instead, when this was written. Instants are in UTC."""

    start: datetime
    end: datetime
    staff_id: int
    staff_name: str


@dataclass
class NoTime(Refusal):
    """Base of refusals that can offer other times."""

    alternatives: Sequence[Alternative] = ()

    def in_words(self, zone: ZoneInfo) -> str:
        """With the other times."""
        if not self.alternatives:
            return self.message
        times = [f"{each.start.astimezone(zone):%a %-d %b %H:%M} with {each.staff_name}" for each in self.alternatives]
        return f"{self.message} Free instead: {'; '.join(times)}."


@dataclass
class SlotTaken(NoTime):
    """The person's time is taken, by a visit or an absence."""

    code: ClassVar[ErrorCode] = ErrorCode.SLOT_TAKEN


@dataclass
class TravelTime(NoTime):
    """The person could not get there from the visit before, or to the one after, in time."""

    code: ClassVar[ErrorCode] = ErrorCode.TRAVEL_TIME


@dataclass
class DailyLimit(NoTime):
    """The person has as many visits on that date as it takes."""

    code: ClassVar[ErrorCode] = ErrorCode.DAILY_LIMIT


@dataclass
class NoStaffAvailable(NoTime):
    """Nobody who offers the service and covers the address is free then."""

    code: ClassVar[ErrorCode] = ErrorCode.NO_STAFF_AVAILABLE


@dataclass
class NotWorking(NoTime):
    """The time lies outside the person's working hours."""

    code: ClassVar[ErrorCode] = ErrorCode.NOT_WORKING


@dataclass
class TooSoon(NoTime):
    """The time lies within the business's booking notice, or in the past."""

    code: ClassVar[ErrorCode] = ErrorCode.TOO_SOON


@dataclass
class BeyondHorizon(NoTime):
    """The time lies further ahead than the business takes bookings."""

    code: ClassVar[ErrorCode] = ErrorCode.BEYOND_HORIZON


@dataclass
class OffGrid(NoTime):
    """No visit begins at such a minute: bookable times lie on the business's grid."""

    code: ClassVar[ErrorCode] = ErrorCode.OFF_GRID


@dataclass
class OutOfArea(Refusal):
    """The person, or anybody at all, does not serve the address."""

    code: ClassVar[ErrorCode] = ErrorCode.OUT_OF_AREA


@dataclass
class StaffNotQualified(Refusal):
    """The person does not offer the service."""

    code: ClassVar[ErrorCode] = ErrorCode.STAFF_NOT_QUALIFIED


@dataclass
class HoldExpired(Refusal):
    """The held time has been let go: its minutes are over, or somebody gave it back."""

    code: ClassVar[ErrorCode] = ErrorCode.HOLD_EXPIRED


@dataclass
class TooManyHolds(Refusal):
    """The same client holds as many times as one may."""

    code: ClassVar[ErrorCode] = ErrorCode.TOO_MANY_HOLDS


@dataclass
class InThePast(Refusal):
    """The time is over."""

    code: ClassVar[ErrorCode] = ErrorCode.IN_THE_PAST


@dataclass
class NobodyTakesVisit(Refusal):
    """A visit that can't go to a colleague at its own time."""

    code: ClassVar[ErrorCode] = ErrorCode.NO_STAFF_AVAILABLE

    appointment_ids: Sequence[int] = ()


@dataclass
class VisitsAhead(Refusal):
    """Somebody has visits ahead: give them to colleagues first, or let them be given."""

    code: ClassVar[ErrorCode] = ErrorCode.VISITS_AHEAD

    appointment_ids: Sequence[int] = ()


@dataclass
class TimeOffConflict(Refusal):
    """The absence overlaps visits, or another absence: move those first."""

    code: ClassVar[ErrorCode] = ErrorCode.TIME_OFF_CONFLICT

    appointment_ids: Sequence[int] = ()


@dataclass
class TooLate(Refusal):
    """The deadline is past; only the office can still do it."""

    code: ClassVar[ErrorCode] = ErrorCode.TOO_LATE


@dataclass
class TooManyReschedules(Refusal):
    """The customer has moved this booking as often as the business lets it."""

    code: ClassVar[ErrorCode] = ErrorCode.TOO_MANY_RESCHEDULES


@dataclass
class ChangeRequestNeeded(Refusal):
    """The visit belongs to an order or a plan: its customer asks for another time there, and the office decides."""

    code: ClassVar[ErrorCode] = ErrorCode.CHANGE_REQUEST_NEEDED
