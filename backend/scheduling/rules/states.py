"""The states of a visit, and until when it may be changed."""

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from backend.core.errors import InvalidTransition, StaleVersion

ANNOUNCE_AGAIN = timedelta(minutes=15)
"""So long nobody is told again that somebody is on the way: a second tap is most often a slip."""

MAX_ARRIVAL_MINUTES = 240


class AppointmentStatus(StrEnum):
    """Where a visit stands."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"


class AppointmentType(StrEnum):
    """What a visit came from."""

    SINGLE = "SINGLE"
    ORDER_ITEM = "ORDER_ITEM"
    SUBSCRIPTION = "SUBSCRIPTION"


class ClaimKind(StrEnum):
    """What time is taken for."""

    APPOINTMENT = "APPOINTMENT"
    TIME_OFF = "TIME_OFF"
    HOLD = "HOLD"


class PaymentStatus(StrEnum):
    """What has been paid."""

    UNPAID = "UNPAID"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    PAID = "PAID"
    REFUNDED = "REFUNDED"


class DayReason(StrEnum):
    """Why a day has no bookable time."""

    NO_STAFF_FOR_SERVICE = "NO_STAFF_FOR_SERVICE"
    OUT_OF_AREA = "OUT_OF_AREA"
    NOT_WORKING = "NOT_WORKING"
    TIME_OFF = "TIME_OFF"
    FULLY_BOOKED = "FULLY_BOOKED"
    TOO_SOON = "TOO_SOON"
    BEYOND_HORIZON = "BEYOND_HORIZON"


class SlotReason(StrEnum):
    """Why one time of the grid is not offered."""

    NO_STAFF_FOR_SERVICE = "NO_STAFF_FOR_SERVICE"
    OUT_OF_AREA = "OUT_OF_AREA"
    NOT_WORKING = "NOT_WORKING"
    TOO_SOON = "TOO_SOON"
    BEYOND_HORIZON = "BEYOND_HORIZON"
    TIME_OFF = "TIME_OFF"
    BOOKED = "BOOKED"
    HELD = "HELD"
    TRAVEL_TIME = "TRAVEL_TIME"
    DAILY_LIMIT = "DAILY_LIMIT"
    FULLY_BOOKED = "FULLY_BOOKED"

    @property
    def in_general(self) -> "SlotReason":
        """What customers are told: that a person's time is taken, never by what."""
        return SlotReason.FULLY_BOOKED if self in _PRIVATE_REASONS else self


_PRIVATE_REASONS = frozenset(
    {
        SlotReason.TIME_OFF,
        SlotReason.BOOKED,
        SlotReason.HELD,
        SlotReason.TRAVEL_TIME,
        SlotReason.DAILY_LIMIT,
    }
)

OPEN_STATUSES = frozenset({AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED, AppointmentStatus.IN_PROGRESS})
"""A visit in one of these holds a claim; no other does."""

MAX_NOTE = 2000
"""The longest internal note, in characters."""

MAX_BOOKING_NOTES = 2000
"""The longest that a customer may write to a direct booking, in characters."""

MAX_INTERNAL_NOTES = 20_000
"""The longest that the internal notes of one visit may grow."""

TRANSITIONS: dict[AppointmentStatus, frozenset[AppointmentStatus]] = {
    AppointmentStatus.PENDING: frozenset({AppointmentStatus.CONFIRMED, AppointmentStatus.CANCELLED}),
    AppointmentStatus.CONFIRMED: frozenset(
        {
            AppointmentStatus.IN_PROGRESS,
            AppointmentStatus.COMPLETED,
            AppointmentStatus.CANCELLED,
            AppointmentStatus.NO_SHOW,
        }
    ),
    AppointmentStatus.IN_PROGRESS: frozenset({AppointmentStatus.COMPLETED, AppointmentStatus.CANCELLED}),
    AppointmentStatus.COMPLETED: frozenset(),
    AppointmentStatus.CANCELLED: frozenset(),
    AppointmentStatus.NO_SHOW: frozenset(),
}


def require_transition(before: AppointmentStatus, after: AppointmentStatus) -> None:
    """InvalidTransition unless the table above has the step."""
    if after not in TRANSITIONS[before]:
        raise InvalidTransition(f"A visit that is {before.value} can't become {after.value}.")


def require_version(current: int, known: int | None) -> None:
    """StaleVersion where the client decided by another version than the one that stands. None is no claim."""
    if known is not None and known != current:
        raise StaleVersion("This visit has changed since. Look again.", ("version",))


def require_begun(start: datetime, *, now: datetime) -> None:
    """InvalidTransition before the start of a visit."""
    if now < start:
        raise InvalidTransition("The visit has not begun yet.")


def require_announceable(
    status: AppointmentStatus, start: datetime, *, said_at: datetime | None, zone: ZoneInfo, now: datetime
) -> None:
    """InvalidTransition unless somebody may be on the way to the visit now.

    It has to be confirmed, today on the wall of `zone`, and not announced within the last ANNOUNCE_AGAIN.
    """
    if status is not AppointmentStatus.CONFIRMED:
        raise InvalidTransition(f"The visit is {status}: nobody is on the way to it.")
    if start.astimezone(zone).date() != now.astimezone(zone).date():
        raise InvalidTransition("The visit is not today.")
    if said_at is not None and now < said_at + ANNOUNCE_AGAIN:
        minutes = int(ANNOUNCE_AGAIN.total_seconds() // 60)
        raise InvalidTransition(f"This was told less than {minutes} minutes ago.")


def cancellation_deadline(start: datetime, policy_hours: int) -> datetime:
    """Until when the customer may cancel or move a visit: its start less the policy's hours."""
    return start - timedelta(hours=policy_hours)


def deadline_passed(deadline: datetime, now: datetime) -> bool:
    """Whether it is too late; the deadline itself is still in time."""
    return now > deadline
