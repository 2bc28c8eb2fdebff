"""Why a time is not offered: every candidate of a day's grid, with everybody who could come and what is in their way.

Asked of the same workloads, window and grid as `find_slots`, of which it is the long answer: a time is offered with
somebody exactly when nothing is in that person's way.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from backend.scheduling.rules.availability import Window
from backend.scheduling.rules.days import Day
from backend.scheduling.rules.states import SlotReason
from backend.scheduling.rules.visits import Need
from backend.scheduling.rules.workloads import Busy, Workload


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason against one person; `staff_id` is None where it concerns nobody in particular.

    `blockers` are the claims that make it true: without them it would not stand. Other reasons have none.
    """

    reason: SlotReason
    staff_id: int | None = None
    blockers: Sequence[Busy] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A time of the grid, in UTC. Offered where there are no obstacles; else these are everybody's."""

    start: datetime
    obstacles: Sequence[Obstacle]


@dataclass(frozen=True, slots=True)
class ExplainedDay:
    """All times of a date's grid, ascending."""

    date: date
    candidates: Sequence[Candidate]


def explain_slots(
    days: Sequence[Day], workloads: Iterable[Workload], need: Need, *, window: Window, grid_minutes: int
) -> list[ExplainedDay]:
    """What is in the way of each candidate on consecutive `days`. As many answers as days × marks × people."""
    able = [each for each in workloads if each.is_active and each.offers_service(need.service_id)]
    near = [each for each in able if each.covers]
    if not able:
        nobody = [Obstacle(SlotReason.NO_STAFF_FOR_SERVICE)]
    else:
        nobody = [Obstacle(SlotReason.OUT_OF_AREA, each.staff_id) for each in able]
    explained = []
    for day in days:
        checks = [_check_of(each, need, day, window) for each in near]
        candidates = [
            Candidate(datetime.fromtimestamp(mark, UTC), _obstacles(mark, checks) if near else nobody)
            for mark in day.marks(grid_minutes)
        ]
        explained.append(ExplainedDay(day.date, candidates))
    return explained


def in_general(obstacles: Iterable[Obstacle]) -> list[Obstacle]:
    """The same for those who may not know who is meant, nor what takes their time: each reason once."""
    reasons = {each.reason.in_general for each in obstacles}
    return [Obstacle(reason) for reason in SlotReason if reason in reasons]


_Check = Callable[[int], list[Obstacle]]


def _obstacles(mark: int, checks: Sequence[_Check]) -> list[Obstacle]:
    """Everybody's obstacles; none where somebody has none."""
    found: list[Obstacle] = []
    for check in checks:
        mine = check(mark)
        if not mine:
            return []
        found += mine
    return found


def _check_of(person: Workload, need: Need, day: Day, window: Window) -> _Check:
    """What is in one person's way on one day, prepared to be asked about many times."""
    seconds = (need.minutes(person.offers[need.service_id]) + need.buffer_minutes) * 60
    last = day.end + seconds
    work = [span for span in person.work if day.start <= span[0] < day.end]
    busy = [each for each in person.busy if each.start - each.travel < last and day.start < each.end + each.travel]
    date = (day.start, day.end)
    limit = person.max_visits_per_day
    full = limit is not None and person.visits_on(date) >= limit
    visits = [each for each in busy if not each.is_time_off and date[0] <= each.start < date[1]]

    def check(start: int) -> list[Obstacle]:
        end = start + seconds
        found: list[Obstacle] = []
        if start < window.earliest:
            found.append(Obstacle(SlotReason.TOO_SOON, person.staff_id))
        if start > window.latest:
            found.append(Obstacle(SlotReason.BEYOND_HORIZON, person.staff_id))
        if not any(low <= start and end <= high for low, high in work):
            found.append(Obstacle(SlotReason.NOT_WORKING, person.staff_id))
        blockers: dict[SlotReason, list[Busy]] = {}
        for claim in busy:
            if claim.start - claim.travel < end and start < claim.end + claim.travel:
                blockers.setdefault(_reason_of(claim, start, end), []).append(claim)
        found += [Obstacle(reason, person.staff_id, claims) for reason, claims in blockers.items()]
        if full:
            found.append(Obstacle(SlotReason.DAILY_LIMIT, person.staff_id, visits))
        return found

    return check


def _reason_of(claim: Busy, start: int, end: int) -> SlotReason:
    """Why a claim is in the way of [start, end)."""
    if not (claim.start < end and start < claim.end):
        return SlotReason.TRAVEL_TIME
    if claim.is_time_off:
        return SlotReason.TIME_OFF
    return SlotReason.HELD if claim.is_hold else SlotReason.BOOKED
