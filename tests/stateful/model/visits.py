"""Visits by themselves, holds, absences, and who leaves."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tests.stateful.model.orders import Orders
from tests.stateful.model.things import HOLD, MAX_MOVES, OK, POLICY, Absence, Codes, Hold, Person, Service, Visit


class Visits(Orders):
    """What becomes of somebody's time."""

    def progress(self, visit: Visit, status: str) -> Codes:
        allowed = {
            "IN_PROGRESS": ("CONFIRMED",),
            "COMPLETED": ("CONFIRMED", "IN_PROGRESS"),
            "NO_SHOW": ("CONFIRMED",),
        }[status]
        if visit.status not in allowed or (status == "NO_SHOW" and self.now < visit.start):
            return ["INVALID_TRANSITION"]
        self._now_is(visit, status)
        return OK

    def call_off(self, visit: Visit, *, by_office: bool) -> Codes:
        if not visit.is_open or (visit.status == "IN_PROGRESS" and not by_office):
            return ["INVALID_TRANSITION"]
        if not by_office and self.now > visit.start - POLICY:
            return ["TOO_LATE"]
        self._now_is(visit, "CANCELLED")
        return OK

    def _now_is(self, visit: Visit, status: str) -> None:
        visit.status = status
        if visit.order is not None:
            self.unheard.append(visit.order)

    def slot(
        self, service: Service, start: datetime, minutes: int, buffer: int, person: Person | None, moving: Visit | None
    ) -> Person | str:
        """Who comes at exactly this time, for what is booked without an order; or why nobody does.

        Here the pause after the work lies within hours, too.
        """
        end = start + timedelta(minutes=minutes + buffer)
        without = [] if moving is None else [moving]

        def works(who: Person) -> bool:
            away = any(each.kind == "TIME_OFF" for each in self.in_the_way(who, start, end))
            return who.works(start, end) and not away

        def free(who: Person) -> bool:
            return works(who) and not self.in_the_way(who, start, end, without=without)

        if person is not None:
            if person not in self.offering(service):
                return "STAFF_NOT_QUALIFIED"
            return person if free(person) else "SLOT_TAKEN" if works(person) else "NOT_WORKING"
        able = self.offering(service)
        if not able:
            return "NO_STAFF_AVAILABLE"
        if not any(map(free, able)):
            return "NO_STAFF_AVAILABLE" if any(map(works, able)) else "NOT_WORKING"
        if moving is not None and moving.person in able and free(moving.person):
            return moving.person
        return next(who for who in self._in_turn_without(start, moving) if who in able and free(who))

    def _in_turn_without(self, day: datetime, moving: Visit | None) -> list[Person]:
        """As `in_turn`, the visit that moves counting for nobody."""
        if moving is None:
            return self.in_turn(day)
        status, moving.status = moving.status, "CANCELLED"
        try:
            return self.in_turn(day)
        finally:
            moving.status = status

    def book(self, visit: Visit, person: Person | None, *, by_office: bool) -> Codes:
        """`visit` as it is asked for; who comes is decided here."""
        service = visit.service
        codes = [] if service.active else ["INACTIVE" if by_office else "NOT_FOUND"]
        codes += self.time_of_booking(visit.start, by_office=by_office)
        if codes:
            return codes
        found = self.slot(service, visit.start, service.minutes, service.buffer, person, None)
        if isinstance(found, str):
            return [found]
        visit.person = found
        self.visits[visit.key] = visit
        return OK

    def time_of_booking(self, start: datetime, *, by_office: bool) -> Codes:
        codes = self.time_of_order(start)
        return OK if by_office and codes == ["TOO_SOON"] else codes

    def reschedule(self, visit: Visit, start: datetime, person: Person | None, *, by_office: bool) -> Codes:
        if person is None and not self.offering(visit.service):
            return ["NO_STAFF_AVAILABLE"]
        codes = self._wrong_with_moving(visit, by_office=by_office)
        if codes:
            return codes
        if start != visit.start:
            codes = self.time_of_booking(start, by_office=by_office)
            if codes:
                return codes
        elif person in (None, visit.person):
            return ["INVALID_INPUT"]
        found = self.slot(visit.service, start, visit.minutes, visit.buffer, person, visit)
        if isinstance(found, str):
            return [found]
        visit.start, visit.person = start, found
        visit.moves += 0 if by_office else 1
        return OK

    def _wrong_with_moving(self, visit: Visit, *, by_office: bool) -> Codes:
        """What was agreed about moving it; the office is bound by the state alone."""
        if visit.status not in ("PENDING", "CONFIRMED"):
            return ["INVALID_TRANSITION"]
        if by_office:
            return OK
        if visit.order is not None or visit.series is not None:
            return ["CHANGE_REQUEST_NEEDED"]
        if self.now > visit.start - POLICY:
            return ["TOO_LATE"]
        return ["TOO_MANY_RESCHEDULES"] if visit.moves >= MAX_MOVES else OK

    def hold(self, hold: Hold, person: Person | None) -> Codes:
        service = hold.service
        if not service.active:
            return ["NOT_FOUND"]
        codes = self.time_of_order(hold.start)
        if codes:
            return codes
        found = self.slot(service, hold.start, service.minutes, service.buffer, person, None)
        if isinstance(found, str):
            return [found]
        hold.person, hold.minutes, hold.buffer, hold.until = found, service.minutes, service.buffer, self.now + HOLD
        self.holds[hold.token] = hold
        return OK

    def release(self, hold: Hold) -> bool:
        """Whether there was anything left to release."""
        found = self.holds.pop(hold.token, None)
        return found is not None and found.until > self.now

    def hand_over(self, visits: Sequence[Visit]) -> bool:
        """A colleague for each visit at its own time: all of them, or none and False."""
        if any(visit.status == "IN_PROGRESS" for visit in visits):
            return False
        todo = sorted(visits, key=lambda visit: (visit.start, visit.key))
        taken = self._takers(todo, [])
        for visit, person in taken or ():
            visit.person = person
        return taken is not None

    def _takers(self, todo: Sequence[Visit], taken: list[tuple[Visit, Person]]) -> list[tuple[Visit, Person]] | None:
        if not todo:
            return taken
        visit = todo[0]
        given = [(person, each.start, each.busy_until) for each, person in taken]
        for person in self.in_turn(visit.start, given):
            if person is visit.person or self.why_not(person, visit.service, visit.start, visit.minutes, visit.buffer):
                continue
            if any(who is person and s < visit.busy_until and visit.start < e for who, s, e in given):
                continue
            found = self._takers(todo[1:], [*taken, (visit, person)])
            if found is not None:
                return found
        return None

    def add_absence(self, absence: Absence, *, reassign: bool) -> Codes:
        if absence.end <= self.now:
            return ["IN_THE_PAST"]
        ways = self.in_the_way(absence.person, absence.start, absence.end)
        visits = [each.visit for each in ways if each.visit is not None]
        away = any(each.kind == "TIME_OFF" for each in ways)
        before = [visit.person for visit in visits]
        if visits and (not reassign or not self.hand_over(visits)):
            return ["NO_STAFF_AVAILABLE" if reassign else "TIME_OFF_CONFLICT"]
        if away:
            for visit, person in zip(visits, before, strict=True):
                visit.person = person
            return ["TIME_OFF_CONFLICT"]
        self._drop_holds(absence)
        self.absences[absence.key] = absence
        return OK

    def _drop_holds(self, absence: Absence) -> None:
        for token, hold in list(self.holds.items()):
            if hold.person is absence.person and hold.start < absence.end and absence.start < hold.busy_until:
                del self.holds[token]

    def remove_absence(self, absence: Absence) -> Codes:
        return OK if self.absences.pop(absence.key, None) else ["NOT_FOUND"]

    def leave(self, person: Person, *, reassign: bool) -> Codes:
        ahead = [
            visit for visit in self.visits.values() if visit.person is person and visit.is_open and visit.end > self.now
        ]
        if ahead and not reassign:
            return ["VISITS_AHEAD"]
        if ahead and not self.hand_over(ahead):
            return ["NO_STAFF_AVAILABLE"]
        person.active = False
        return OK
