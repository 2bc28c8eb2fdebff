"""Which visit of a plan lies where (DESIGN.md, "subscriptions"; docs/adr/0026).

Each visit takes its nominal date at the plan's time with the plan's staff; else the free time of that day that is
nearest, whoever has it; else the same on the next day that has any, before the next visit is due. Where none has, it
stays unplaced, with a reason. The first visit that is placed sets the time and the staff of the rest, and moving one
shifts no other.

It stands on the search for bookable times: what is offered there can be planned here, and nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from backend.core.fairness import Assignment
from backend.scheduling.rules import (
    AvailabilityDay,
    Day,
    DayReason,
    Need,
    Queue,
    Slot,
    Window,
    Workload,
    day_of,
    find_slots,
)
from backend.subscriptions.rules.dates import Due, last_date

_FAR_FUTURE = 2**40
"""Plans run past the booking horizon: it bounds when one may begin."""

_RANK = (
    DayReason.OUT_OF_AREA,
    DayReason.NO_STAFF_FOR_SERVICE,
    DayReason.TOO_SOON,
    DayReason.NOT_WORKING,
    DayReason.TIME_OFF,
    DayReason.FULLY_BOOKED,
)
"""How far somebody came at the wanted time, ascending."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The wanted time of day, in minutes past midnight on the wall, and who should come; None for any.

    Until `is_kept`, the first visit that is placed makes its own time and staff the wish for the rest.
    """

    minute: int | None
    staff_id: int | None
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """The business's rules for where visits may lie. `earliest` is in epoch seconds."""

    zone: ZoneInfo
    grid_minutes: int
    search_days: int
    earliest: int
    assignment: Assignment = Assignment.LEAST_BOOKED


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a visit came to lie. `reason` says why it is not where it was wanted, or not placed at all."""

    due: Due
    slot: Slot | None
    reason: DayReason | None = None

    @property
    def is_moved(self) -> bool:
        """Whether it lies at another time, or with somebody else, than it was wanted."""
        return self.slot is not None and self.reason is not None


def place_visits(
    visits: Sequence[Due], workloads: Sequence[Workload], need: Need, *, wish: Wish, calendar: Calendar
) -> tuple[list[Placement], Wish]:
    """Where each visit lies, in their order, and the time and staff that hold from now on.

    `visits` are ascending and `workloads` hold all dates of `span_of`. Who is no candidate must not be among them.
    """
    search = _Search(workloads, need, calendar)
    placements: list[Placement] = []
    for number, due in enumerate(visits):
        if wish.is_kept and wish.minute is not None:
            # From here on the time is known, and nearly always free: a whole day is looked through only where it isn't.
            return placements + _place_at(visits[number:], search, wish), wish
        placements.append(search.place(due, search.around(due), wish))
        wish = search.kept or wish
    return placements, wish


def _place_at(visits: Sequence[Due], search: "_Search", wish: Wish) -> list[Placement]:
    """Visits whose time of day is settled: two passes over everybody's time, however many there are."""
    found = search.days((each.date for each in visits), minute=wish.minute)
    taken = [each for each in visits if not found[each.date].slots]
    found |= search.days(day for each in taken for day in (each.date, *search.later(each)))
    return [search.place(due, found, wish) for due in visits]


def later_dates(due: Due, search_days: int) -> list[date]:
    """The dates after the nominal one that a visit may be moved to."""
    return [due.date + timedelta(days=number + 1) for number in range((last_date(due, search_days) - due.date).days)]


def _kept(slot: Slot, wish: Wish, zone: ZoneInfo) -> Wish:
    """A wanted time that does not exist on the first visit's night is still the plan's on all others."""
    wall = slot.start.astimezone(zone)
    minute = wall.hour * 60 + wall.minute
    if wish.minute is not None and slot.start.timestamp() == day_of(wall.date(), zone).at(wish.minute):
        minute = wish.minute
    return Wish(minute, slot.staff_id, is_kept=True)


class _Search:
    """The bookable times of the dates that matter, and whose turn it is."""

    def __init__(self, workloads: Sequence[Workload], need: Need, calendar: Calendar) -> None:
        self.workloads, self.need, self.calendar = workloads, need, calendar
        self.by_id = {each.staff_id: each for each in workloads}
        self.given: list[tuple[int, datetime, datetime]] = []
        self.window = Window(calendar.earliest, _FAR_FUTURE)
        self.kept: Wish | None = None
        """The time and staff of the first visit that was placed, where the plan had not settled on any."""

    def days(self, dates: Iterable[date], *, minute: int | None = None) -> dict[date, AvailabilityDay]:
        """What can be had on each of the dates, or on each at that minute of the wall alone."""
        days = [day_of(each, self.calendar.zone) for each in sorted(set(dates))]
        if not days:
            return {}
        found = find_slots(
            days,
            self.workloads,
            self.need,
            window=self.window,
            grid_minutes=self.calendar.grid_minutes,
            minute=minute,
        )
        return {each.date: each for each in found}

    def later(self, due: Due) -> list[date]:
        """The dates that a visit may be moved to."""
        return later_dates(due, self.calendar.search_days)

    def around(self, due: Due) -> dict[date, AvailabilityDay]:
        """The whole nominal date, and those after it where it has nothing."""
        found = self.days([due.date])
        return found if found[due.date].slots else found | self.days(self.later(due))

    def place(self, due: Due, found: Mapping[date, AvailabilityDay], wish: Wish) -> Placement:
        """One visit, as the rule says."""
        for each in (due.date, *self.later(due)):
            if each in found and found[each].slots:
                slot = self.best(found[each].slots, day_of(each, self.calendar.zone), wish)
                if not wish.is_kept:
                    self.kept = self.kept or _kept(slot, wish, self.calendar.zone)
                return Placement(due, slot, self.why_moved(due, slot, wish))
        return Placement(due, None, found[due.date].reason)

    def best(self, slots: Sequence[Slot], day: Day, wish: Wish) -> Slot:
        """The free time nearest to the wanted one, the earlier of two; with the plan's staff, or whose turn it is."""
        if wish.minute is None:
            slots = [slot for slot in slots if slot.staff_id == wish.staff_id] or slots
            first = slots[0].start
        else:
            wanted = datetime.fromtimestamp(day.at(wish.minute), UTC)
            first = min(slots, key=lambda slot: (abs(slot.start - wanted), slot.start)).start
        equals = {slot.staff_id: slot for slot in slots if slot.start == first}
        if wish.staff_id in equals:
            return self.taken(equals[wish.staff_id])
        people = [self.by_id[staff_id] for staff_id in equals]
        queue = Queue(people, day=day, assignment=self.calendar.assignment)
        return self.taken(equals[queue.in_order(self.given)[0].staff_id])

    def taken(self, slot: Slot) -> Slot:
        """What this plan takes counts when it is asked whose turn it is."""
        self.given.append((slot.staff_id, slot.start, slot.end + timedelta(minutes=self.need.buffer_minutes)))
        return slot

    def why_moved(self, due: Due, slot: Slot, wish: Wish) -> DayReason | None:
        """What was in the way of the wanted time and staff; None where nothing was."""
        day = day_of(due.date, self.calendar.zone)
        is_there = day.start <= slot.start.timestamp() < day.end
        at_time = wish.minute is None or slot.start.timestamp() == day.at(wish.minute)
        if is_there and at_time and wish.staff_id in (None, slot.staff_id):
            return None
        people = self.workloads if wish.staff_id is None else [self.by_id[i] for i in self.by_id if i == wish.staff_id]
        if not people:
            return DayReason.NO_STAFF_FOR_SERVICE
        if wish.minute is None:
            (found,) = find_slots([day], people, self.need, window=self.window, grid_minutes=self.calendar.grid_minutes)
            return found.reason or DayReason.FULLY_BOOKED
        start = datetime.fromtimestamp(day.at(wish.minute), UTC)
        return max((self.obstacle(each, start) for each in people), key=_RANK.index)

    def obstacle(self, person: Workload, start: datetime) -> DayReason:
        """What keeps somebody from coming at `start`."""
        offer = person.offers[self.need.service_id]
        end = start + timedelta(minutes=self.need.minutes(offer) + self.need.buffer_minutes)
        if start.timestamp() < self.calendar.earliest:
            return DayReason.TOO_SOON
        if not person.works_through(start, end):
            return DayReason.NOT_WORKING
        claim = person.in_the_way(start, end)
        return DayReason.TIME_OFF if claim is not None and claim.is_time_off else DayReason.FULLY_BOOKED
