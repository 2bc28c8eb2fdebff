"""Who is busy when, who works then, and whose turn it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.stateful.model.things import (
    NOTICE,
    OK,
    Absence,
    Busy,
    Codes,
    Coupon,
    Customer,
    Hold,
    Order,
    Person,
    Series,
    Service,
    Visit,
)


@dataclass
class Days:
    """All there is."""

    now: datetime
    services: dict[int, Service] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)
    customers: dict[int, Customer] = field(default_factory=dict)
    coupons: dict[int, Coupon] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    visits: dict[int, Visit] = field(default_factory=dict)
    plans: dict[int, Series] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    absences: dict[int, Absence] = field(default_factory=dict)
    unheard: list[Order] = field(default_factory=list)
    """Orders whose visits went on since anybody looked."""

    def busy(self, person: Person, *, without: Iterable[Visit] = ()) -> list[Busy]:
        """All that is claimed of somebody, by start."""
        left_out = set(map(id, without))
        found = [
            Busy(visit.start, visit.busy_until, "APPOINTMENT", visit)
            for visit in self.visits.values()
            if visit.person is person and visit.is_open and id(visit) not in left_out
        ]
        found += [
            Busy(hold.start, hold.busy_until, "HOLD")
            for hold in self.holds.values()
            if hold.person is person and hold.until > self.now
        ]
        found += [
            Busy(absence.start, absence.end, "TIME_OFF")
            for absence in self.absences.values()
            if absence.person is person
        ]
        return sorted(found, key=lambda each: each.start)

    def in_the_way(
        self, person: Person, start: datetime, end: datetime, *, without: Iterable[Visit] = ()
    ) -> list[Busy]:
        return [each for each in self.busy(person, without=without) if each.start < end and start < each.end]

    def booked(self, person: Person, day: datetime, given: Sequence[tuple[Person, datetime, datetime]] = ()) -> float:
        """Seconds of visits and holds on a date, those of `given` counted in."""
        spans = [(each.start, each.end) for each in self.busy(person) if each.kind != "TIME_OFF"]
        spans += [(start, end) for who, start, end in given if who is person]
        return sum((end - start).total_seconds() for start, end in spans if start.date() == day.date())

    def in_turn(
        self, day: datetime, given: Sequence[tuple[Person, datetime, datetime]] = (), among: Iterable[Person] = ()
    ) -> list[Person]:
        """Whoever has least booked that day comes first; of two alike, who was there first."""
        people = list(among) or list(self.people.values())
        return sorted(people, key=lambda person: (self.booked(person, day, given), person.key))

    def why_not(
        self,
        person: Person,
        service: Service,
        start: datetime,
        minutes: int,
        buffer: int,
        *,
        outside_hours: bool = False,
    ) -> str | None:
        """Why the office can't send somebody; the pause after the work may lie after hours."""
        end = start + timedelta(minutes=minutes)
        if not person.active or service.key not in person.offers:
            return "STAFF_NOT_QUALIFIED"
        taken = self.in_the_way(person, start, end + timedelta(minutes=buffer))
        if taken:
            return "NOT_WORKING" if taken[0].kind == "TIME_OFF" else "SLOT_TAKEN"
        return None if outside_hours or person.works(start, end) else "NOT_WORKING"

    def offering(self, service: Service) -> list[Person]:
        return [person for person in self.people.values() if person.active and service.key in person.offers]

    def time_of_order(self, start: datetime) -> Codes:
        """What is wrong with a time that is asked for."""
        if start <= self.now:
            return ["IN_THE_PAST"]
        return ["TOO_SOON"] if start < self.now + NOTICE else OK

    def advance(self, by: timedelta) -> None:
        self.now += by
