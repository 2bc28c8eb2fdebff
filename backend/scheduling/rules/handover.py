"""Visits to colleagues at their own times: who may take one, and who takes which. From plain facts.

`objection` is the one answer to "may this person do this visit then?", for confirming, assigning and reassigning.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from backend.core.errors import FieldPath, Refusal
from backend.core.fairness import Assignment
from backend.geography.rules import Place
from backend.scheduling.errors import DailyLimit, NotWorking, OutOfArea, SlotTaken, StaffNotQualified, TravelTime
from backend.scheduling.rules.assignment import Given, Queue
from backend.scheduling.rules.days import Day
from backend.scheduling.rules.room import with_travel
from backend.scheduling.rules.workloads import Busy, Workload

_MAX_TRIES = 2_000
"""Hand-overs tried for visits that overlap each other before we call it impossible."""


def objection(
    person: Workload,
    *,
    service_id: int,
    start: datetime,
    end: datetime,
    busy_until: datetime,
    outside_hours: bool = False,
    field: FieldPath = (),
    also: Iterable[datetime] = (),
) -> Refusal | None:
    """What speaks against sending `person` to a visit, the weightiest first; None where nothing does.

    StaffNotQualified, OutOfArea (by `person.covers`), NotWorking for an absence or, unless `outside_hours`, for a time
    outside working hours, SlotTaken for a claim over [start, busy_until), TravelTime for one that is too near to get
    there in time, DailyLimit where the date is full, visits that begin at `also` counted in. The buffer may lie after
    work.
    """
    if not person.is_active or not person.offers_service(service_id):
        return StaffNotQualified(f"{person.staff_name} does not offer this service.", field)
    if not person.covers:
        return OutOfArea(f"{person.staff_name} does not serve this postcode.", field)
    claim = person.in_the_way(start, busy_until)
    if claim is not None and claim.is_time_off:
        return NotWorking(f"{person.staff_name} is away then.", field)
    if claim is not None and (claim.end <= start.timestamp() or busy_until.timestamp() <= claim.start):
        return TravelTime(f"{person.staff_name} could not be there in time.", field)
    if claim is not None:
        return SlotTaken(f"{person.staff_name} is taken then.", field)
    if not outside_hours and not person.works_through(start, end):
        return NotWorking(f"{person.staff_name} does not work then.", field)
    if not person.has_room(start, also):
        return DailyLimit(f"{person.staff_name} has as many visits that day as it takes.", field)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A visit that somebody gives up. Instants are aware; `day` is the date of its start on the business's wall."""

    appointment_id: int
    service_id: int
    staff_id: int
    """Who gives it up, and never takes it back."""
    start: datetime
    end: datetime
    busy_until: datetime
    day: Day
    covering: Collection[int]
    """Who serves its address."""
    place: Place | None = None
    """Where it is, for the way there."""


@dataclass(frozen=True, slots=True)
class Takers:
    """Who takes which visit, by appointment id; or, where not all can be taken, why which ones stay."""

    by_visit: Mapping[int, int]
    reasons: Mapping[int, str]


def hand_over(
    visits: Iterable[Handover],
    people: Iterable[Workload],
    *,
    assignment: Assignment,
    minutes_per_mile: Decimal = Decimal(0),
) -> Takers:
    """A colleague for each visit at its own time, chosen by the rule of assignment; all, or the reasons.

    `people` are read for the whole time of the visits; whether they serve an address says `Handover.covering`.
    """
    crew = {person.staff_id: person for person in people}
    todo = sorted(visits, key=lambda visit: (visit.start, visit.appointment_id))
    search = _Search(crew, assignment, minutes_per_mile)
    fit = {visit.appointment_id: search.fit(visit) for visit in todo}
    stuck = [visit for visit in todo if not fit[visit.appointment_id]]
    reasons = {visit.appointment_id: search.why_nobody(visit) for visit in stuck}
    taken: list[Taken] = []
    # By date: people who do one day's visits are free for those of another.
    for _, day in groupby([] if reasons else todo, key=lambda visit: visit.day.date):
        knot = list(day)
        found = search.complete(knot, taken, fit)
        if found is None:
            left = search.left_over(knot, taken, fit)
            reasons |= {visit.appointment_id: "whoever could come is needed elsewhere then" for visit in left}
        else:
            taken = found
    return Takers({} if reasons else {visit.appointment_id: who for visit, who in taken}, reasons)


def may_take(visit: Handover, person: Workload, *, minutes_per_mile: Decimal = Decimal(0)) -> bool:
    """Whether somebody else than who gives it up could do the visit at its own time."""
    return _rank(visit, person, minutes_per_mile) is None


Taken = tuple[Handover, int]
"""A visit and who takes it."""


class _Search:
    """Depth first through the visits of a date, the preferred person first."""

    def __init__(self, crew: Mapping[int, Workload], assignment: Assignment, minutes_per_mile: Decimal) -> None:
        self.crew, self.assignment, self.minutes_per_mile = crew, assignment, minutes_per_mile
        self.tries = 0

    def fit(self, visit: Handover) -> list[Workload]:
        """Whoever could take the visit, were it the only one."""
        people = self.crew.values()
        return [person for person in people if may_take(visit, person, minutes_per_mile=self.minutes_per_mile)]

    def why_nobody(self, visit: Handover) -> str:
        """What keeps whoever comes nearest from taking the visit."""
        ranks = [_rank(visit, person, self.minutes_per_mile) for person in self.crew.values()]
        return _REASONS[max((rank for rank in ranks if rank is not None), default=0)]

    def complete(
        self, todo: Sequence[Handover], taken: list[Taken], fit: Mapping[int, Sequence[Workload]]
    ) -> list[Taken] | None:
        """`taken` with a taker for each of `todo`, or None."""
        self.tries = _MAX_TRIES
        return self._complete(todo, taken, fit)

    def left_over(
        self, todo: Sequence[Handover], taken: list[Taken], fit: Mapping[int, Sequence[Workload]]
    ) -> list[Handover]:
        """Those of `todo` that find nobody where each goes to the first who has time; at least one of them."""
        left: list[Handover] = []
        for visit in todo:
            found = self.complete([visit], taken, fit)
            if found is None:
                left.append(visit)
            else:
                taken = found
        return left or list(todo)

    def _complete(
        self, todo: Sequence[Handover], taken: list[Taken], fit: Mapping[int, Sequence[Workload]]
    ) -> list[Taken] | None:
        if not todo:
            return taken
        visit, *rest = todo
        given: list[Given] = [(who, each.start, each.busy_until) for each, who in taken]
        queue = Queue(fit[visit.appointment_id], day=visit.day, assignment=self.assignment)
        for person in queue.in_order(given):
            self.tries -= 1
            if self.tries < 0:
                return None
            if self._has_time(person, visit, [each for each, who in taken if who == person.staff_id]):
                found = self._complete(rest, [*taken, (visit, person.staff_id)], fit)
                if found is not None:
                    return found
        return None

    def _has_time(self, person: Workload, visit: Handover, mine: Sequence[Handover]) -> bool:
        """Whether the visit goes together with those that the person has just been given."""
        busy = with_travel([_busy(each) for each in mine], visit.place, self.minutes_per_mile)
        is_free = replace(person, busy=busy).is_free(visit.start, visit.busy_until)
        return is_free and person.has_room(visit.start, [each.start for each in mine])


_REASONS = (
    "nobody else offers the service",
    "nobody else who offers it serves the address",
    "nobody else who could come works then",
    "everybody else who could come is taken then",
)
_RANK: dict[type[Refusal], int] = {StaffNotQualified: 0, OutOfArea: 1, NotWorking: 2}
"""Everything else is a day without room."""


def _rank(visit: Handover, person: Workload, minutes_per_mile: Decimal) -> int | None:
    """How near somebody comes to taking a visit: a place in _REASONS, None for whoever can."""
    if person.staff_id == visit.staff_id:
        return 0
    there = replace(person, busy=with_travel(person.busy, visit.place, minutes_per_mile))
    against = objection(
        there, service_id=visit.service_id, start=visit.start, end=visit.end, busy_until=visit.busy_until
    )
    if isinstance(against, StaffNotQualified):
        return 0
    if person.staff_id not in visit.covering:
        return 1
    return None if against is None else _RANK.get(type(against), len(_REASONS) - 1)


def _busy(visit: Handover) -> Busy:
    where = (None, None) if visit.place is None else (visit.place.latitude, visit.place.longitude)
    start, end = int(visit.start.timestamp()), int(visit.busy_until.timestamp())
    return Busy(start, end, latitude=where[0], longitude=where[1])
