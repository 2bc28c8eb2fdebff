"""Whether a day has room for a visit: nothing else at that time, time to get there, and no more visits than it takes.

Searching asks `Workload`, which is read once for many times; whoever writes asks here again, under the locks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from backend.core.errors import FieldPath, Refusal
from backend.geography.rules import Place, miles_between
from backend.scheduling.errors import DailyLimit, SlotTaken, TravelTime
from backend.scheduling.rules.workloads import Busy, Span

MAX_TRAVEL_MINUTES = 24 * 60
"""No way between two visits is counted as longer than this: what lies a day apart is never looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A visit that is to be written. Epoch seconds; `end` counts the buffer, `date` is the wall's date of `start`."""

    staff_id: int
    start: int
    end: int
    date: Span
    place: Place | None
    field: FieldPath = ()


def travel_seconds(miles: float, minutes_per_mile: Decimal) -> int:
    """Time for a way, in whole minutes, rounded up."""
    minutes = (Decimal(miles) * minutes_per_mile).to_integral_value(rounding=ROUND_CEILING)
    return min(int(minutes), MAX_TRAVEL_MINUTES) * 60


def with_travel(claims: Sequence[Busy], place: Place | None, minutes_per_mile: Decimal) -> Sequence[Busy]:
    """The claims with the way to `place` on each that says where it is. As they are where travel is off."""
    if not minutes_per_mile or place is None:
        return claims
    ways: dict[tuple[float, float], int] = {}
    found: list[Busy] = []
    for claim in claims:
        if claim.latitude is None or claim.longitude is None:
            found.append(claim)
            continue
        spot = (claim.latitude, claim.longitude)
        if spot not in ways:
            ways[spot] = travel_seconds(miles_between(*spot, place.latitude, place.longitude), minutes_per_mile)
        found.append(claim._replace(travel=ways[spot]))
    return found


def why_no_room(
    stays: Sequence[Stay],
    *,
    claims: Mapping[int, Sequence[Busy]],
    done: Mapping[int, Sequence[int]],
    limits: Mapping[int, int | None],
    minutes_per_mile: Decimal,
) -> Refusal | None:
    """Why the first of the stays that can't be, can't: SlotTaken, TravelTime or DailyLimit. None where all can.

    `claims` are those of the people around the stays, by member of staff; `done` the starts of visits of those dates
    that hold no claim any more; `limits` how many a date may hold. The stays stand in each other's way as well.
    """
    planned: dict[int, list[Busy]] = {}
    for stay in stays:
        mine = planned.setdefault(stay.staff_id, [])
        others = [*claims.get(stay.staff_id, ()), *mine]
        if any(other.start < stay.end and stay.start < other.end for other in others):
            return SlotTaken("This time is taken.", stay.field)
        ways = with_travel(others, stay.place, minutes_per_mile)
        if any(way.start - way.travel < stay.end and stay.start < way.end + way.travel for way in ways):
            return TravelTime("There is no time to get there between the visits around it.", stay.field)
        limit = limits.get(stay.staff_id)
        starts = [other.start for other in others if not other.is_time_off] + list(done.get(stay.staff_id, ()))
        if limit is not None and sum(stay.date[0] <= start < stay.date[1] for start in starts) >= limit:
            return DailyLimit("There are as many visits that day as this member of staff takes.", stay.field)
        where = (None, None) if stay.place is None else (stay.place.latitude, stay.place.longitude)
        mine.append(Busy(stay.start, stay.end, latitude=where[0], longitude=where[1]))
    return None
