"""Plans: visits that come back, where each lies, and what becomes of those that a pause took away."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from tests.stateful.model.things import (
    NOTICE,
    OK,
    POLICY,
    SEARCH_DAYS,
    Busy,
    Codes,
    Coupon,
    Customer,
    Due,
    Line,
    Person,
    Series,
    Use,
    Visit,
    nominal,
    off,
    person_of,
)
from tests.stateful.model.visits import Visits

OPEN_DUES = ("SCHEDULED", "UNPLACED")


class Plans(Visits):
    """What customers, the office and the clock do with plans."""

    def make(self, series: Series, coupon: Coupon | None, *, by_office: bool, waits: bool) -> Codes:
        service = series.service
        if not service.active:
            return ["INACTIVE" if by_office else "NOT_FOUND"]
        able = self.offering(service)
        if not able:
            return ["NO_STAFF_AVAILABLE"]
        if series.wish is not None and series.wish not in able:
            return ["STAFF_NOT_QUALIFIED"]
        series.price, series.minutes, series.buffer = (
            self.price(service, series.wish),
            service.minutes,
            service.buffer,
        )
        number = 0
        while nominal(series.start, series.frequency, number) < series.end:
            number += 1
        series.count = number
        if coupon is not None:
            line = Line(service, series.count, series.price, series.minutes, series.buffer, None)
            codes = self.wrong_with_coupon(coupon, [line], series.contact, None)
            if codes:
                return codes
            series.coupon, series.discount = coupon, off(coupon, [line])
            coupon.uses.append(Use(series, person_of(series.contact), series.discount))
        self.plans[series.key] = series
        if not waits:
            self._begin(series)
        return OK

    def _begin(self, series: Series) -> None:
        series.status, series.was_active = "ACTIVE", True
        for number in range(series.count):
            self._owe(series, number)
        self._place(series, series.dues)
        self._settle_plan(series)

    def _owe(self, series: Series, number: int) -> Due:
        """One more visit: the one on the date `number` of the rhythm."""
        day, before = (nominal(series.rhythm, series.frequency, each) for each in (number, number + 1))
        due = Due(len(series.dues) + 1, day, before)
        series.dues.append(due)
        return due

    def confirm_plan(self, series: Series) -> Codes:
        if series.status != "PENDING":
            return ["INVALID_TRANSITION"]
        if not series.service.active:
            return ["INACTIVE"]
        if series.start < self.now.date():
            return ["IN_THE_PAST"]
        self._begin(series)
        return OK

    def _place(self, series: Series, dues: Sequence[Due]) -> None:
        """Each due visit where the rule says, by what is taken before any of them."""
        taken = {person.key: self.busy(person) for person in self.offering(series.service)}
        for due in dues:
            at, who = series.time, series.person or series.wish
            found = self._find(series, due, taken)
            due.has_reason = found is None
            if found is None:
                continue
            start, person = found
            due.moved = due.has_reason = start != datetime.combine(due.day, at, start.tzinfo) or who not in (
                None,
                person,
            )
            if series.person is None:
                series.kept, series.person = start.time(), person
            self._schedule(series, due, start, person)

    def _schedule(self, series: Series, due: Due, start: datetime, person: Person) -> None:
        due.status = "SCHEDULED"
        due.visit = Visit(
            0, series.service, person, start, series.minutes, series.buffer, None, series.customer, series=series
        )

    def _find(self, series: Series, due: Due, taken: dict[int, list[Busy]]) -> tuple[datetime, Person] | None:
        """Every quarter of an hour of each day is asked of everybody."""
        last = max(due.day, min(due.day + timedelta(days=SEARCH_DAYS), due.before - timedelta(days=1)))
        day, length = due.day, timedelta(minutes=series.minutes + series.buffer)
        people = self.offering(series.service)
        while day <= last:
            midnight = datetime.combine(day, time(), self.now.tzinfo)
            wanted = datetime.combine(day, series.time, self.now.tzinfo)
            starts = [midnight + timedelta(minutes=15 * quarter) for quarter in range(96)]
            free = [
                (start, person)
                for start in starts
                if start >= self.now + NOTICE
                for person in people
                if person.works(start, start + length)
                and not any(each.start < start + length and start < each.end for each in taken[person.key])
            ]
            if free:
                first = min((abs(start - wanted), start) for start, _ in free)[1]
                able = [person for start, person in free if start == first]
                keeper = series.person or series.wish
                return first, keeper if keeper and keeper in able else self.in_turn(first, among=able)[0]
            day += timedelta(days=1)
        return None

    def _settle_plan(self, series: Series) -> None:
        """What stands at the end of every change of a plan."""
        series.done = sum(due.status == "COMPLETED" for due in series.dues)
        is_open = any(due.status in OPEN_DUES for due in series.dues)
        if series.status in ("ACTIVE", "PAUSED") and not is_open and series.owed <= 0:
            series.status, series.resume_on = "COMPLETED", None
        starts = [due.visit.start.date() for due in series.dues if due.status == "SCHEDULED" and due.visit is not None]
        series.next = min(starts, default=None) if series.status == "ACTIVE" else None

    def _call_off(self, series: Series, *, spare: bool) -> None:
        for due in series.dues:
            visit = due.visit
            if due.status not in OPEN_DUES:
                continue
            if visit is not None:
                is_spared = spare and visit.start - POLICY < self.now
                if visit.status != "CONFIRMED" or visit.start <= self.now or is_spared:
                    continue
                visit.status = "CANCELLED"
            due.status, due.asked = "CANCELLED", None

    def pause(self, series: Series, resume_on: date | None) -> Codes:
        if series.status != "ACTIVE":
            return ["INVALID_TRANSITION"]
        self._call_off(series, spare=True)
        series.status, series.resume_on = "PAUSED", resume_on
        self._settle_plan(series)
        return OK

    def resume(self, series: Series, start: date | None) -> Codes:
        if series.status != "PAUSED":
            return ["INVALID_TRANSITION"]
        if not series.service.active:
            return ["INACTIVE"]
        today = self.now.date()
        left = {due.day: due.before for due in series.dues if due.status != "CANCELLED"}
        if start is not None:
            if left and start <= max(left):
                return ["INVALID_INPUT"]
            series.rhythm = first = start
        else:
            is_open = datetime.combine(today, series.time, self.now.tzinfo) >= self.now + NOTICE
            first = today if is_open else today + timedelta(days=1)
        fresh: list[Due] = []
        owed, number = series.owed, 0
        while len(fresh) < owed:
            day = nominal(series.rhythm, series.frequency, number)
            if day >= first and day not in left:
                fresh.append(self._owe(series, number))
            number += 1
        if fresh:
            series.end = max([fresh[-1].before, *left.values()])
        series.status, series.resume_on = "ACTIVE", None
        self._place(series, fresh)
        self._settle_plan(series)
        return OK

    def cancel_plan(self, series: Series, *, by_office: bool) -> Codes:
        if series.status not in ("PENDING", "ACTIVE", "PAUSED"):
            return ["INVALID_TRANSITION"]
        self._call_off(series, spare=not by_office)
        series.status, series.resume_on = "CANCELLED", None
        if not series.was_active:
            for use in series.coupon.uses if series.coupon else ():
                use.live = use.live and use.order is not series
        self._settle_plan(series)
        return OK

    def _wrong_with_changing(self, series: Series, due: Due) -> Codes:
        visit = due.visit
        if series.status != "ACTIVE" or due.status not in OPEN_DUES:
            return ["INVALID_TRANSITION"]
        if visit is not None and (visit.status != "CONFIRMED" or visit.start <= self.now):
            return ["INVALID_TRANSITION"]
        return OK

    def _too_late(self, due: Due, *, by_office: bool) -> Codes:
        is_late = due.visit is not None and self.now > due.visit.start - POLICY
        return ["TOO_LATE"] if is_late and not by_office else OK

    def skip(self, series: Series, due: Due, *, by_office: bool) -> Codes:
        codes = self._wrong_with_changing(series, due) or self._too_late(due, by_office=by_office)
        if codes:
            return codes
        if due.visit is not None:
            due.visit.status = "CANCELLED"
        due.status, due.asked = "SKIPPED", None
        self._settle_plan(series)
        return OK

    def complete_due(self, series: Series, due: Due) -> Codes:
        if due.status != "SCHEDULED" or due.visit is None or not due.visit.is_open:
            return ["INVALID_TRANSITION"]
        due.visit.status = due.status = "COMPLETED"
        due.asked = None
        self._settle_plan(series)
        return OK

    def ask_due(self, series: Series, due: Due, start: datetime, *, by_office: bool) -> Codes:
        codes = self._wrong_with_changing(series, due) or self._too_late(due, by_office=by_office)
        if not codes and due.asked is not None:
            codes = ["ALREADY_EXISTS"]
        codes = codes or self.time_of_order(start)
        if not codes:
            due.asked = start
        return codes

    def withdraw_due(self, due: Due) -> Codes:
        if due.asked is None:
            return ["NOT_FOUND"]
        due.asked = None
        return OK

    def reject_due(self, due: Due) -> Codes:
        if due.asked is None:
            return ["INVALID_TRANSITION"]
        due.asked = None
        return OK

    def approve_due(self, series: Series, due: Due, *, outside_hours: bool) -> Codes:
        if due.asked is None:
            return ["INVALID_TRANSITION"]
        codes = self._wrong_with_changing(series, due)
        if not codes and due.asked <= self.now:
            codes = ["IN_THE_PAST"]
        codes = codes or self._give_time(series, due, due.asked, None, outside_hours)
        if not codes:
            due.asked = None
            self._settle_plan(series)
        return codes

    def place_by_hand(
        self, series: Series, due: Due, start: datetime, person: Person | None, *, outside_hours: bool
    ) -> Codes:
        codes = self._wrong_with_changing(series, due)
        if not codes and due.status != "UNPLACED":
            codes = ["INVALID_TRANSITION"]
        if not codes and start <= self.now:
            codes = ["IN_THE_PAST"]
        codes = codes or self._give_time(series, due, start, person, outside_hours)
        if not codes:
            self._settle_plan(series)
        return codes

    def _give_time(
        self, series: Series, due: Due, start: datetime, person: Person | None, outside_hours: bool
    ) -> Codes:
        if person is not None and person not in self.offering(series.service):
            return ["STAFF_NOT_QUALIFIED"]
        if due.visit is not None:
            codes = self._move([due.visit], {due.visit.key: start}, person, outside_hours)
            if codes:
                return codes
        else:
            found = self._who_comes(series, start, person, outside_hours)
            if isinstance(found, str):
                return [found]
            self._schedule(series, due, start, found)
        due.moved, due.has_reason = not self._lies_as_planned(series, due), False
        return OK

    def _who_comes(self, series: Series, start: datetime, person: Person | None, outside_hours: bool) -> Person | str:
        able = [who for who in self.in_turn(start) if who in self.offering(series.service)]
        able.sort(key=lambda who: who is not series.person)
        for who in [person] if person else able:
            against = self.why_not(
                who, series.service, start, series.minutes, series.buffer, outside_hours=outside_hours
            )
            if against is None:
                return who
            if person is not None:
                return against
        return "NO_STAFF_AVAILABLE"

    def _move(
        self, visits: Sequence[Visit], starts: dict[int, datetime], person: Person | None, outside_hours: bool
    ) -> Codes:
        """All of the visits, or none and why."""
        before = [(visit, visit.start, visit.person) for visit in visits]
        for visit in visits:
            visit.start, visit.person = starts[visit.key], person or visit.person
        codes: Codes = OK
        if not outside_hours and not all(visit.person.works(visit.start, visit.end) for visit in visits):
            codes = ["NOT_WORKING"]
        elif any(self.in_the_way(v.person, v.start, v.busy_until, without=[v]) for v in visits):
            codes = ["SLOT_TAKEN"]
        if codes:
            for visit, start, who in before:
                visit.start, visit.person = start, who
        return codes

    def _lies_as_planned(self, series: Series, due: Due) -> bool:
        visit, who = due.visit, series.person or series.wish
        wanted = datetime.combine(due.day, series.time, self.now.tzinfo)
        return visit is not None and visit.start == wanted and who in (None, visit.person)

    def change_dues(
        self, series: Series, due: Due, at: time | None, person: Person | None, *, later: bool, outside_hours: bool
    ) -> Codes:
        codes = self._wrong_with_changing(series, due)
        if not codes and person is not None and person not in self.offering(series.service):
            codes = ["STAFF_NOT_QUALIFIED"]
        if codes:
            return codes
        rows = [each for each in series.dues[due.sequence - 1 :] if not self._wrong_with_changing(series, each)]
        rows = rows if later else [due]
        visits = [each.visit for each in rows if each.visit is not None]
        starts = {
            visit.key: visit.start if at is None else datetime.combine(visit.start.date(), at, visit.start.tzinfo)
            for visit in visits
        }
        if any(start <= self.now for start in starts.values()):
            return ["IN_THE_PAST"]
        moving = [v for v in visits if starts[v.key] != v.start or person not in (None, v.person)]
        codes = self._move(moving, starts, person, outside_hours)
        if codes:
            return codes
        if later:
            series.kept, series.person = at or series.kept, person or series.person
        for each in rows:
            if each.visit is not None:
                each.moved = not self._lies_as_planned(series, each)
                each.has_reason = each.has_reason and each.moved and later
        self._settle_plan(series)
        return OK

    def generate(self, series: Series) -> Codes:
        if series.status != "ACTIVE":
            return ["INVALID_TRANSITION"]
        if not series.service.active:
            return ["INACTIVE"]
        rows = [due for due in series.dues if due.status == "UNPLACED" and due.before > self.now.date()]
        self._place(series, rows)
        if any(due.status == "SCHEDULED" for due in rows):
            self._settle_plan(series)
        return OK

    def link_plan(self, series: Series, customer: Customer) -> Codes:
        if series.customer is not None:
            return ["INVALID_TRANSITION"]
        if customer.account != series.email:
            return ["EMAIL_MISMATCH"]
        series.customer = customer
        for due in series.dues:
            if due.visit is not None:
                due.visit.customer = customer
        return OK

    def follow(self, visit: Visit) -> None:
        """A plan hears what became of one of its visits, looking at how it stands now."""
        series = visit.series
        due = next((each for each in series.dues if each.visit is visit), None) if series else None
        if series is None or due is None or due.status != "SCHEDULED":
            return
        if visit.status == "COMPLETED":
            due.status, due.asked = "COMPLETED", None
        elif not visit.is_open:
            due.status, due.asked = "SKIPPED", None
        else:
            is_there = self._lies_as_planned(series, due)
            if due.moved == is_there:
                due.moved, due.has_reason = not is_there, False
            elif series.next == visit.start.date():
                return
        self._settle_plan(series)

    def waiting_for(self, first: date, last: date) -> list[Series]:
        """Plans with a visit without a place that is due between two dates."""
        return [
            series
            for series in self.plans.values()
            if series.status == "ACTIVE"
            and series.service.active
            and any(due.status == "UNPLACED" and due.day <= last and due.before > first for due in series.dues)
        ]

    def resting(self) -> list[Series]:
        """Paused plans whose day has come."""
        return [
            series
            for series in self.plans.values()
            if series.status == "PAUSED"
            and series.service.active
            and series.resume_on is not None
            and series.resume_on <= self.now.date()
        ]
