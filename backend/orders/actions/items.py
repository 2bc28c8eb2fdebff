"""The lines of a pending order: added, changed, taken away. The server prices what changes, and the totals follow.

Which prices count is decided in docs/adr/0014-what-a-changed-order-costs.md.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.db.models import F

from backend.core.errors import FieldPath, InvalidInput, InvalidTransition, OutOfRange
from backend.core.idempotency import claim_key, settle_key
from backend.core.money import ZERO
from backend.core.tracking import limit_token
from backend.core.transactions import step, use_case
from backend.core.viewer import Permission, Viewer
from backend.coupons.actions import give_back, reprice_use
from backend.coupons.errors import CouponRefused
from backend.coupons.rules import Line as CouponLine
from backend.events.actions import emit
from backend.geography.queries import locate
from backend.orders.actions.place import let_hold_go, require_covered, save_extras, save_items
from backend.orders.events import OrderChanged
from backend.orders.models import Order, OrderItem
from backend.orders.permissions import require_update
from backend.orders.queries import (
    items_of,
    line_of,
    named_order,
    order_of_named_item,
    price_list,
    require_one_name,
)
from backend.orders.rules import (
    MAX_ITEMS,
    CartItem,
    Line,
    LineChange,
    OrderStatus,
    PriceList,
    price_item,
    reprice_line,
    require_amount_fits,
    require_version,
)


def add_order_item(
    *,
    viewer: Viewer,
    order_id: int | None = None,
    tracking_token: str | None = None,
    item: CartItem,
    drop_coupon: bool = False,
    version: int | None = None,
    idempotency_key: str | None = None,
    address: str,
    now: datetime,
) -> Order:
    """Add a line to a pending order, at today's prices; it comes last.

    By whoever holds the tracking token, the signed-in customer, or the office. A coupon that no longer fits is refused
    (CouponRefused under `drop_coupon`), or with `drop_coupon` dropped and its use given back. `address` is the client's
    network address. Raises NotFound, StaleVersion, InvalidTransition once the order is confirmed, and everything that
    is wrong with the line, under `item`. The same key with the same input adds once.
    """
    require_one_name(order_id=order_id, tracking_token=tracking_token, address=address)
    return _add(
        viewer=viewer,
        order_id=order_id,
        tracking_token=tracking_token,
        item=item,
        drop_coupon=drop_coupon,
        version=version,
        key=idempotency_key,
        now=now,
    )


@use_case
def _add(
    *,
    viewer: Viewer,
    order_id: int | None,
    tracking_token: str | None,
    item: CartItem,
    drop_coupon: bool,
    version: int | None,
    key: str | None,
    now: datetime,
) -> Order:
    order = named_order(viewer, order_id=order_id, tracking_token=tracking_token, now=now)
    given = {"order": order.pk, "item": asdict(item), "drop_coupon": drop_coupon}
    if tracking_token is None:
        require_update(viewer, order)
    claimed = claim_key(viewer=viewer, operation="addOrderItem", key=key, given=given, now=now)
    if claimed.result_id is not None:
        return order
    _require_open(order, version)
    items = items_of(order)
    if len(items) >= MAX_ITEMS:
        raise OutOfRange(f"An order has at most {MAX_ITEMS} items.", ("item",))
    prices = price_list([item])
    line = price_item(item, prices, field=("item",))
    require_covered_line(order, line, prices, field=("item",))
    items += save_items(order, [line], first=len(items))
    _settle(viewer, order, items, drop_coupon=drop_coupon, by_token=tracking_token is not None, now=now)
    settle_key(claimed, order)
    return order


def update_order_item(
    *,
    viewer: Viewer,
    order_item_id: int,
    tracking_token: str | None = None,
    change: LineChange,
    drop_coupon: bool = False,
    version: int | None = None,
    address: str,
    now: datetime,
) -> Order:
    """Change quantity, extras or the preferred member of staff of a line of a pending order.

    What stays keeps its price, what is newly chosen has today's. By whom, and about the coupon, as in `add_order_item`.
    Raises NotFound, StaleVersion, InvalidTransition, StaffNotQualified, OutOfArea, and all else that is wrong with it.
    """
    limit_token(tracking_token, address=address)
    return _change(
        viewer=viewer,
        order_item_id=order_item_id,
        tracking_token=tracking_token,
        change=change,
        drop_coupon=drop_coupon,
        version=version,
        now=now,
    )


@use_case
def _change(
    *,
    viewer: Viewer,
    order_item_id: int,
    tracking_token: str | None,
    change: LineChange,
    drop_coupon: bool,
    version: int | None,
    now: datetime,
) -> Order:
    order = _order_of_item(viewer, order_item_id, tracking_token, version, now)
    if change.any_staff and change.preferred_staff_id is not None:
        raise InvalidInput("Either name somebody, or let anybody come.", ("any_staff",))
    items = items_of(order)
    item = next(each for each in items if each.pk == order_item_id)
    before = line_of(item)
    wanted = CartItem(service_id=item.service_id, extra_ids=change.extra_ids or ())
    prices = price_list([wanted])
    line = reprice_line(before, change, prices)
    if line == before:
        return order
    if line.staff_id is not None and line.staff_id != before.staff_id:
        require_covered_line(order, line, prices, field=())
    item.quantity, item.staff_id = line.quantity, line.staff_id
    item.unit_price, item.total_price, item.extra_minutes = line.unit_price, line.total_price, line.extra_minutes
    item.save(update_fields=["quantity", "staff", "unit_price", "total_price", "extra_minutes"])
    if line.extras != before.extras:
        item.extras.all().delete()
        save_extras([(item, line)])
    _settle(viewer, order, items, drop_coupon=drop_coupon, by_token=tracking_token is not None, now=now)
    return order


def remove_order_item(
    *,
    viewer: Viewer,
    order_item_id: int,
    tracking_token: str | None = None,
    drop_coupon: bool = False,
    version: int | None = None,
    address: str,
    now: datetime,
) -> Order:
    """Take a line out of a pending order; those behind it move up.

    By whom, and about the coupon, as in `add_order_item`. Raises NotFound, StaleVersion, and InvalidTransition once the
    order is confirmed, and for its last line: cancel the order instead.
    """
    limit_token(tracking_token, address=address)
    return _remove(
        viewer=viewer,
        order_item_id=order_item_id,
        tracking_token=tracking_token,
        drop_coupon=drop_coupon,
        version=version,
        now=now,
    )


@use_case
def _remove(
    *,
    viewer: Viewer,
    order_item_id: int,
    tracking_token: str | None,
    drop_coupon: bool,
    version: int | None,
    now: datetime,
) -> Order:
    order = _order_of_item(viewer, order_item_id, tracking_token, version, now)
    items = items_of(order)
    if len(items) == 1:
        raise InvalidTransition("This is the order's last item: cancel the order instead.", ("order_item_id",))
    item = next(each for each in items if each.pk == order_item_id)
    item.delete()
    order.items.filter(position__gt=item.position).update(position=F("position") - 1)
    items = [each for each in items if each is not item]
    _settle(viewer, order, items, drop_coupon=drop_coupon, by_token=tracking_token is not None, now=now)
    return order


@step
def reprice_coupon(order: Order, items: Sequence[OrderItem], *, drop: bool, now: datetime) -> None:
    """Judge an order's coupon again, and set what it takes off; the caller saves the order.

    CouponRefused, under `drop_coupon`, where it no longer fits; with `drop` it is dropped then, its use given back.
    """
    if not order.coupon_code:
        return
    lines = [CouponLine(item.service_id, item.total_price) for item in items]
    try:
        order.discount = reprice_use(order_id=order.pk, lines=lines, email=order.contact_email, now=now)
    except CouponRefused as refusal:
        if not drop:
            refusal.field = ("drop_coupon",)
            raise
        give_back(order_id=order.pk, now=now)
        order.coupon_code, order.discount = "", ZERO
    order.total = order.subtotal - order.discount


def require_covered_line(order: Order, line: Line, prices: PriceList, *, field: FieldPath) -> None:
    """OutOfArea or NoStaffAvailable unless somebody who offers the line's service serves the address.

    `field` is where the line stands in the input.
    """
    problem_field = (*field, "service_id") if field else ("preferred_staff_id",)
    place = locate(order.postcode, field=problem_field)
    require_covered([line], prices, place, field=problem_field, paths=[field])


def _order_of_item(
    viewer: Viewer, order_item_id: int, tracking_token: str | None, version: int | None, now: datetime
) -> Order:
    """The pending order of an item, locked, of somebody who may change it."""
    order = order_of_named_item(viewer, order_item_id, tracking_token=tracking_token, field=("order_item_id",), now=now)
    if tracking_token is None:
        require_update(viewer, order)
    _require_open(order, version)
    return order


def _require_open(order: Order, version: int | None) -> None:
    require_version(order.version, version)
    if order.status != OrderStatus.PENDING:
        raise InvalidTransition(f"The order is {order.status}: its items can be changed while it is pending.")


def _settle(
    viewer: Viewer, order: Order, items: Sequence[OrderItem], *, drop_coupon: bool, by_token: bool, now: datetime
) -> None:
    """Let the totals follow the lines, and tell that the order has changed."""
    order.subtotal = sum((item.total_price for item in items), ZERO)
    require_amount_fits(order.subtotal, field=("order_id",))
    let_hold_go(order, now=now)
    order.total = order.subtotal - order.discount
    reprice_coupon(order, items, drop=drop_coupon, now=now)
    order.version += 1
    order.save(update_fields=["subtotal", "discount", "total", "coupon_code", "version"])
    fact = OrderChanged(
        order_id=order.pk,
        customer_id=order.customer_id,
        fields=["items"],
        by_office=not by_token and viewer.may(Permission.MANAGE_ORDERS),
        actor_id=viewer.user_id,
    )
    emit([fact], now=now)
