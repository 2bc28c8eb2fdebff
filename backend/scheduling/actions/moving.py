"""Moving visits to another time, or to another member of staff."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from psycopg.types.range import Range

from backend.core.errors import InvalidTransition, Overtaken
from backend.core.transactions import step
from backend.events.actions import emit
from backend.geography.rules import Place
from backend.scheduling.actions.booking import claim_time
from backend.scheduling.actions.progress import locked_visits, snapshot, told
from backend.scheduling.actions.room import require_room, stay_of
from backend.scheduling.errors import NotWorking
from backend.scheduling.events import AppointmentMoved
from backend.scheduling.models import Appointment, Claim, CustomerAppointment
from backend.scheduling.queries import workloads
from backend.scheduling.rules import OPEN_STATUSES, AppointmentStatus, ClaimKind, Move, Stay, cancellation_deadline
from backend.staff.queries import lock_staff


@step
def move_visits(
    *,
    moves: Mapping[int, Move],
    locked: Mapping[int, Any] | None = None,
    outside_hours: bool = False,
    actor_id: int | None,
    reason: str = "",
    now: datetime,
) -> list[Appointment]:
    """Give open visits new starts, other members of staff, or both, by id: all of them, or SlotTaken, TravelTime
    or DailyLimit.

    They keep their length and may slide over each other's old time; deadlines count from the new start. Closed visits
    stay as they are. One `appointment.moved` for each, which the person who loses a visit hears as well. Who is fit for
    a visit (`offers`, `covers`) is the caller's to decide; statements don't grow with the visits. Who has locked all
    old and new staff rows already hands on what `lock_staff` gave, as `locked`.

    Raises InvalidTransition for work that has begun, NotWorking unless `outside_hours`, and Overtaken where a visit
    went to somebody else between the caller's look and the lock. After a refusal the transaction must be left to fail.
    """
    locked = _lock_old_and_new(moves) if locked is None else locked
    rows = list(_open_with_order(moves))
    if any(row.staff_id not in locked for row in rows):
        raise Overtaken
    if any(row.status == AppointmentStatus.IN_PROGRESS for row in rows):
        raise InvalidTransition("The work has begun: it can't be moved any more.")
    before = {row.pk: snapshot(row) for row in rows}
    for row in rows:
        _move(row, moves[row.pk])
    if rows and not outside_hours:
        _require_working(rows, now)
    Appointment.objects.bulk_update(rows, ["staff", "start", "end", "version", "on_the_way_at"])
    deadlines = ("cancellation_deadline", "reschedule_deadline")
    CustomerAppointment.objects.bulk_update([row.booking for row in rows], deadlines)
    _claim_again(rows, locked, now)
    facts = [AppointmentMoved(**told(row, before[row.pk], row.order_id, actor_id), reason=reason) for row in rows]
    emit(facts, now=now)
    return rows


def _lock_old_and_new(moves: Mapping[int, Move]) -> Mapping[int, Any]:
    """Staff before visits: whoever claims time queues up at the person, old and new in one statement."""
    old = Appointment.objects.filter(pk__in=moves).values_list("staff_id", flat=True)
    return lock_staff({*old, *(move.staff_id for move in moves.values() if move.staff_id is not None)})


def _open_with_order(appointment_ids: Iterable[int]) -> QuerySet[Any]:
    """Open visits, locked, each with the id of the order that it came from (the order owns the relation)."""
    rows = locked_visits(appointment_ids).filter(status__in=OPEN_STATUSES)
    return rows.annotate(order_id=F("order_item__order_id"))


def _move(row: Appointment, move: Move) -> None:
    start = row.start if move.start is None else move.start
    row.start, row.end, row.version = start, start + (row.end - row.start), row.version + 1
    row.staff_id = row.staff_id if move.staff_id is None else move.staff_id
    row.on_the_way_at = None
    row.booking.cancellation_deadline = cancellation_deadline(row.start, row.booking.policy_hours)
    row.booking.reschedule_deadline = cancellation_deadline(row.start, row.booking.reschedule_hours)


def _require_working(rows: Sequence[Appointment], now: datetime) -> None:
    people = workloads(
        place=None,
        service_ids=(),
        start=min(row.start for row in rows),
        end=max(row.end for row in rows),
        staff_ids={row.staff_id for row in rows},
        now=now,
    )
    by_id = {person.staff_id: person for person in people}
    if not all(by_id[row.staff_id].works_through(row.start, row.end) for row in rows):
        raise NotWorking("The time lies outside the working hours of whoever comes.")


def _claim_again(rows: Sequence[Appointment], people: Mapping[int, Any], now: datetime) -> None:
    """All old claims go before anybody looks for room, so that the visits are not in each other's way."""
    old = Claim.objects.filter(appointment__in=rows)
    places = {key: (north, east) for key, north, east in old.values_list("appointment_id", "latitude", "longitude")}
    old.delete()
    claims = [_claim(row, *places.get(row.pk, (None, None))) for row in rows]
    require_room([_stay(claim) for claim in claims], staff=people, now=now)
    claim_time(claims)


def _claim(row: Appointment, latitude: float | None, longitude: float | None) -> Claim:
    return Claim(
        staff_id=row.staff_id,
        period=Range(row.start, row.end + timedelta(minutes=row.buffer_minutes)),
        kind=ClaimKind.APPOINTMENT,
        appointment=row,
        latitude=latitude,
        longitude=longitude,
    )


def _stay(claim: Claim) -> Stay:
    place = None
    if claim.latitude is not None and claim.longitude is not None:
        place = Place(code="", latitude=claim.latitude, longitude=claim.longitude)
    return stay_of(staff_id=claim.staff_id, start=claim.period.lower, busy_until=claim.period.upper, place=place)
