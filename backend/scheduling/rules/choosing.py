"""Whether one visit can begin at a given time, and with whom: what the slot search offers, and nothing else.

`find_slots` is asked about that single start: breaks, absences, claims, buffers and whatever else keeps a time from
being offered keeps it from being booked, too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from backend.scheduling.errors import (
    Alternative,
    BeyondHorizon,
    DailyLimit,
    InThePast,
    NoStaffAvailable,
    NoTime,
    NotWorking,
    OffGrid,
    OutOfArea,
    SlotTaken,
    StaffNotQualified,
    TooSoon,
    TravelTime,
)
from backend.scheduling.rules.alternatives import Option, Wanted, rank_alternatives
from backend.scheduling.rules.availability import Slot, Window, find_slots
from backend.scheduling.rules.days import Day
from backend.scheduling.rules.visits import Need
from backend.scheduling.rules.workloads import Workload

_STAFF, _START = ("staff_id",), ("start",)
_FINEST_GRID = 1
"""Minutes. Whether a start lies on the business's grid is `require_bookable_start`'s to say."""


def require_bookable_start(start: datetime, *, now: datetime, window: Window, bound_by_notice: bool) -> None:
    """InThePast, BeyondHorizon, or TooSoon for those who are bound by the business's notice."""
    if start <= now:
        raise InThePast("This time is past.", _START)
    if start.timestamp() > window.latest:
        raise BeyondHorizon("This is further ahead than we take bookings.", _START)
    if bound_by_notice and start.timestamp() < window.earliest:
        raise TooSoon("This is too soon: we need more notice.", _START)


def require_on_grid(start: datetime, day: Day, *, grid_minutes: int) -> None:
    """OffGrid for a start that the slot search would never offer. `day` is the start's date on the business's wall."""
    if start.timestamp() not in day.marks(grid_minutes):
        raise OffGrid(f"Visits begin at multiples of {grid_minutes} minutes.", _START)


def slots_at(start: datetime, day: Day, people: Iterable[Workload], need: Need) -> dict[int, Slot]:
    """Who could begin at `start`, a whole minute, by staff id. `day` is its date on the business's wall."""
    second = int(start.timestamp())
    (found,) = find_slots([day], people, need, window=Window(second, second), grid_minutes=_FINEST_GRID)
    return {slot.staff_id: slot for slot in found.slots}


def require_slot(start: datetime, day: Day, person: Workload | None, need: Need) -> Slot:
    """The slot of the person who was asked for, if there is such a person.

    Raises StaffNotQualified, OutOfArea, NotWorking (outside working hours, or away), SlotTaken, DailyLimit or
    TravelTime.
    """
    if person is None:
        raise StaffNotQualified("This member of staff does not work here.", _STAFF)
    if not person.is_active or not person.offers_service(need.service_id):
        raise StaffNotQualified(f"{person.staff_name} does not offer this service.", _STAFF)
    if not person.covers:
        raise OutOfArea(f"{person.staff_name} does not serve this postcode.", _STAFF)
    found = slots_at(start, day, [person], need).get(person.staff_id)
    if found is not None:
        return found
    raise _why_not(start, day, person, need)


def slots_of_anybody(start: datetime, day: Day, people: Sequence[Workload], need: Need) -> Mapping[int, Slot]:
    """Who could begin at `start`, at least one, by staff id.

    Raises NotWorking where nobody works then at all, and NoStaffAvailable where whoever works is taken or away.
    """
    found = slots_at(start, day, people, need)
    if found:
        return found
    if not any(_works_at(start, day, person, need) for person in people):
        raise NotWorking("Nobody works then.", _START)
    raise NoStaffAvailable("Nobody is free then.", _START)


def _works_at(start: datetime, day: Day, person: Workload, need: Need) -> bool:
    """Whether it would be possible if nothing else were booked."""
    absences = [claim for claim in person.busy if claim.is_time_off]
    return bool(slots_at(start, day, [replace(person, busy=absences, max_visits_per_day=None)], need))


def _why_not(start: datetime, day: Day, person: Workload, need: Need) -> NoTime:
    """What is in the way of somebody who is fit for the visit."""
    if not _works_at(start, day, person, need):
        return NotWorking(f"{person.staff_name} does not work then.", _START)
    minutes = need.minutes(person.offers[need.service_id]) + need.buffer_minutes
    first, last = start.timestamp(), start.timestamp() + minutes * 60
    if any(claim.start < last and first < claim.end for claim in person.busy):
        return SlotTaken(f"{person.staff_name} is taken then.", _START)
    if not person.has_room(start):
        return DailyLimit(f"{person.staff_name} takes no more visits that day.", _START)
    return TravelTime(f"{person.staff_name} has no time to get there between the visits around it.", _START)


def other_times(
    days: Sequence[Day], people: Iterable[Workload], need: Need, wanted: Wanted, *, window: Window, grid_minutes: int
) -> list[Alternative]:
    """What could be booked instead on consecutive `days`, the best first."""
    found = find_slots(days, people, need, window=window, grid_minutes=grid_minutes)
    slots = [(slot, day) for day, each in zip(days, found, strict=True) for slot in each.slots]
    best = rank_alternatives(slots, wanted, of=lambda each: Option(each[0].start, each[1], each[0].staff_id))
    return [Alternative(slot.start, slot.end, slot.staff_id, slot.staff_name) for slot, _ in best]
