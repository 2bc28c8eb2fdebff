"""Who comes when: the visits of an order, planned from plain facts.

Items of one member of staff follow each other (work, then buffer) in the order of their positions, from the order's
start; different members work side by side. An item that names nobody goes to whoever offers the service, covers the
address, is free, and comes first by the business's rule of assignment (scheduling/rules/assignment.py), counting what
this order has given them already (DESIGN.md, "Confirm").
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.core.errors import FieldPath, Refusal, raise_all
from backend.scheduling.errors import (
    Alternative,
    NoStaffAvailable,
    StaffNotQualified,
)
from backend.scheduling.rules import Assignment, Day, Need, Offer, Queue, Workload, objection

_MAX_TRIES = 500
"""Visits tried for one start before we call it impossible. Real orders need about as many as they have items; only a
knot of many interchangeable people and items that nobody can do would go on for long."""

_MAX_TRIES_IN_ALL = 20_000
"""Visits tried in one search for other times: a third of a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanItem:
    """An item of the order: what it needs, and who was named for it."""

    position: int
    need: Need
    staff_id: int | None

    @property
    def field(self) -> FieldPath:
        """Where a refusal of this item points."""
        return ("items", self.position)


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One item's visit. Instants are in UTC; the person is free again at `busy_until`."""

    position: int
    staff_id: int
    start: datetime
    end: datetime
    busy_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everybody who could come, and whether they may be sent outside their working hours (never over claims)."""

    workloads: Mapping[int, Workload]
    outside_hours: bool = False
    assignment: Assignment = Assignment.LEAST_BOOKED


def plan_visits(items: Sequence[PlanItem], board: Board, *, start: datetime, day: Day) -> list[PlannedVisit]:
    """The visits of all items, from `start` on `day`; or a refusal for each item that can't be placed.

    Raises StaffNotQualified, OutOfArea, NotWorking, SlotTaken, TravelTime or DailyLimit for an item whose member of
    staff was named, and NoStaffAvailable for one that is open to anybody.
    """
    visits = find_plan(items, board, start=start, day=day)
    if visits is None:
        raise_all(_what_is_in_the_way(items, board, start=start, day=day))
        raise NoStaffAvailable("We found nobody for these items together at this time.")
    return visits


def find_plan(items: Sequence[PlanItem], board: Board, *, start: datetime, day: Day) -> list[PlannedVisit] | None:
    """As `plan_visits`, but None where there is no such plan."""
    return _Search(board, start, day).complete(items, [])


def find_alternatives(
    items: Sequence[PlanItem], board: Board, *, starts: Iterable[tuple[datetime, Day]], at_most: int
) -> list[Alternative]:
    """The first `at_most` of `starts` at which the whole order could be confirmed, each with whom it would begin."""
    if not all(_is_within_anybodys_reach(item, board) for item in items):
        return []
    found: list[Alternative] = []
    tries = _MAX_TRIES_IN_ALL
    for start, day in starts:
        search = _Search(board, start, day, tries=min(tries, _MAX_TRIES))
        plan = search.complete(items, [])
        tries -= search.tried
        if plan is not None:
            found.append(_alternative(plan, board))
        if len(found) == at_most or tries <= 0:
            break
    return found


def confirmable(
    items: Sequence[PlanItem], board: Board, *, starts: Iterable[tuple[datetime, Day]], at_most_tries: int
) -> list[Alternative] | None:
    """Each of `starts` at which the whole order could be confirmed, with whom it would begin.

    Each is searched as far as a confirmation searches, so it finds what `plan_visits` would. None where that takes more
    tries in all than `at_most_tries`.
    """
    if not all(_is_within_anybodys_reach(item, board) for item in items):
        return []
    found: list[Alternative] = []
    for start, day in starts:
        search = _Search(board, start, day)
        plan = search.complete(items, [])
        at_most_tries -= search.tried
        if at_most_tries < 0:
            return None
        if plan is not None:
            found.append(_alternative(plan, board))
    return found


class _Search:
    """Depth first, the preferred person first: the first complete plan is the one that a patient dispatcher finds."""

    def __init__(self, board: Board, start: datetime, day: Day, *, tries: int = _MAX_TRIES) -> None:
        self.board, self.start = board, start
        self.queue = Queue(board.workloads.values(), day=day, assignment=board.assignment)
        self.tries, self.tried = tries, 0

    def complete(self, items: Sequence[PlanItem], planned: Sequence[PlannedVisit]) -> list[PlannedVisit] | None:
        """All visits of the order, those `planned` so far and one for each of the remaining `items`."""
        if not items:
            return list(planned)
        for person in self.by_preference(items[0], planned):
            if self.tried >= self.tries:
                return None
            self.tried += 1
            visit = self.next_visit(items[0], person, planned)
            if self.refusal_of(items[0], person, visit, planned) is None:
                plan = self.complete(items[1:], [*planned, visit])
                if plan is not None:
                    return plan
        return None

    def place(self, item: PlanItem, planned: Sequence[PlannedVisit]) -> PlannedVisit | Refusal:
        """The item with whoever is best for it alone, or why that can't be."""
        if item.staff_id is not None and item.staff_id not in self.board.workloads:
            return StaffNotQualified("This member of staff does not work here any more.", item.field)
        refusal: Refusal = NoStaffAvailable("Nobody who offers this here is free then.", item.field)
        for person in self.by_preference(item, planned):
            visit = self.next_visit(item, person, planned)
            against = self.refusal_of(item, person, visit, planned)
            if against is None:
                return visit
            refusal = refusal if item.staff_id is None else against
        return refusal

    def by_preference(self, item: PlanItem, planned: Sequence[PlannedVisit]) -> list[Workload]:
        """The person who was named, or everybody, whoever is to be sent first in front."""
        people = self.board.workloads
        if item.staff_id is not None:
            return [people[item.staff_id]] if item.staff_id in people else []
        return self.queue.in_order([(visit.staff_id, visit.start, visit.busy_until) for visit in planned])

    def next_visit(self, item: PlanItem, person: Workload, planned: Sequence[PlannedVisit]) -> PlannedVisit:
        """The item's visit after those that the person has in this order, at the person's own pace."""
        start = max((visit.busy_until for visit in planned if visit.staff_id == person.staff_id), default=self.start)
        end = start + timedelta(minutes=item.need.minutes(person.offers.get(item.need.service_id, Offer())))
        busy_until = end + timedelta(minutes=item.need.buffer_minutes)
        return PlannedVisit(item.position, person.staff_id, start, end, busy_until)

    def refusal_of(
        self, item: PlanItem, person: Workload, visit: PlannedVisit, planned: Sequence[PlannedVisit]
    ) -> Refusal | None:
        """What speaks against sending `person` for this visit; None where nothing does."""
        return objection(
            person,
            service_id=item.need.service_id,
            start=visit.start,
            end=visit.end,
            busy_until=visit.busy_until,
            outside_hours=self.board.outside_hours,
            field=item.field,
            also=[each.start for each in planned if each.staff_id == person.staff_id],
        )


def _what_is_in_the_way(items: Sequence[PlanItem], board: Board, *, start: datetime, day: Day) -> list[Refusal]:
    """Why each item that can't be placed can't, the others placed as well as each can be by itself."""
    search = _Search(board, start, day)
    planned: list[PlannedVisit] = []
    refusals: list[Refusal] = []
    for item in items:
        placed = search.place(item, planned)
        if isinstance(placed, Refusal):
            refusals.append(placed)
        else:
            planned.append(placed)
    return refusals


def _is_within_anybodys_reach(item: PlanItem, board: Board) -> bool:
    """Whether somebody, the one who was named if any, would do the item if only there were time."""
    return any(
        item.staff_id in (None, person.staff_id)
        and person.is_active
        and person.covers
        and person.offers_service(item.need.service_id)
        for person in board.workloads.values()
    )


def _alternative(plan: Sequence[PlannedVisit], board: Board) -> Alternative:
    """From the first visit's start to the last one's end, with whom the first item goes to."""
    first = plan[0]
    person = board.workloads[first.staff_id]
    return Alternative(first.start, max(visit.end for visit in plan), person.staff_id, person.staff_name)
