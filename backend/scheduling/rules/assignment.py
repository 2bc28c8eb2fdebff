"""Whom to send, of all who could come: the one rule of fairness, for everything that chooses a person.

Confirming an order, giving visits to colleagues, booking directly and placing plans all ask here:

    queue = Queue(workloads, day=day, assignment=business().assignment)
    for person in queue.in_order(given=[(staff_id, start, busy_until), …]):   # the first who is fit and free comes

The business chooses (`ROTA_ASSIGNMENT`):

* LEAST_BOOKED: whoever has least booked on the visit's day, in seconds, buffers included, absences not.
* LONGEST_IDLE: in turn. Whoever's last visit, up to the end of the visit's day, ended longest ago, buffer included;
  whoever never had one comes first of all. Visits on later days don't count, or a booking far ahead would keep somebody
  out of work until then. Open and completed visits count, cancelled and missed ones don't. The workloads must have been
  read with `idle=True` (`queries.workloads`).

Ties go to the lower id. What one decision gives to somebody (`given`) counts at once for the next of the same plan.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from backend.core.fairness import Assignment
from backend.scheduling.rules.days import Day
from backend.scheduling.rules.workloads import Workload

Given = tuple[int, datetime, datetime]
"""Staff id, start and end with the buffer, of a visit that is not among the claims yet."""

_NEVER = -(2**62)


class Queue:
    """People in the order in which they are sent to a visit on `day`."""

    def __init__(self, people: Iterable[Workload], *, day: Day, assignment: Assignment) -> None:
        self._people = sorted(people, key=lambda person: person.staff_id)
        self._day, self._assignment = day, assignment
        self._mark = {person.staff_id: self._mark_of(person) for person in self._people}

    def in_order(self, given: Sequence[Given] = ()) -> list[Workload]:
        """Everybody, whoever is to be sent first in front, once `given` counts as booked."""
        marks = self._marks_with(given) if given else self._mark
        return sorted(self._people, key=lambda person: marks[person.staff_id])  # stable: ties stay by id

    def _mark_of(self, person: Workload) -> int:
        """The lower, the sooner: seconds booked that day, or the second since which somebody is idle."""
        if self._assignment is Assignment.LEAST_BOOKED:
            return person.booked_seconds(self._day)
        idle_since = person.idle_since(self._day)
        return _NEVER if idle_since is None else idle_since

    def _marks_with(self, given: Sequence[Given]) -> dict[int, int]:
        marks = dict(self._mark)
        for staff_id, start, busy_until in given:
            if staff_id not in marks or start.timestamp() >= self._day.end:
                continue
            if self._assignment is Assignment.LONGEST_IDLE:
                marks[staff_id] = max(marks[staff_id], int(busy_until.timestamp()))
            elif start.timestamp() >= self._day.start:
                marks[staff_id] += int((busy_until - start).total_seconds())
        return marks
