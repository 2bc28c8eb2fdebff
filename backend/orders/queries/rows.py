"""Orders, lines and wishes as their viewers may see them, and as a token opens them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from backend.core import clock, tracking
from backend.core.business import business
from backend.core.errors import FieldPath, InvalidInput, NotFound
from backend.core.money import ZERO
from backend.core.tracking import limit_token
from backend.core.viewer import Permission, Scope, Viewer, require_signed_in
from backend.orders.models import ChangeRequest, Order, OrderItem, OrderItemExtra
from backend.orders.permissions import owns
from backend.orders.rules import (
    ExtraFacts,
    Line,
    OrderStatus,
    can_become,
    deadline_binds,
    status_by_visits,
)
from backend.scheduling.rules import AppointmentStatus, deadline_passed


def orders_visible_to(viewer: Viewer) -> QuerySet[Order]:
    """Customers see their own orders, staff those that they have a visit of, admins and partners with orders:read all.

    Managers with manage_orders see the orders of managed customers and those with an item for managed staff.
    """
    rows = Order.objects.all()
    if viewer.is_admin or viewer.has_scope(Scope.ORDERS_READ):
        return rows
    if viewer.manager is not None and viewer.may(Permission.MANAGE_ORDERS):
        if viewer.manages_all:
            return rows
        managed = viewer.manager.staff_ids
        comes = Q(appointment__staff__in=managed) | Q(appointment=None, staff__in=managed)
        for_managed_staff = OrderItem.objects.filter(comes, order=OuterRef("pk"))
        return rows.filter(Q(customer__in=viewer.manager.customer_ids) | Exists(for_managed_staff))
    if viewer.staff_id is not None:
        own_visits = OrderItem.objects.filter(order=OuterRef("pk"), appointment__staff=viewer.staff_id)
        return rows.filter(Exists(own_visits))
    return rows.none() if viewer.customer_id is None else rows.filter(customer=viewer.customer_id)


def items_visible_to(viewer: Viewer) -> QuerySet[OrderItem]:
    """The items of visible orders."""
    return OrderItem.objects.filter(order__in=orders_visible_to(viewer))


def extras_visible_to(viewer: Viewer) -> QuerySet[OrderItemExtra]:
    """The chosen extras of visible orders."""
    return OrderItemExtra.objects.filter(item__order__in=orders_visible_to(viewer))


def changes_visible_to(viewer: Viewer) -> QuerySet[ChangeRequest]:
    """The changes wanted of visible orders; what the customer and the office settle is nothing for staff."""
    if viewer.staff_id is not None:
        return ChangeRequest.objects.none()
    return ChangeRequest.objects.filter(order__in=orders_visible_to(viewer))


def all_changes() -> QuerySet[ChangeRequest]:
    """Every request, for an order that the caller has shown to be the viewer's to read in full."""
    return ChangeRequest.objects.all()


def order_for(viewer: Viewer, order_id: int, *, field: FieldPath = (), lock: bool = False) -> Order:
    """The visible order with its customer, or NotFound. Locked, it can't be confirmed or cancelled twice at once."""
    rows = orders_visible_to(viewer).select_related("customer")
    order = (_locked(rows) if lock else rows).filter(pk=order_id).first()
    if order is None:
        raise NotFound("There is no such order.", field)
    return order


def order_of_item(viewer: Viewer, item_id: int, *, field: FieldPath = ()) -> Order:
    """The visible order that an item belongs to, locked; NotFound under the item's field."""
    rows = orders_visible_to(viewer).select_related("customer")
    order = _locked(rows).filter(pk__in=_order_id_of(item_id)).first()
    if order is None:
        raise NotFound("There is no such item.", field)
    return order


def order_of_named_item(
    viewer: Viewer, item_id: int, *, tracking_token: str | None, field: FieldPath = (), now: datetime
) -> Order:
    """As `order_of_item`; with a tracking token, the order that it opens, whose item it has to be."""
    if tracking_token is None:
        require_signed_in(viewer)
        return order_of_item(viewer, item_id, field=field)
    order = named_order(viewer, order_id=None, tracking_token=tracking_token, now=now)
    if not order.items.filter(pk=item_id).exists():
        raise NotFound("There is no such item.", field)
    return order


def order_of_visit(appointment_id: int, *, lock: bool = False) -> Order | None:
    """The order that a visit came from, with its customer, whoever asks; None for a visit that came from none."""
    of_visit = OrderItem.objects.filter(appointment=appointment_id).values("order_id")
    rows = Order.objects.select_related("customer").filter(pk__in=of_visit)
    return (_locked(rows) if lock else rows).first()


def ends_its_order(appointment_id: int) -> bool:
    """Whether the order of a visit is off, or will be as soon as it follows its visits. Two statements.

    False for a visit that came from no order, and while anybody still comes or has worked for it.
    """
    order = order_of_visit(appointment_id)
    if order is None:
        return False
    visits = OrderItem.objects.filter(order=order, appointment__isnull=False).values_list("appointment__status")
    statuses = [AppointmentStatus(status) for (status,) in visits]
    return status_by_visits(OrderStatus(order.status), statuses) is OrderStatus.CANCELLED


def order_of_change(viewer: Viewer, change_id: int, *, field: FieldPath = ()) -> Order:
    """The order that a visible request is about, locked; NotFound under the request's field."""
    of_change = changes_visible_to(viewer).filter(pk=change_id).values("order_id")
    order = _locked(Order.objects.select_related("customer")).filter(pk__in=of_change).first()
    if order is None:
        raise NotFound("There is no such request.", field)
    return order


def require_one_name(*, order_id: int | None, tracking_token: str | None, address: str) -> None:
    """Required unless an order is named by exactly one of the two; RateLimited for tries with tokens."""
    tracking.require_one_name(order_id, tracking_token, what="order", field="order_id", address=address)


def named_order(viewer: Viewer, *, order_id: int | None, tracking_token: str | None, now: datetime) -> Order:
    """The order, locked: opened by its token, or by its id for a signed-in viewer who can see it."""
    if tracking_token is not None:
        order = order_by_token(tracking_token, lock=True, now=now)
        if order is None:
            raise NotFound("There is no such order.", ("tracking_token",))
        return order
    if order_id is None:
        raise InvalidInput("Name the order.", ("order_id",))
    require_signed_in(viewer)
    return order_for(viewer, order_id, field=("order_id",), lock=True)


def order_by_token(tracking_token: str, *, lock: bool = False, now: datetime) -> Order | None:
    """The order that a tracking token opens. Whoever holds the token may see it: nobody else is asked.

    A token that has run out, a while after the order's end, opens nothing.
    """
    rows = Order.objects.select_related("customer")
    order = tracking.find_by_token(_locked(rows) if lock else rows, tracking_token)
    return None if order is None or link_expired(order, now=now) else order


def link_expired(order: Order, *, now: datetime) -> bool:
    """Whether the order's tracking link has run out at `now`."""
    return tracking.link_expired(order.ended_at, order.tracking_renewed_at, now=now)


def locked_order(order_id: int) -> Order:
    """The order, locked, for jobs that act for nobody. Raises Order.DoesNotExist."""
    return _locked(Order.objects.all()).get(pk=order_id)


def track_order(*, tracking_token: str, address: str, now: datetime) -> QuerySet[Order]:
    """The opened order of a token, as at most one row. RateLimited by the client's network address."""
    limit_token(tracking_token, address=address)
    order = order_by_token(tracking_token, now=now)
    return tracking.opened(Order.objects.none() if order is None else Order.objects.filter(pk=order.pk))


def sees_private_fields(viewer: Viewer, order: Order) -> bool:
    """Whether tracking token, contact and reasons are for this viewer: its owner, and the office.

    Staff who do the work see the order without them. Whoever holds the tracking token has opened the order
    (`tracking.opened`) and is not asked here.
    """
    return owns(viewer, order) or viewer.may(Permission.MANAGE_ORDERS)


def may_cancel_now(viewer: Viewer, order: Order, *, is_opened: bool, now: datetime) -> bool:
    """Whether cancelling would be accepted: from the office in any open state; from others while it is pending, and
    once it is confirmed until the deadline.
    """
    if not can_become(OrderStatus(order.status), OrderStatus.CANCELLED):
        return False
    binds = deadline_binds(OrderStatus(order.status))
    in_time = not binds or not deadline_passed(order.cancellation_deadline, now)
    return viewer.may(Permission.MANAGE_ORDERS) or (in_time and (is_opened or owns(viewer, order)))


def items_of(order: Order) -> list[OrderItem]:
    """The items with their visits and extras, by position. Two statements."""
    return list(order.items.select_related("appointment").prefetch_related("extras").order_by("position"))


def line_of(item: OrderItem) -> Line:
    """An item as it was frozen. Fetch `extras` with it."""
    return Line(
        service_id=item.service_id,
        quantity=item.quantity,
        staff_id=item.staff_id,
        extras=tuple(
            ExtraFacts(
                id=extra.extra_id,
                service_id=item.service_id,
                name=extra.name,
                price=extra.price,
                duration_minutes=extra.duration_minutes,
                is_active=True,
            )
            for extra in item.extras.all()
        ),
        unit_price=item.unit_price,
        total_price=item.total_price,
        duration_minutes=item.duration_minutes,
        extra_minutes=item.extra_minutes,
        buffer_minutes=item.buffer_minutes,
    )


def order_for_message(order_id: int) -> Order:
    """An order with all that a message about it tells: customer, lines with extras, visits with who comes.

    For messages to the person who placed it, hence without a viewer. Five statements, however many lines.
    Raises Order.DoesNotExist.
    """
    return (
        Order.objects.select_related("customer")
        .prefetch_related("items__service", "items__extras", "items__appointment__staff", "items__appointment__service")
        .get(pk=order_id)
    )


def change_for_message(change_id: int) -> ChangeRequest:
    """A wanted change, for messages about it. Raises ChangeRequest.DoesNotExist."""
    return ChangeRequest.objects.get(pk=change_id)


def _locked(rows: QuerySet[Order]) -> QuerySet[Order]:
    return rows.select_for_update(of=("self",), no_key=True)


def _order_id_of(item_id: int) -> QuerySet[OrderItem, int]:
    return OrderItem.objects.filter(pk=item_id).values_list("order_id", flat=True)


# --- How business goes ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a stretch of dates: orders placed on them; of those wanted on them, how many, worth what, and called off."""

    placed: int
    booked: int
    value: Decimal
    cancelled: int


def figures_of_days(viewer: Viewer, first: date, last: date) -> Figures:
    """The figures of the visible orders from `first` to `last`, dates of the business's zone. One statement."""
    zone = business().zone
    since, until = (clock.instant(day, time.min, zone) for day in (first, last + timedelta(days=1)))
    wanted = Q(scheduled_date__range=(first, last))
    cancelled = Q(status=OrderStatus.CANCELLED)
    found = orders_visible_to(viewer).aggregate(
        placed=Count("pk", filter=Q(created_at__gte=since, created_at__lt=until)),
        booked=Count("pk", filter=wanted & ~cancelled),
        value=Sum("total", filter=wanted & ~cancelled, default=ZERO),
        cancelled=Count("pk", filter=wanted & cancelled),
    )
    return Figures(**found)


# --- What a cart costs ----------------------------------------------------------------------------------------------
