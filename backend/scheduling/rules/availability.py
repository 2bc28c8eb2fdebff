"""Bookable times, and why a day has none.

One idea carries both: the *starts* that somebody's day holds. They are the marks of the grid at which the whole visit,
buffer included, fits into one stretch of work that nothing claims. A day without any is explained by asking again with
less in the way: without claims, then with absences alone.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

from backend.scheduling.rules.days import Day
from backend.scheduling.rules.states import DayReason
from backend.scheduling.rules.visits import Need
from backend.scheduling.rules.workloads import Busy, Span, Workload


@dataclass(frozen=True, slots=True)
class Window:
    """The starts that may be booked: from `earliest` to `latest`, both included, in epoch seconds."""

    earliest: int
    latest: int


class Slot(NamedTuple):
    """A time that can be booked, with whom and for how much. `end` is the end of the work; the buffer follows it."""

    start: datetime
    end: datetime
    staff_id: int
    staff_name: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class AvailabilityDay:
    """The slots of a date, by start and then staff id; `reason` is set where there are none."""

    date: date
    slots: Sequence[Slot]
    reason: DayReason | None


_RANK = (
    DayReason.NOT_WORKING,
    DayReason.TOO_SOON,
    DayReason.BEYOND_HORIZON,
    DayReason.TIME_OFF,
    DayReason.FULLY_BOOKED,
)
"""How far somebody came on a day, ascending."""


def find_slots(
    days: Sequence[Day],
    workloads: Iterable[Workload],
    need: Need,
    *,
    window: Window,
    grid_minutes: int,
    minute: int | None = None,
) -> list[AvailabilityDay]:
    """What can be booked on `days`, ascending; with `minute`, at that minute past midnight on the wall alone.

    The workloads hold at least these days.
    """
    able = [each for each in workloads if each.is_active and each.offers_service(need.service_id)]
    near = [each for each in able if each.covers]
    if not near:
        reason = DayReason.OUT_OF_AREA if able else DayReason.NO_STAFF_FOR_SERVICE
        return [AvailabilityDay(day.date, (), reason) for day in days]
    marks = {
        number: day.marks(grid_minutes) if minute is None else (day.at(minute),) for number, day in enumerate(days)
    }
    open_days = [number for number in marks if _outside(marks[number], window) is None]
    runs: dict[int, list[tuple[Workload, Sequence[int]]]] = {number: [] for number in open_days}
    for each in near:
        _search_one(
            each,
            need,
            [(number, days[number], marks[number]) for number in open_days],
            window,
            runs,
        )
    return [
        _slots_of_day(day, runs[number], need)
        if runs.get(number)
        else AvailabilityDay(day.date, (), _why_none(day, marks[number], near, need, window))
        for number, day in enumerate(days)
    ]


def _search_one(
    workload: Workload,
    need: Need,
    days: Sequence[tuple[int, Day, Sequence[int]]],
    window: Window,
    runs: Mapping[int, list[tuple[Workload, Sequence[int]]]],
) -> None:
    """Add the starts of one member of staff to `runs`, by day. `days` are (number, day, marks), ascending."""
    seconds = _seconds(workload, need)
    earliest, latest = window.earliest, window.latest
    limit = workload.max_visits_per_day
    if limit is not None:
        days = [each for each in days if workload.visits_on((each[1].start, each[1].end)) < limit]
    upcoming = iter(days)
    number, day_end, marks = _next(upcoming)
    for low, high in free_stretches(workload.work, workload.blocked, seconds):
        while low >= day_end:
            number, day_end, marks = _next(upcoming)
            if not marks:
                return
        low = max(low, earliest, marks[0])
        high = min(high - seconds, latest)
        if low <= high:
            starts = marks[bisect_left(marks, low) : bisect_right(marks, high)]
            if starts:
                runs[number].append((workload, starts))


def _next(days: Iterator[tuple[int, Day, Sequence[int]]]) -> tuple[int, int, Sequence[int]]:
    """Number, end and marks of the next day; no marks after the last."""
    number, day, marks = next(days, (0, None, ()))
    return (number, 0, ()) if day is None else (number, day.end, marks)


def free_stretches(work: Sequence[Span], busy: Sequence[Busy], seconds: int) -> list[Span]:
    """Stretches of work that nothing claims and that last at least `seconds`. Both sequences ascend by their starts."""
    stretches: list[Span] = []
    index, count = 0, len(busy)
    for start, end in work:
        while index < count and busy[index][1] <= start:
            index += 1
        while index < count and busy[index][0] < end:
            claimed, released = busy[index][:2]
            if claimed - start >= seconds:
                stretches.append((start, claimed))
            if released > start:
                start = released
            if released >= end:
                break  # it may reach into the next stretch of work as well
            index += 1
        if end - start >= seconds:
            stretches.append((start, end))
    return stretches


def _seconds(workload: Workload, need: Need) -> int:
    """How long the visit keeps this member of staff busy, buffer included."""
    return (need.minutes(workload.offers[need.service_id]) + need.buffer_minutes) * 60


def _slots_of_day(day: Day, runs: Sequence[tuple[Workload, Sequence[int]]], need: Need) -> AvailabilityDay:
    instants: dict[int, datetime] = {}
    slots: list[Slot] = []
    for workload, starts in runs:
        offer = workload.offers[need.service_id]
        minutes, price = need.minutes(offer) * 60, need.total(offer)
        for start in starts:
            end = start + minutes
            for second in (start, end):
                if second not in instants:
                    instants[second] = datetime.fromtimestamp(second, UTC)
            slots.append(Slot(instants[start], instants[end], workload.staff_id, workload.staff_name, price))
    slots.sort(key=lambda slot: (slot.start, slot.staff_id))
    return AvailabilityDay(day.date, slots, None)


def _outside(marks: Sequence[int], window: Window) -> DayReason | None:
    """TOO_SOON or BEYOND_HORIZON for a day that lies outside the window as a whole."""
    if marks[-1] < window.earliest:
        return DayReason.TOO_SOON
    return DayReason.BEYOND_HORIZON if marks[0] > window.latest else None


def _why_none(day: Day, marks: Sequence[int], workloads: Iterable[Workload], need: Need, window: Window) -> DayReason:
    """The reason of a day without slots: that of whoever came farthest."""
    outside = _outside(marks, window)
    if outside is not None:
        return outside
    farthest = 0
    for workload in workloads:
        farthest = max(farthest, _RANK.index(_obstacle(day, marks, workload, need, window)))
        if farthest == len(_RANK) - 1:
            break
    return _RANK[farthest]


def _obstacle(day: Day, marks: Sequence[int], workload: Workload, need: Need, window: Window) -> DayReason:
    """What keeps this member of staff from coming on this day: the first of what is in the way that leaves nothing."""
    seconds = _seconds(workload, need)
    work = workload.work[bisect_left(workload.work, (day.start, 0)) : bisect_left(workload.work, (day.end, 0))]
    starts = _starts(marks, free_stretches(work, (), seconds), seconds)
    if not starts:
        return DayReason.NOT_WORKING
    if not any(window.earliest <= start <= window.latest for start in starts):
        return DayReason.BEYOND_HORIZON if starts[-1] > window.latest else DayReason.TOO_SOON
    absences = [claim for claim in workload.busy if claim.is_time_off and claim.start < day.end]
    starts = _starts(marks, free_stretches(work, absences, seconds), seconds)
    if not any(window.earliest <= start <= window.latest for start in starts):
        return DayReason.TIME_OFF
    return DayReason.FULLY_BOOKED


def _starts(marks: Sequence[int], stretches: Iterable[Span], seconds: int) -> list[int]:
    """The marks at which something of `seconds` fits into one of the stretches."""
    return [
        start
        for low, high in stretches
        for start in marks[bisect_left(marks, low) : bisect_right(marks, high - seconds)]
    ]
