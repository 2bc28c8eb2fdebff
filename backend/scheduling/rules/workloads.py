"""All that is known of one member of staff over a window of time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from backend.scheduling.rules.days import Day
from backend.scheduling.rules.visits import Offer

Span = tuple[int, int]
"""A stretch of time in epoch seconds, the first included, the second not."""

Minutes = tuple[int, int]
"""A stretch of a day in minutes past midnight on the wall."""


class Busy(NamedTuple):
    """A claim in epoch seconds, its buffer included.

    Where the business gives time for travel, `latitude` and `longitude` say where a visit is (null for time off), and
    `travel` how many seconds it takes from there to the place that was asked about, and back.
    """

    start: int
    end: int
    is_time_off: bool = False
    is_hold: bool = False
    claim_id: int = 0
    latitude: float | None = None
    longitude: float | None = None
    travel: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One member of staff over a window: what it offers, when it works, when it is busy.

    `work` is working hours less breaks and days off; `busy` is claims. Both in epoch seconds (UTC), ascending and
    without overlaps; a claim may begin before the window or end after it. Of somebody with a daily limit, `dates` are
    the dates of the window and `done` the starts of visits that hold no claim any more, but count.
    """

    staff_id: int
    staff_name: str
    is_active: bool = True
    covers: bool = True
    """Whether one of its areas holds the place that was asked for."""
    offers: Mapping[int, Offer] = field(default_factory=dict)
    work: Sequence[Span] = ()
    busy: Sequence[Busy] = ()
    last_visit_end: int | None = None
    """When its last visit that `busy` doesn't show ended, with its buffer: one from before the window, or one that is
    done. None where there is none, or where nobody asked (`queries.workloads(idle=True)`)."""
    max_visits_per_day: int | None = None
    dates: Sequence[Span] = ()
    done: Sequence[int] = ()

    @property
    def blocked(self) -> Sequence[Busy]:
        """`busy` with the travel on both sides of each visit, by start; these may overlap."""
        if not any(claim.travel for claim in self.busy):
            return self.busy
        return sorted(
            claim._replace(start=claim.start - claim.travel, end=claim.end + claim.travel) for claim in self.busy
        )

    def has_room(self, start: datetime, also: Iterable[datetime] = ()) -> bool:
        """Whether the date of `start` may hold one more visit, with those that begin at `also` counted in."""
        if self.max_visits_per_day is None:
            return True
        second = start.timestamp()
        date = next((span for span in self.dates if span[0] <= second < span[1]), None)
        if date is None:
            return True  # beyond the window nothing is known; the booking step looks again
        more = sum(date[0] <= other.timestamp() < date[1] for other in also)
        return self.visits_on(date) + more < self.max_visits_per_day

    def visits_on(self, date: Span) -> int:
        """How many visits, held ones included, begin on a date of the window."""
        claimed = sum(date[0] <= claim.start < date[1] for claim in self.busy if not claim.is_time_off)
        return claimed + sum(date[0] <= start < date[1] for start in self.done)

    def offers_service(self, service_id: int) -> bool:
        return service_id in self.offers

    def works_through(self, start: datetime, end: datetime) -> bool:
        """Whether [start, end) lies within working hours, no break in between."""
        first, last = start.timestamp(), end.timestamp()
        return any(low <= first and last <= high for low, high in self.work)

    def is_free(self, start: datetime, end: datetime) -> bool:
        """Whether nothing is claimed in [start, end), travel included. Count the buffer into `end`."""
        return self.in_the_way(start, end) is None

    def in_the_way(self, start: datetime, end: datetime) -> Busy | None:
        """The first claim that overlaps [start, end), or is too near to get there from, or from there to, in time."""
        first, last = start.timestamp(), end.timestamp()
        return next(
            (each for each in self.busy if each.start - each.travel < last and first < each.end + each.travel), None
        )

    def booked_seconds(self, day: Day) -> int:
        """How much of the date is booked with visits, buffers included: who has least is sent first."""
        return sum(
            max(0, min(claim.end, day.end) - max(claim.start, day.start))
            for claim in self.busy
            if not claim.is_time_off
        )

    def idle_since(self, day: Day) -> int | None:
        """When the last visit that begins before the end of `day` ends, buffer included; None without any."""
        ends = [claim.end for claim in self.busy if not claim.is_time_off and claim.start < day.end]
        return max([*ends, *([] if self.last_visit_end is None else [self.last_visit_end])], default=None)


def working_spans(
    days: Sequence[Day],
    week: Mapping[int, Sequence[Minutes]],
    exceptions: Mapping[date, Sequence[Minutes]],
) -> list[Span]:
    """When somebody works on `days`: its week (by weekday, 0 is Monday), or what an exception says for the date.

    The minutes come ascending and without overlaps, breaks taken out.
    """
    spans: list[Span] = []
    for day in days:
        hours = exceptions.get(day.date)
        for start, end in week.get(day.weekday, ()) if hours is None else hours:
            span = (day.at(start), day.at(end))
            if span[0] < span[1]:
                spans.append(span)
    return spans


def without_breaks(start: int, end: int, breaks: Sequence[Minutes]) -> list[Minutes]:
    """Working hours less their breaks, in minutes. Breaks may come in any order, overlap, or lie outside."""
    parts: list[Minutes] = []
    for low, high in sorted(breaks):
        if high <= start or high <= low:
            continue
        if low >= end:
            break
        if low > start:
            parts.append((start, low))
        start = max(start, high)
    if start < end:
        parts.append((start, end))
    return parts
