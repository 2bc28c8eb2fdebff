"""Taking people's time, and giving it back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from psycopg.errors import ExclusionViolation
from psycopg.types.range import Range

from backend.core.transactions import step
from backend.events.actions import emit
from backend.geography.queries import locate_all
from backend.scheduling.actions.room import require_room, stay_of
from backend.scheduling.errors import SlotTaken
from backend.scheduling.events import AppointmentBooked
from backend.scheduling.models import Appointment, Claim, CustomerAppointment
from backend.scheduling.rules import ClaimKind, Stay, VisitPlan, cancellation_deadline
from backend.staff.queries import lock_staff


@step
def book_visits(
    *,
    visits: Sequence[VisitPlan],
    locked: Mapping[int, Any] | None = None,
    order_id: int | None,
    actor_id: int | None,
    now: datetime,
) -> list[Appointment]:
    """Put visits into people's days: all of them, or SlotTaken, TravelTime or DailyLimit for the first without room.

    Locks the staff rows in id order, then looks, then writes: visits, bookings and claims in one statement each. Who
    decided by `workloads` read before the lock may meet a refusal; read after `lock_staff`, they still hold, and what
    it gave is `locked`.
    """
    visits = _located(visits)
    people = lock_staff({visit.staff_id for visit in visits}) if locked is None else locked
    require_room([_stay(visit) for visit in visits], staff=people, now=now)
    appointments = Appointment.objects.bulk_create([_appointment(visit, now) for visit in visits])
    pairs = list(zip(appointments, visits, strict=True))
    CustomerAppointment.objects.bulk_create([_booking(appointment, visit) for appointment, visit in pairs])
    claim_time([_claim(appointment, visit) for appointment, visit in pairs])
    emit([_booked(appointment, visit, order_id, actor_id) for appointment, visit in pairs], now=now)
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
def give_bookings(*, appointment_ids: Sequence[int], customer_id: int) -> int:
    """Give guests' bookings of visits to a customer; how many. Contact and terms stay as they were frozen."""
    rows = CustomerAppointment.objects.filter(appointment__in=appointment_ids, customer=None)
    return rows.update(customer_id=customer_id)


def _located(visits: Sequence[VisitPlan]) -> list[VisitPlan]:
    """The visits with their places. One statement for all that come without, none where all have theirs."""
    missing = {visit.postcode for visit in visits if visit.place is None}
    if not missing:
        return list(visits)
    places = locate_all(missing)
    return [visit if visit.place else replace(visit, place=places.get(visit.postcode)) for visit in visits]


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
    reschedule_hours = visit.policy_hours if visit.reschedule_hours is None else visit.reschedule_hours
    return CustomerAppointment(
        appointment=appointment,
        customer_id=visit.customer_id,
        contact_name=visit.contact_name,
        contact_email=visit.contact_email,
        contact_phone=visit.contact_phone,
        contact_language=visit.contact_language,
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
        reschedule_hours=reschedule_hours,
        reschedule_deadline=cancellation_deadline(visit.start, reschedule_hours),
        max_reschedules=visit.max_reschedules,
        tracking_token=visit.tracking_token,
    )


def _claim(appointment: Appointment, visit: VisitPlan) -> Claim:
    return Claim(
        staff_id=visit.staff_id,
        period=Range(visit.start, visit.busy_until),
        kind=ClaimKind.APPOINTMENT,
        appointment=appointment,
        latitude=None if visit.place is None else visit.place.latitude,
        longitude=None if visit.place is None else visit.place.longitude,
    )


def _stay(visit: VisitPlan) -> Stay:
    return stay_of(
        staff_id=visit.staff_id,
        start=visit.start,
        busy_until=visit.busy_until,
        place=visit.place,
        field=visit.field,
    )


def _booked(
    appointment: Appointment, visit: VisitPlan, order_id: int | None, actor_id: int | None
) -> AppointmentBooked:
    return AppointmentBooked(
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
