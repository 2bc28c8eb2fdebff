"""Looking once more before time is taken, when the staff rows are locked and what is seen stays true."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from backend.core.business import business
from backend.core.errors import FieldPath
from backend.core.transactions import step
from backend.geography.rules import Place
from backend.scheduling.queries import claims_between, done_starts
from backend.scheduling.rules import Stay, day_of, why_no_room


@step
def require_room(stays: Sequence[Stay], *, staff: Mapping[int, Any], now: datetime) -> None:
    """SlotTaken, TravelTime or DailyLimit for the first stay that finds no room; over are the holds in its way.

    `staff` are the rows as `lock_staff` gave them. Two statements, and one more where anybody has a daily limit.
    """
    if not stays:
        return
    people = {stay.staff_id for stay in stays}
    first = datetime.fromtimestamp(min(min(stay.start, stay.date[0]) for stay in stays), UTC)
    last = datetime.fromtimestamp(max(max(stay.end, stay.date[1]) for stay in stays), UTC)
    drop_ended_holds(people, first, last, now=now)
    limits = {staff_id: staff[staff_id].max_visits_per_day for staff_id in people if staff_id in staff}
    refusal = why_no_room(
        stays,
        claims=claims_between(people, first, last, now=now),
        done=done_starts([key for key, limit in limits.items() if limit is not None], first, last),
        limits=limits,
        minutes_per_mile=business().travel_minutes_per_mile,
    )
    if refusal is not None:
        raise refusal


@step
def drop_ended_holds(staff_ids: Iterable[int], start: datetime, end: datetime, *, now: datetime) -> None:
    """Free the time of holds that are over, so that the exclusion constraint does not see them. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_DROP_ENDED_HOLDS, [now, list(set(staff_ids)), start, end])


# Plain SQL, since every booking does it and finds nothing, nearly always.
_DROP_ENDED_HOLDS = """
DELETE FROM scheduling_claim
WHERE kind = 'HOLD' AND expires_at <= %s AND staff_id = ANY(%s) AND period && tstzrange(%s, %s)
"""


def stay_of(
    *, staff_id: int, start: datetime, busy_until: datetime, place: Place | None, field: FieldPath = ()
) -> Stay:
    """What `require_room` is asked about a visit."""
    zone = business().zone
    day = day_of(start.astimezone(zone).date(), zone)
    return Stay(
        staff_id=staff_id,
        start=int(start.timestamp()),
        end=int(busy_until.timestamp()),
        date=(day.start, day.end),
        place=place,
        field=field,
    )
