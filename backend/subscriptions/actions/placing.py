"""Giving visits of a plan their time: the candidates are locked, then everything is read, planned and booked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from backend.core.transactions import step
from backend.events.actions import emit
from backend.geography.queries import locate
from backend.geography.rules import Place
from backend.scheduling.actions import book_visits
from backend.scheduling.rules import AppointmentType, Slot, VisitPlan
from backend.staff.queries import lock_staff
from backend.subscriptions.events import VisitPlaced, VisitUnplaced
from backend.subscriptions.models import Subscription, SubscriptionAppointment
from backend.subscriptions.queries import candidates_for, find_places, need_of, wish_of
from backend.subscriptions.rules import Due, Placement, VisitStatus, Wish


@step
def place_visits_of(
    plan: Subscription, visits: Sequence[Due], *, actor_id: int | None, now: datetime
) -> list[SubscriptionAppointment]:
    """Put visits of a locked plan into people's days, as rows of it: new ones, and those that had no place yet.

    Each ends SCHEDULED or UNPLACED with a reason. Whoever could come is locked first, then claims are read: what the
    plan is made from stays true, so nothing is lost to a race. The number of statements does not grow with the visits.
    """
    if not visits:
        return []
    place = locate(plan.postcode, field=("address", "postcode"))
    candidates = candidates_for(plan.service_id, place)
    locked = lock_staff(candidates)
    placements, kept = find_places(
        visits, need_of(plan), wish=wish_of(plan), place=place, candidates=candidates, now=now
    )
    _keep(plan, kept)
    rows = _rows(plan, placements)
    known = {row.sequence: row for row in plan.visits.filter(sequence__in=[each.sequence for each in visits])}
    _book(plan, list(zip(placements, rows, strict=True)), place, locked, actor_id, now)
    fresh = [row for row in rows if row.sequence not in known]
    placed = [row for row in rows if row.sequence in known and row.appointment_id is not None]
    for row in placed:
        row.pk = known[row.sequence].pk
    SubscriptionAppointment.objects.bulk_create(fresh)
    SubscriptionAppointment.objects.bulk_update(placed, ["status", "appointment", "is_moved", "reason"])
    _tell(plan, fresh, placed, actor_id, now)
    return rows


def _keep(plan: Subscription, kept: Wish) -> None:
    """The first visit that is placed sets the time and the staff of the rest, once."""
    if plan.staff_id is None and kept.is_kept and kept.minute is not None:
        plan.visit_time, plan.staff_id = time(*divmod(kept.minute, 60)), kept.staff_id


def _rows(plan: Subscription, placements: Sequence[Placement]) -> list[SubscriptionAppointment]:
    return [
        SubscriptionAppointment(
            subscription=plan,
            sequence=each.due.sequence,
            nominal_date=each.due.date,
            due_before=each.due.before,
            status=VisitStatus.UNPLACED if each.slot is None else VisitStatus.SCHEDULED,
            is_moved=each.is_moved,
            reason=each.reason or "",
        )
        for each in placements
    ]


def _book(
    plan: Subscription,
    rows: Sequence[tuple[Placement, SubscriptionAppointment]],
    place: Place,
    locked: Mapping[int, Any],
    actor_id: int | None,
    now: datetime,
) -> None:
    """Take the time of all that have a place, and let each row know its appointment."""
    pairs = [(each.slot, row) for each, row in rows if each.slot is not None]
    visits = [visit_plan(plan, slot, row.sequence, place) for slot, row in pairs]
    appointments = book_visits(visits=visits, locked=locked, order_id=None, actor_id=actor_id, now=now)
    for (_, row), appointment in zip(pairs, appointments, strict=True):
        row.appointment = appointment


def visit_plan(plan: Subscription, slot: Slot, sequence: int, place: Place) -> VisitPlan:
    """The appointment with the terms of the plan, which are frozen with it, for customers and guests alike."""
    return VisitPlan(
        service_id=plan.service_id,
        staff_id=slot.staff_id,
        start=slot.start,
        end=slot.end,
        buffer_minutes=plan.buffer_minutes,
        type=AppointmentType.SUBSCRIPTION,
        notes=plan.notes,
        customer_id=plan.customer_id,
        contact_name=plan.contact_name,
        contact_email=plan.contact_email,
        contact_phone=plan.contact_phone,
        contact_language=plan.guest_language,
        line1=plan.line1,
        line2=plan.line2,
        city=plan.city,
        postcode=plan.postcode,
        place=place,
        country=plan.country,
        price=plan.price_per_appointment,
        currency=plan.currency,
        extras=plan.extras,
        policy_hours=plan.policy_hours,
        field=("visits", sequence),
    )


def _tell(
    plan: Subscription,
    fresh: Sequence[SubscriptionAppointment],
    placed: Sequence[SubscriptionAppointment],
    actor_id: int | None,
    now: datetime,
) -> None:
    common: dict[str, Any] = {"subscription_id": plan.pk, "customer_id": plan.customer_id, "actor_id": actor_id}
    unplaced = [
        VisitUnplaced(visit_id=row.pk, sequence=row.sequence, reason=row.reason, **common)
        for row in fresh
        if row.status == VisitStatus.UNPLACED
    ]
    found = [
        VisitPlaced(visit_id=row.pk, sequence=row.sequence, appointment_id=row.appointment_id, **common)
        for row in placed
        if row.appointment_id is not None
    ]
    emit([*unplaced, *found], now=now)
