"""What a working week may look like, and the bounds of what staff can be given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from backend.core.errors import FieldPath, InvalidInput, InvalidTransition, OutOfRange, Refusal, Required

MAX_BREAKS = 10
PHOTO_SIDE = 512
"""Pixels."""
MAX_VISITS_PER_DAY = 100
MAX_RADIUS_MILES = Decimal(500)
MAX_PRICE = Decimal("99999.99")
MAX_DURATION_MINUTES = 24 * 60
LONGEST_ABSENCE = timedelta(days=366)
PLANNABLE = timedelta(days=3 * 366)
"""How far ahead dates off and absences can be entered."""


class DayOfWeek(StrEnum):
    """A weekday. Rows number them from 0, Monday, as `date.weekday()` does."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"

    @property
    def number(self) -> int:
        """0 for Monday to 6 for Sunday."""
        return list(DayOfWeek).index(self)

    @classmethod
    def of(cls, number: int) -> "DayOfWeek":
        """The weekday of a row's number."""
        return list(cls)[number]


@dataclass(frozen=True, slots=True)
class Break:
    """A pause in the working day, wall clock."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class DayHours:
    """The working hours of one weekday, wall clock in the business's zone. They end on the day that they start on."""

    day_of_week: DayOfWeek
    start: time
    end: time
    breaks: tuple[Break, ...] = ()


def week_refusals(week: Sequence[DayHours]) -> list[Refusal]:
    """Everything that is wrong with a week, by field below `hours`: days named twice, hours and breaks that are not."""
    refusals: list[Refusal] = []
    seen: set[DayOfWeek] = set()
    for number, day in enumerate(week):
        path: FieldPath = ("hours", number)
        if day.day_of_week in seen:
            refusals.append(InvalidInput("This weekday is named twice.", (*path, "day_of_week")))
        seen.add(day.day_of_week)
        if day.end <= day.start:
            refusals.append(InvalidInput("Work ends after it starts, on the same day.", (*path, "end")))
        else:
            refusals += _break_refusals(day, path)
    return refusals


def _break_refusals(day: DayHours, path: FieldPath) -> list[Refusal]:
    if len(day.breaks) > MAX_BREAKS:
        return [OutOfRange(f"A day has at most {MAX_BREAKS} breaks.", (*path, "breaks"))]
    refusals: list[Refusal] = []
    for number, pause in enumerate(day.breaks):
        field = (*path, "breaks", number)
        if pause.end <= pause.start:
            refusals.append(InvalidInput("A break ends after it starts.", (*field, "end")))
        elif pause.start < day.start or pause.end > day.end:
            refusals.append(OutOfRange("A break lies within the working hours.", (*field, "start")))
        elif any(pause.start < other.end and other.start < pause.end for other in day.breaks[:number]):
            refusals.append(InvalidInput("This break overlaps another.", (*field, "start")))
    return refusals


def stored_breaks(breaks: Sequence[Break]) -> list[list[str]]:
    """Breaks as rows keep them: in their order, `[["12:00", "12:30"]]`."""
    return [[f"{pause.start:%H:%M}", f"{pause.end:%H:%M}"] for pause in sorted(breaks, key=lambda pause: pause.start)]


def read_breaks(stored: Sequence[Sequence[str]]) -> list[Break]:
    """Breaks from what a row keeps."""
    return [Break(time.fromisoformat(start), time.fromisoformat(end)) for start, end in stored]


def exception_refusals(*, day: date, start: time | None, end: time | None, today: date) -> list[Refusal]:
    """What is wrong with a date off (no hours) or with other hours (both)."""
    refusals: list[Refusal] = []
    if not today <= day <= today + PLANNABLE:
        refusals.append(OutOfRange("This date is past, or more than three years away.", ("date",)))
    if start is None and end is not None:
        refusals.append(Required("Give both hours, or none for a day off.", ("start",)))
    if start is not None and end is None:
        refusals.append(Required("Give both hours, or none for a day off.", ("end",)))
    if start is not None and end is not None and end <= start:
        refusals.append(InvalidInput("Work ends after it starts, on the same day.", ("end",)))
    return refusals


def daily_limit_refusals(visits: int | None) -> list[Refusal]:
    """What is wrong with a daily limit; None is no limit."""
    if visits is not None and not 1 <= visits <= MAX_VISITS_PER_DAY:
        return [OutOfRange(f"A day holds 1 to {MAX_VISITS_PER_DAY} visits.", ("max_visits_per_day",))]
    return []


def absence_refusals(*, start: datetime, end: datetime, now: datetime) -> list[Refusal]:
    """What is wrong with an absence. It may have begun already, as when somebody falls ill."""
    if end <= start:
        return [InvalidInput("An absence ends after it starts.", ("end",))]
    if end - start > LONGEST_ABSENCE:
        return [OutOfRange(f"An absence lasts at most {LONGEST_ABSENCE.days} days.", ("end",))]
    if not now - LONGEST_ABSENCE <= start <= now + PLANNABLE:
        return [OutOfRange("This is more than a year ago, or more than three years away.", ("start",))]
    return []


def offer_refusals(*, price: Decimal | None, minutes: int | None) -> list[Refusal]:
    """What is wrong with somebody's own price or duration for a service."""
    refusals: list[Refusal] = []
    if price is not None and not 0 <= price <= MAX_PRICE:
        refusals.append(OutOfRange(f"A price lies between 0 and {MAX_PRICE}.", ("price_override",)))
    elif price is not None and price != round(price, 2):
        refusals.append(InvalidInput("A price has at most two decimal places.", ("price_override",)))
    if minutes is not None and not 1 <= minutes <= MAX_DURATION_MINUTES:
        refusals.append(
            OutOfRange(f"This lies between 1 and {MAX_DURATION_MINUTES} minutes.", ("duration_override_minutes",))
        )
    return refusals


def radius_refusals(radius_miles: Decimal) -> list[Refusal]:
    """What is wrong with the radius of an area."""
    if not 0 < radius_miles <= MAX_RADIUS_MILES:
        return [OutOfRange(f"A radius is more than 0 and at most {MAX_RADIUS_MILES} miles.", ("radius_miles",))]
    if radius_miles != round(radius_miles, 1):
        return [InvalidInput("A radius has at most one decimal place.", ("radius_miles",))]
    return []


class StaffChangeKind(StrEnum):
    """What a member of staff would like to change of its own time or places."""

    WORKING_HOURS = "WORKING_HOURS"
    WORKING_DAY_REMOVAL = "WORKING_DAY_REMOVAL"
    EXCEPTION = "EXCEPTION"
    EXCEPTION_REMOVAL = "EXCEPTION_REMOVAL"
    AREA = "AREA"
    AREA_REMOVAL = "AREA_REMOVAL"
    TIME_OFF = "TIME_OFF"
    TIME_OFF_REMOVAL = "TIME_OFF_REMOVAL"


class StaffChangeStatus(StrEnum):
    """Where such a wish stands. All but the first are the end of it."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


def require_pending(status: str) -> None:
    """InvalidTransition for a wish that is decided or taken back."""
    if status != StaffChangeStatus.PENDING:
        raise InvalidTransition(f"This request is {status.lower()} already.", ("change_id",))


def week_as_kept(hours: Sequence[DayHours]) -> list[dict[str, Any]]:
    """A week as JSON; `week_as_asked` reads it."""
    return [
        {
            "day_of_week": day.day_of_week.value,
            "start": f"{day.start:%H:%M}",
            "end": f"{day.end:%H:%M}",
            "breaks": stored_breaks(day.breaks),
        }
        for day in hours
    ]


def week_as_asked(kept: Sequence[Mapping[str, Any]]) -> list[DayHours]:
    """The week that `week_as_kept` wrote down."""
    return [
        DayHours(
            day_of_week=DayOfWeek(day["day_of_week"]),
            start=time.fromisoformat(day["start"]),
            end=time.fromisoformat(day["end"]),
            breaks=tuple(read_breaks(day["breaks"])),
        )
        for day in kept
    ]


def exception_as_kept(day: date, start: time | None, end: time | None, reason: str) -> dict[str, Any]:
    """A date off or with other hours, as JSON."""
    return {
        "date": day.isoformat(),
        "start": f"{start:%H:%M}" if start else None,
        "end": f"{end:%H:%M}" if end else None,
        "reason": reason,
    }
