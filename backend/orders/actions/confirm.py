"""Confirming an order: who comes when is decided, their time is taken, and the customer can count on it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from backend.core.errors import Refusal, Refusals
from backend.core.transactions import use_case
from backend.core.viewer import Viewer
from backend.events.actions import emit
from backend.geography.rules import Place
from backend.orders.actions.place import let_hold_go
from backend.orders.events import OrderConfirmed
from backend.orders.models import Order, OrderItem
from backend.orders.permissions import require_confirm
from backend.orders.queries import alternatives_for, board_for, items_of, order_for, request_of
from backend.orders.rules import OrderStatus, PlannedVisit, plan_visits, require_transition, require_version
from backend.scheduling.actions import book_visits
from backend.scheduling.errors import InThePast, NoTime
from backend.scheduling.rules import AppointmentType, VisitPlan
from backend.staff.queries import lock_staff


def confirm_order(
    *, viewer: Viewer, order_id: int, version: int | None = None, outside_hours: bool = False, now: datetime
) -> Order:
    """Give every item of a pending order its visit, or none and say why, item by item.

    With `outside_hours` visits may lie outside working hours, but never over claims. Raises StaleVersion,
    InvalidTransition, InThePast, and per item SlotTaken, NoStaffAvailable, NotWorking, OutOfArea or StaffNotQualified;
    those about time carry alternatives, looked for after all locks are gone.
    """
    try:
        return _confirm(viewer=viewer, order_id=order_id, version=version, outside_hours=outside_hours, now=now)
    except (Refusal, Refusals) as error:
        _add_alternatives(error, order_id, now)
        raise


@use_case
def _confirm(*, viewer: Viewer, order_id: int, version: int | None, outside_hours: bool, now: datetime) -> Order:
    require_confirm(viewer)
    order = order_for(viewer, order_id, field=("order_id",), lock=True)
    require_version(order.version, version)
    require_transition(OrderStatus(order.status), OrderStatus.CONFIRMED)
    items = items_of(order)
    request = request_of(order, items)
    if request.start <= now:
        raise InThePast("The wanted time is past: agree on another one first.", ("order_id",))
    # Whoever becomes scarcer is locked before claims are read, so the plan is made from what stays true.
    locked = lock_staff(request.candidates)
    let_hold_go(order, now=now)
    board = board_for(request, outside_hours=outside_hours, now=now)
    plan = plan_visits(request.items, board, start=request.start, day=request.day)
    by_position = {item.position: item for item in items}
    pairs = [(by_position[visit.position], visit) for visit in plan]
    visits = [_visit_plan(order, item, visit, request.place) for item, visit in pairs]
    appointments = book_visits(visits=visits, locked=locked, order_id=order.pk, actor_id=viewer.user_id, now=now)
    for (item, visit), appointment in zip(pairs, appointments, strict=True):
        item.staff_id, item.appointment_id = visit.staff_id, appointment.pk
    OrderItem.objects.bulk_update(items, ["staff", "appointment"])
    order.status, order.confirmed_at, order.version = OrderStatus.CONFIRMED, now, order.version + 1
    order.save(update_fields=["status", "confirmed_at", "version"])
    emit([OrderConfirmed(order_id=order.pk, customer_id=order.customer_id, actor_id=viewer.user_id)], now=now)
    return order


def _visit_plan(order: Order, item: OrderItem, visit: PlannedVisit, place: Place) -> VisitPlan:
    """The visit with the terms of the order, which are frozen with it, for customers and guests alike."""
    return VisitPlan(
        service_id=item.service_id,
        staff_id=visit.staff_id,
        start=visit.start,
        end=visit.end,
        buffer_minutes=item.buffer_minutes,
        type=AppointmentType.ORDER_ITEM,
        notes=order.notes,
        customer_id=order.customer_id,
        contact_name=order.contact_name,
        contact_email=order.contact_email,
        contact_phone=order.contact_phone,
        contact_language=order.guest_language,
        line1=order.line1,
        line2=order.line2,
        city=order.city,
        postcode=order.postcode,
        country=order.country,
        price=item.total_price,
        currency=order.currency,
        extras=[_frozen_extra(extra) for extra in item.extras.all()],
        policy_hours=order.policy_hours,
        place=place,
        field=("items", item.position),
    )


def _frozen_extra(extra: Any) -> Mapping[str, Any]:
    return {"name": extra.name, "price": str(extra.price), "duration_minutes": extra.duration_minutes}


def _add_alternatives(error: Refusal | Refusals, order_id: int, now: datetime) -> None:
    """Other times for the refusals that are about time; looked for once, and only where there are such."""
    refusals = error.refusals if isinstance(error, Refusals) else [error]
    about_time = [refusal for refusal in refusals if isinstance(refusal, NoTime)]
    if about_time:
        alternatives = alternatives_for(order_id, now=now)
        for refusal in about_time:
            refusal.alternatives = alternatives
