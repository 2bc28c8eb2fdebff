"""Taking people's time, and giving it back."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.db.models import F, QuerySet
from psycopg.errors import ExclusionViolation
from psycopg.types.range import Range

from backend.core.transactions import step
from backend.events.actions import emit
from backend.scheduling.errors import SlotTaken
from backend.scheduling.events import AppointmentBooked, AppointmentCancelled, AppointmentCompleted
from backend.scheduling.models import Appointment, Claim, CustomerAppointment
from backend.scheduling.queries import claims_between
from backend.scheduling.rules import (
    OPEN_STATUSES,
    AppointmentStatus,
    ClaimKind,
    VisitPlan,
    cancellation_deadline,
    require_transition,
)
from backend.staff.queries import lock_staff


@step
def book_visits(
    *, visits: Sequence[VisitPlan], order_id: int | None, actor_id: int | None, now: datetime
) -> list[Appointment]:
    """Put visits into people's days: all of them, or SlotTaken for the first whose time is taken.

    Locks the staff rows in id order, then looks, then writes: visits, bookings and claims in one statement each. Who
    decided by `workloads` read before the lock may meet SlotTaken; read after `lock_staff`, they still hold.
    """
    lock_staff({visit.staff_id for visit in visits})
    _refuse_taken(visits)
    appointments = Appointment.objects.bulk_create([_appointment(visit, now) for visit in visits])
    CustomerAppointment.objects.bulk_create(
        [_booking(appointment, visit) for appointment, visit in zip(appointments, visits, strict=True)]
    )
    claim_time(
        [
            Claim(
                staff_id=visit.staff_id,
                period=Range(visit.start, visit.busy_until),
                kind=ClaimKind.APPOINTMENT,
                appointment=appointment,
            )
            for appointment, visit in zip(appointments, visits, strict=True)
        ]
    )
    emit(
        [
            AppointmentBooked(
                staff_id=visit.staff_id,
                order_id=order_id,
                appointment_id=appointment.pk,
                customer_id=visit.customer_id,
                actor_id=actor_id,
                start=visit.start,
                end=visit.end,
                status=visit.status,
                previous=None,
            )
            for appointment, visit in zip(appointments, visits, strict=True)
        ],
        now=now,
    )
    return appointments


@step
def claim_time(claims: Sequence[Claim]) -> None:
    """Write claims; the exclusion constraint has the last word.

    The staff rows must be locked already: bare concurrent inserts into one exclusion constraint deadlock. After
    SlotTaken the transaction is broken and must be left to fail.
    """
    try:
        Claim.objects.bulk_create(claims)
    except IntegrityError as error:
        if isinstance(error.__cause__, ExclusionViolation):
            raise SlotTaken("This time has just been taken.") from error
        raise


@step
def cancel_visits(
    *, appointment_ids: Collection[int], order_id: int | None, actor_id: int | None, reason: str = "", now: datetime
) -> list[Appointment]:
    """Call off those of the visits that are still open, and free their time. The rest stay as they are."""
    changed = _leave_open(appointment_ids, AppointmentStatus.CANCELLED)
    emit(
        [AppointmentCancelled(**_facts(row, previous, order_id, actor_id), reason=reason) for row, previous in changed],
        now=now,
    )
    return [row for row, _ in changed]


@step
def complete_visits(
    *, appointment_ids: Collection[int], order_id: int | None, actor_id: int | None, now: datetime
) -> list[Appointment]:
    """Mark those of the visits that are still open as done. InvalidTransition for one that was never confirmed."""
    changed = _leave_open(appointment_ids, AppointmentStatus.COMPLETED)
    emit([AppointmentCompleted(**_facts(row, previous, order_id, actor_id)) for row, previous in changed], now=now)
    return [row for row, _ in changed]


def _refuse_taken(visits: Sequence[VisitPlan]) -> None:
    """SlotTaken for the first visit that overlaps a claim, or another of the visits."""
    if not visits:
        return
    taken = claims_between(
        {visit.staff_id for visit in visits},
        min(visit.start for visit in visits),
        max(visit.busy_until for visit in visits),
    )
    planned: dict[int, list[VisitPlan]] = {}
    for visit in visits:
        start, end = visit.start.timestamp(), visit.busy_until.timestamp()
        mine = planned.setdefault(visit.staff_id, [])
        clash = any(claim.start < end and start < claim.end for claim in taken.get(visit.staff_id, ()))
        if clash or any(other.start < visit.busy_until and visit.start < other.busy_until for other in mine):
            raise SlotTaken("This time is taken.", visit.field)
        mine.append(visit)


def _appointment(visit: VisitPlan, now: datetime) -> Appointment:
    return Appointment(
        service_id=visit.service_id,
        staff_id=visit.staff_id,
        start=visit.start,
        end=visit.end,
        buffer_minutes=visit.buffer_minutes,
        status=visit.status,
        type=visit.type,
        notes=visit.notes,
        created_at=now,
    )


def _booking(appointment: Appointment, visit: VisitPlan) -> CustomerAppointment:
    return CustomerAppointment(
        appointment=appointment,
        customer_id=visit.customer_id,
        contact_name=visit.contact_name,
        contact_email=visit.contact_email,
        contact_phone=visit.contact_phone,
        line1=visit.line1,
        line2=visit.line2,
        city=visit.city,
        postcode=visit.postcode,
        country=visit.country,
        price=visit.price,
        currency=visit.currency,
        extras=list(visit.extras),
        policy_hours=visit.policy_hours,
        cancellation_deadline=cancellation_deadline(visit.start, visit.policy_hours),
    )


Snapshot = dict[str, Any]
"""How a visit stood: start, end, status, staff_id, as JSON has them."""


def _leave_open(appointment_ids: Collection[int], status: AppointmentStatus) -> list[tuple[Appointment, Snapshot]]:
    """Move the open ones among the visits to a closed `status` and drop their claims, in three statements."""
    rows = list(_locked(appointment_ids).filter(status__in=OPEN_STATUSES))
    changed: list[tuple[Appointment, Snapshot]] = []
    for row in rows:
        require_transition(AppointmentStatus(row.status), status)
        changed.append((row, snapshot(row)))
        row.status, row.version = status, row.version + 1
    if rows:
        ids = [row.pk for row in rows]
        Appointment.objects.filter(pk__in=ids).update(status=status, version=F("version") + 1)
        Claim.objects.filter(appointment__in=ids).delete()
    return changed


def _locked(appointment_ids: Iterable[int]) -> QuerySet[Appointment]:
    """The visits with their bookings, locked in id order: after the order and the staff, never before."""
    return (
        Appointment.objects.filter(pk__in=set(appointment_ids))
        .select_related("booking")
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )


def snapshot(row: Appointment) -> Snapshot:
    """How the visit stands, for `previous` in a fact."""
    return {
        "start": row.start.isoformat(),
        "end": row.end.isoformat(),
        "status": str(row.status),
        "staff_id": row.staff_id,
    }


def _facts(row: Appointment, previous: Snapshot, order_id: int | None, actor_id: int | None) -> dict[str, Any]:
    return {
        "staff_id": row.staff_id,
        "order_id": order_id,
        "appointment_id": row.pk,
        "customer_id": row.booking.customer_id,
        "actor_id": actor_id,
        "start": row.start,
        "end": row.end,
        "status": str(row.status),
        "previous": previous,
    }
