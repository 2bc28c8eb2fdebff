"""Placing an order: everything is checked and frozen, nobody's time is taken yet."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time

from django.db import IntegrityError, transaction

from backend.core import clock
from backend.core.business import business
from backend.core.errors import FieldPath, InvalidInput, Problems, Required
from backend.core.idempotency import claim_key, settle_key
from backend.core.money import ZERO
from backend.core.references import reference, secret_token
from backend.core.text import clean_text
from backend.core.transactions import step, use_case
from backend.core.viewer import Viewer
from backend.coupons.actions import redeem
from backend.coupons.queries import coupon_by_code
from backend.coupons.rules import Line as CouponLine
from backend.coupons.rules import normalise_code
from backend.customers.queries import where_to
from backend.customers.rules import Contact, PostalAddress, clean_contact
from backend.events.actions import emit
from backend.geography.rules import Place
from backend.orders.events import OrderPlaced
from backend.orders.models import Order, OrderItem, OrderItemExtra
from backend.orders.queries import price_list, who_covers
from backend.orders.rules import (
    MAX_NOTES,
    CartItem,
    Line,
    PriceList,
    price_cart,
    require_orderable_day,
    require_orderable_time,
    subtotal_of,
)
from backend.scheduling.actions import drop_holds, keep_hold
from backend.scheduling.errors import NoStaffAvailable, OutOfArea
from backend.scheduling.rules import cancellation_deadline

_REFERENCE_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """An order as somebody asks for it. Date and time are those on the business's wall."""

    items: Sequence[CartItem]
    guest: Contact | None = None
    """Who is to be reached; None for the signed-in customer."""
    address: PostalAddress | None = None
    address_id: int | None = None
    """One of the signed-in customer's own addresses, instead of `address`."""
    scheduled_date: date
    scheduled_time: time
    notes: str = ""
    coupon_code: str | None = None
    hold_token: str | None = None
    """A held time for the first item, which is then kept for the office: the order begins with whom was held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """A request that can be saved as it is. `start` is in UTC."""

    customer_id: int | None
    contact: Contact | None
    address: PostalAddress
    start: datetime
    notes: str
    lines: Sequence[Line]


@use_case
def place_order(*, viewer: Viewer, request: OrderRequest, idempotency_key: str | None = None, now: datetime) -> Order:
    """A pending order with its items, priced by the server, for a guest or for the signed-in customer.

    The same key with the same request gives the same order back; with another, IdempotencyConflict. Raises everything
    that is wrong with the request at once, each with its path. A coupon is used up with the order; CouponRefused where
    it can't be, and then there is no order: nobody pays more than the quote. A hold is kept for the
    office: HoldExpired.
    """
    claimed = claim_key(viewer=viewer, operation="placeOrder", key=idempotency_key, given=asdict(request), now=now)
    if claimed.result_id is not None:
        return Order.objects.get(pk=claimed.result_id)
    checked = _check(viewer, request, now)
    hold_id = None
    if request.hold_token is not None:
        hold_id, request = _keep_hold(request, checked, now)
        checked = _check(viewer, request, now)  # at the prices of whom was held
    order = _save_order(checked, request, now)
    if hold_id is not None:
        order.hold_id = hold_id
        order.save(update_fields=["hold"])
    save_items(order, checked.lines)
    _redeem_coupon(order, checked.lines, request.coupon_code, now)
    settle_key(claimed, order)
    emit([OrderPlaced(order_id=order.pk, customer_id=order.customer_id, actor_id=viewer.user_id)], now=now)
    return order


def _keep_hold(request: OrderRequest, checked: _Checked, now: datetime) -> tuple[int, OrderRequest]:
    """Keep what was held for the first item until the office confirms; the order, with that person named for it."""
    first, *rest = request.items
    if first.quantity != 1:
        raise InvalidInput("A time is held for one of a service.", ("hold_token",))
    hold = keep_hold(
        token=request.hold_token or "",
        service_id=first.service_id,
        staff_id=first.preferred_staff_id,
        start=checked.start,
        extra_ids=first.extra_ids,
        postcode=checked.address.postcode,
        now=now,
    )
    return hold.pk, replace(request, items=[replace(first, preferred_staff_id=hold.staff_id), *rest])


@step
def let_hold_go(order: Order, *, now: datetime) -> None:
    """Free the time that is kept for a locked order, if any is. Lock its staff first where it is planned next."""
    if order.hold_id is not None:
        hold_id, order.hold = order.hold_id, None
        drop_holds(hold_ids=[hold_id], now=now)


def _check(viewer: Viewer, request: OrderRequest, now: datetime) -> _Checked:
    problems = Problems()
    with problems:
        customer_id, contact = _who(viewer, request)
    with problems:
        address, place = _where(viewer, request)
    with problems:
        fields = ("scheduled_date", "scheduled_time")
        start = orderable_start(request.scheduled_date, request.scheduled_time, now=now, fields=fields)
    with problems:
        notes = clean_text(request.notes, field=("notes",), max_length=MAX_NOTES, required=False, multiline=True)
    with problems:
        prices = price_list(request.items)
        lines = price_cart(request.items, prices)
    with problems:
        if (request.coupon_code or "").strip():
            coupon_by_code(request.coupon_code or "")
    problems.raise_all()
    field = ("address_id",) if request.address is None else ("address", "postcode")
    require_covered(lines, prices, place, field=field)
    return _Checked(customer_id=customer_id, contact=contact, address=address, start=start, notes=notes, lines=lines)


def _who(viewer: Viewer, request: OrderRequest) -> tuple[int | None, Contact | None]:
    """The signed-in customer, or the guest's contact: exactly one of them."""
    if viewer.customer_id is not None:
        if request.guest is not None:
            raise InvalidInput("You are signed in: the order goes to your account. Leave this out.", ("guest",))
        return viewer.customer_id, None
    if request.guest is None:
        raise Required("Tell us who you are, or sign in.", ("guest",))
    return None, clean_contact(request.guest, field=("guest",))


def _where(viewer: Viewer, request: OrderRequest) -> tuple[PostalAddress, Place]:
    return where_to(viewer, address=request.address, address_id=request.address_id, customer_id=viewer.customer_id)


def orderable_start(day: date, at: time, *, now: datetime, fields: tuple[str, str]) -> datetime:
    """The instant of a date and a time on the wall that may be ordered now; refused under either of the two fields."""
    rules = business()
    require_orderable_day(day, today=rules.today(now), horizon=rules.booking_horizon, field=(fields[0],))
    start = clock.instant(day, at, rules.zone)
    require_orderable_time(
        start,
        exists=clock.wall_time_exists(day, at, rules.zone),
        now=now,
        notice=rules.booking_notice,
        horizon=rules.booking_horizon,
        field=(fields[1],),
    )
    return start


def require_covered(
    lines: Sequence[Line], prices: PriceList, place: Place, *, field: FieldPath, paths: Sequence[FieldPath] = ()
) -> None:
    """OutOfArea unless each service has somebody who offers it and serves the address, the named ones included.

    `field` is where the address stands in the input, `paths` where each line does: `("items", position)` if left out.
    """
    coming = who_covers(place, {staff_id for staff_id, _ in prices.offers})
    problems = Problems()
    uncovered = False
    for path, line in zip(paths or [("items", position) for position in range(len(lines))], lines, strict=True):
        offering = {staff_id for staff_id, service_id in prices.offers if service_id == line.service_id}
        with problems:
            if not offering:
                raise NoStaffAvailable("Nobody offers this service at present.", (*path, "service_id"))
            if not offering & coming:
                uncovered = True
            elif line.staff_id is not None and line.staff_id not in coming:
                raise OutOfArea("This member of staff does not serve your postcode.", (*path, "preferred_staff_id"))
    with problems:
        if uncovered:
            raise OutOfArea("We don't come to this postcode for everything that you chose.", field)
    problems.raise_all()


def _save_order(checked: _Checked, request: OrderRequest, now: datetime) -> Order:
    rules = business()
    subtotal = subtotal_of(checked.lines)
    guest = checked.contact
    order = Order(
        tracking_token=secret_token(),
        customer_id=checked.customer_id,
        is_guest_order=guest is not None,
        guest_name=guest.name if guest else "",
        guest_email=guest.email if guest else "",
        guest_phone=guest.phone if guest else "",
        guest_language=guest.language if guest else "",
        **asdict(checked.address),
        scheduled_date=request.scheduled_date,
        scheduled_time=request.scheduled_time,
        notes=checked.notes,
        subtotal=subtotal,
        discount=ZERO,
        total=subtotal,
        currency=rules.currency,
        policy_hours=rules.cancellation_notice_hours,
        cancellation_deadline=cancellation_deadline(checked.start, rules.cancellation_notice_hours),
        created_at=now,
    )
    _save_under_free_reference(order, rules.today(now))
    return order


def _save_under_free_reference(order: Order, today: date) -> None:
    """Insert the order; on a collision of its reference, again with another. The unique index decides."""
    for tries_left in reversed(range(_REFERENCE_TRIES)):
        order.order_number = reference("ORD", today)
        try:
            with transaction.atomic():  # a savepoint: the failed insert alone is undone
                order.save(force_insert=True)
                return
        except IntegrityError:
            if not tries_left or not Order.objects.filter(order_number=order.order_number).exists():
                raise


def _redeem_coupon(order: Order, lines: Sequence[Line], code: str | None, now: datetime) -> None:
    """Use the coupon for the saved order, and take its discount off. The coupon's row is locked last of all."""
    if not (code or "").strip():
        return
    order.coupon_code = normalise_code(code or "")
    order.discount = redeem(
        code=order.coupon_code,
        lines=[CouponLine(line.service_id, line.total_price) for line in lines],
        email=order.contact_email,
        customer_id=order.customer_id,
        order_id=order.pk,
        now=now,
    )
    order.total = order.subtotal - order.discount
    order.save(update_fields=["coupon_code", "discount", "total"])


def save_items(order: Order, lines: Sequence[Line], *, first: int = 0) -> list[OrderItem]:
    """Insert lines from position `first` on: one statement for the items, one for their extras."""
    items = OrderItem.objects.bulk_create(
        [
            OrderItem(
                order=order,
                position=position,
                service_id=line.service_id,
                quantity=line.quantity,
                unit_price=line.unit_price,
                total_price=line.total_price,
                duration_minutes=line.duration_minutes,
                extra_minutes=line.extra_minutes,
                buffer_minutes=line.buffer_minutes,
                staff_id=line.staff_id,
            )
            for position, line in enumerate(lines, start=first)
        ]
    )
    save_extras(zip(items, lines, strict=True))
    return items


def save_extras(lines: Iterable[tuple[OrderItem, Line]]) -> None:
    """Insert the extras of lines. One statement."""
    OrderItemExtra.objects.bulk_create(
        [
            OrderItemExtra(
                item=item,
                extra_id=extra.id,
                name=extra.name,
                price=extra.price,
                duration_minutes=extra.duration_minutes,
            )
            for item, line in lines
            for extra in line.extras
        ]
    )
