"""What becomes of an order besides its confirmation: who is to come, its cancellation, its completion."""

from datetime import datetime

from backend.core.errors import InvalidTransition, Problems
from backend.core.text import clean_text
from backend.core.transactions import step, use_case
from backend.core.viewer import Permission, Viewer
from backend.coupons.actions import give_back
from backend.events.actions import emit
from backend.geography.queries import locate
from backend.orders.actions.place import let_hold_go
from backend.orders.actions.requests import close_change
from backend.orders.events import OrderCancelled, OrderCompleted, OrderStaffAssigned
from backend.orders.models import Order, OrderItem
from backend.orders.permissions import require_assign, require_cancel, require_complete
from backend.orders.queries import named_order, order_for, order_of_item, require_one_name, who_covers
from backend.orders.rules import (
    OrderPaymentStatus,
    OrderStatus,
    deadline_binds,
    payment_status_when_completed,
    require_in_time,
    require_transition,
    require_version,
)
from backend.scheduling.actions import cancel_visits, complete_visits, give_visit_to
from backend.scheduling.errors import NoTime, OutOfArea, StaffNotQualified
from backend.scheduling.queries import colleagues_who_could
from backend.scheduling.rules import MAX_ALTERNATIVES
from backend.staff.queries import active_offers

MAX_REASON = 500


def assign_staff(
    *,
    viewer: Viewer,
    order_item_id: int,
    staff_id: int,
    outside_hours: bool = False,
    version: int | None = None,
    now: datetime,
) -> OrderItem:
    """Name who comes for one item of a pending order, or give a confirmed item's visit to somebody else.

    While the order is pending the price stays as quoted, and nobody's time is taken yet. Once it is confirmed the visit
    goes to the named person at its own time and at the length that was booked.

    Raises StaleVersion, InvalidTransition once the visit has begun or the order has ended, StaffNotQualified for
    whoever is not active or does not offer the service, OutOfArea for whoever does not serve the address, and of a
    confirmed order SlotTaken or, unless `outside_hours`, NotWorking: with others who could come then, looked for after
    all locks are gone.
    """
    try:
        return _assign(
            viewer=viewer,
            order_item_id=order_item_id,
            staff_id=staff_id,
            outside_hours=outside_hours,
            version=version,
            now=now,
        )
    except NoTime as refusal:
        appointment_id = OrderItem.objects.values_list("appointment_id", flat=True).get(pk=order_item_id)
        if appointment_id is not None:
            refusal.alternatives = colleagues_who_could(appointment_id, at_most=MAX_ALTERNATIVES, now=now)
        raise


@use_case
def _assign(
    *, viewer: Viewer, order_item_id: int, staff_id: int, outside_hours: bool, version: int | None, now: datetime
) -> OrderItem:
    require_assign(viewer)
    order = order_of_item(viewer, order_item_id, field=("order_item_id",))
    require_version(order.version, version)
    item = OrderItem.objects.select_related("appointment").get(pk=order_item_id)
    if order.status == OrderStatus.PENDING:
        _require_fit(order, item, staff_id)
    elif item.appointment_id is None or order.status not in (OrderStatus.CONFIRMED, OrderStatus.IN_PROGRESS):
        raise InvalidTransition(f"The order is {order.status}: nobody else can come any more.")
    elif item.coming_id == staff_id:
        return item
    else:
        give_visit_to(
            appointment_id=item.appointment_id,
            staff_id=staff_id,
            outside_hours=outside_hours,
            actor_id=viewer.user_id,
            now=now,
        )
    item.staff_id = staff_id
    item.save(update_fields=["staff"])
    order.version += 1
    order.save(update_fields=["version"])
    fact = OrderStaffAssigned(
        order_id=order.pk,
        customer_id=order.customer_id,
        staff_id=staff_id,
        order_item_id=item.pk,
        actor_id=viewer.user_id,
    )
    emit([fact], now=now)
    return item


def _require_fit(order: Order, item: OrderItem, staff_id: int) -> None:
    """StaffNotQualified or OutOfArea for whoever could never do the item."""
    if (staff_id, item.service_id) not in active_offers([item.service_id]):
        raise StaffNotQualified("This member of staff does not offer the service.", ("staff_id",))
    if not who_covers(locate(order.postcode, field=("order_item_id",)), {staff_id}):
        raise OutOfArea("This member of staff does not serve the order's postcode.", ("staff_id",))


def cancel_order(
    *,
    viewer: Viewer,
    order_id: int | None = None,
    tracking_token: str | None = None,
    reason: str = "",
    version: int | None = None,
    address: str,
    now: datetime,
) -> Order:
    """Call an order off, with all its visits that are still open, and free their time.

    The use of a coupon is given back if the order was never confirmed.

    Whoever holds the tracking token and the signed-in customer may do so as long as it is pending, and once it is
    confirmed until its deadline (TooLate after it);
    the office at any time, with a reason (Required). `address` is the client's network address: tries with tokens are
    limited by it. Raises NotFound, StaleVersion and InvalidTransition.
    """
    require_one_name(order_id=order_id, tracking_token=tracking_token, address=address)
    return _cancel(
        viewer=viewer, order_id=order_id, tracking_token=tracking_token, reason=reason, version=version, now=now
    )


@use_case
def _cancel(
    *,
    viewer: Viewer,
    order_id: int | None,
    tracking_token: str | None,
    reason: str,
    version: int | None,
    now: datetime,
) -> Order:
    order = named_order(viewer, order_id=order_id, tracking_token=tracking_token, now=now)
    if tracking_token is None:
        require_cancel(viewer, order)
    by_office = tracking_token is None and viewer.may(Permission.MANAGE_ORDERS)
    reason = _checked_reason(order, reason, version, is_required=by_office)
    require_transition(OrderStatus(order.status), OrderStatus.CANCELLED)
    if not by_office and deadline_binds(OrderStatus(order.status)):
        require_in_time(order.cancellation_deadline, now=now)
    cancel_visits(
        appointment_ids=appointments_of(order), order_id=order.pk, actor_id=viewer.user_id, reason=reason, now=now
    )
    settle_cancelled(order, reason=reason, actor_id=viewer.user_id, now=now)
    return order


@step
def settle_cancelled(order: Order, *, reason: str, actor_id: int | None, now: datetime) -> None:
    """Write down that a locked order without open visits is off, and what goes with that."""
    was_confirmed = order.confirmed_at is not None
    let_hold_go(order, now=now)
    close_change(order, actor_id=actor_id, now=now)
    order.status, order.cancelled_at, order.cancellation_reason = OrderStatus.CANCELLED, now, reason
    order.version += 1
    if not was_confirmed:
        give_back(order_id=order.pk, now=now)
    order.save(update_fields=["status", "cancelled_at", "cancellation_reason", "version"])
    fact = OrderCancelled(
        order_id=order.pk,
        customer_id=order.customer_id,
        reason=reason,
        was_confirmed=was_confirmed,
        actor_id=actor_id,
    )
    emit([fact], now=now)


def _checked_reason(order: Order, reason: str, version: int | None, *, is_required: bool) -> str:
    problems = Problems()
    with problems:
        reason = clean_text(reason, field=("reason",), max_length=MAX_REASON, required=is_required, multiline=True)
    with problems:
        require_version(order.version, version)
    problems.raise_all()
    return reason


@use_case
def complete_order(*, viewer: Viewer, order_id: int, version: int | None = None, now: datetime) -> Order:
    """Close a confirmed order: visits that are still open are done, and what was not paid is due.

    Raises StaleVersion, and InvalidTransition for an order that was never confirmed, is completed or cancelled.
    """
    require_complete(viewer)
    order = order_for(viewer, order_id, field=("order_id",), lock=True)
    require_version(order.version, version)
    require_transition(OrderStatus(order.status), OrderStatus.COMPLETED)
    complete_visits(appointment_ids=appointments_of(order), order_id=order.pk, actor_id=viewer.user_id, now=now)
    settle_completed(order, actor_id=viewer.user_id, now=now)
    return order


@step
def settle_completed(order: Order, *, actor_id: int | None, now: datetime) -> None:
    """Write down that the work of a locked order without open visits is done, and what goes with that."""
    close_change(order, actor_id=actor_id, now=now)
    order.status, order.completed_at = OrderStatus.COMPLETED, now
    order.payment_status = payment_status_when_completed(OrderPaymentStatus(order.payment_status))
    order.version += 1
    order.save(update_fields=["status", "completed_at", "payment_status", "version"])
    emit([OrderCompleted(order_id=order.pk, customer_id=order.customer_id, actor_id=actor_id)], now=now)


def appointments_of(order: Order) -> list[int]:
    """The ids of an order's visits. One statement."""
    rows = OrderItem.objects.filter(order=order, appointment__isnull=False).values_list("appointment_id", flat=True)
    return [appointment_id for appointment_id in rows if appointment_id is not None]
