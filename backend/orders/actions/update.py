"""Putting a pending order right: notes, contact, address, date and time; and the office's own notes, at any time."""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time

from backend.core.errors import InvalidInput, InvalidTransition, NotAllowed, Problems
from backend.core.text import clean_text
from backend.core.transactions import use_case
from backend.core.viewer import Permission, Viewer
from backend.customers.queries import where_to
from backend.customers.rules import Contact, PostalAddress, clean_contact
from backend.events.actions import emit
from backend.orders.actions.items import reprice_coupon
from backend.orders.actions.place import let_hold_go, orderable_start, require_covered
from backend.orders.actions.requests import close_change
from backend.orders.events import OrderChanged
from backend.orders.models import Order
from backend.orders.permissions import require_update, sees_internal_notes
from backend.orders.queries import items_of, line_of, named_order, price_list, require_one_name
from backend.orders.rules import MAX_NOTES, CartItem, OrderStatus, require_version
from backend.scheduling.rules import cancellation_deadline

MAX_INTERNAL_NOTES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChanges:
    """What should be another; None leaves it as it is. Date and time are those on the business's wall."""

    notes: str | None = None
    guest: Contact | None = None
    address: PostalAddress | None = None
    address_id: int | None = None
    scheduled_date: date | None = None
    scheduled_time: time | None = None
    internal_notes: str | None = None

    @property
    def is_internal(self) -> bool:
        """Whether nothing is touched but what the office notes for itself."""
        return replace(self, internal_notes=None) == OrderChanges()


def update_order(
    *,
    viewer: Viewer,
    order_id: int | None = None,
    tracking_token: str | None = None,
    changes: OrderChanges,
    drop_coupon: bool = False,
    version: int | None = None,
    address: str,
    now: datetime,
) -> Order:
    """Change a pending order: by whoever holds its tracking token, the signed-in customer, or the office.

    A new address is served by those whom the lines need, or refused (OutOfArea, UnknownPostcode); a new time is bound
    like that of a new order, moves the deadline, and settles a wish for another time that waited. The contact is the
    guest's: a customer's stands in its own record (InvalidInput). A coupon that the new e-mail may not use is refused
    (CouponRefused), or dropped with `drop_coupon`. Internal notes are the office's alone (NotAllowed) and may be
    changed in every state; all else only before the confirmation (InvalidTransition). `address` is the client's network
    address. Raises NotFound and StaleVersion. What is so already is no change.
    """
    require_one_name(order_id=order_id, tracking_token=tracking_token, address=address)
    return _update(
        viewer=viewer,
        order_id=order_id,
        tracking_token=tracking_token,
        changes=changes,
        drop_coupon=drop_coupon,
        version=version,
        now=now,
    )


@use_case
def _update(
    *,
    viewer: Viewer,
    order_id: int | None,
    tracking_token: str | None,
    changes: OrderChanges,
    drop_coupon: bool,
    version: int | None,
    now: datetime,
) -> Order:
    order = named_order(viewer, order_id=order_id, tracking_token=tracking_token, now=now)
    if tracking_token is None:
        require_update(viewer, order)
    if changes.internal_notes is not None and (tracking_token is not None or not sees_internal_notes(viewer)):
        raise NotAllowed
    require_version(order.version, version)
    if not changes.is_internal and order.status != OrderStatus.PENDING:
        raise InvalidTransition(f"The order is {order.status}: this can be changed while it is pending.")
    before = _snapshot(order)
    _apply(viewer, order, changes, now)
    changed = [name for name, value in _snapshot(order).items() if value != before[name]]
    if not changed:
        return order
    if "guest_email" in changed:
        reprice_coupon(order, items_of(order), drop=drop_coupon, now=now)
    if {"scheduled_date", "scheduled_time"} & set(changed):
        close_change(order, actor_id=viewer.user_id, now=now)
    if {"postcode", "scheduled_date", "scheduled_time"} & set(changed):
        let_hold_go(order, now=now)
    order.version += 1
    order.save()
    by_office = tracking_token is None and viewer.may(Permission.MANAGE_ORDERS)
    _tell(order, changed, by_office=by_office, viewer=viewer, now=now)
    return order


def _tell(order: Order, changed: list[str], *, by_office: bool, viewer: Viewer, now: datetime) -> None:
    fact = OrderChanged(
        order_id=order.pk,
        customer_id=order.customer_id,
        fields=changed,
        by_office=by_office,
        actor_id=viewer.user_id,
    )
    emit([fact], now=now)


_CHANGEABLE = (
    "notes",
    "guest_name",
    "guest_email",
    "guest_phone",
    "guest_language",
    "line1",
    "line2",
    "city",
    "postcode",
    "country",
    "scheduled_date",
    "scheduled_time",
    "internal_notes",
)


def _snapshot(order: Order) -> dict[str, object]:
    return {name: getattr(order, name) for name in _CHANGEABLE}


def _apply(viewer: Viewer, order: Order, changes: OrderChanges, now: datetime) -> None:
    """Put the changes on the row; everything that is wrong with them at once."""
    problems = Problems()
    with problems:
        if changes.notes is not None:
            order.notes = clean_text(
                changes.notes, field=("notes",), max_length=MAX_NOTES, required=False, multiline=True
            )
    with problems:
        if changes.internal_notes is not None:
            order.internal_notes = clean_text(
                changes.internal_notes,
                field=("internal_notes",),
                max_length=MAX_INTERNAL_NOTES,
                required=False,
                multiline=True,
            )
    with problems:
        if changes.guest is not None:
            _set_contact(order, changes.guest)
    with problems:
        if changes.address is not None or changes.address_id is not None:
            _set_address(viewer, order, changes)
    with problems:
        if changes.scheduled_date is not None or changes.scheduled_time is not None:
            _set_time(order, changes, now)
    problems.raise_all()


def _set_contact(order: Order, given: Contact) -> None:
    if order.customer_id is not None:
        raise InvalidInput("The contact of this order is its customer's: change it there.", ("guest",))
    contact = clean_contact(given, field=("guest",))
    order.guest_name, order.guest_email, order.guest_phone = contact.name, contact.email, contact.phone
    order.guest_language = contact.language or order.guest_language


def _set_address(viewer: Viewer, order: Order, changes: OrderChanges) -> None:
    address, place = where_to(
        viewer, address=changes.address, address_id=changes.address_id, customer_id=order.customer_id
    )
    lines = [line_of(item) for item in items_of(order)]
    prices = price_list([CartItem(service_id=line.service_id) for line in lines])
    field = ("address_id",) if changes.address is None else ("address", "postcode")
    require_covered(lines, prices, place, field=field)
    for name, value in asdict(address).items():
        setattr(order, name, value)


def _set_time(order: Order, changes: OrderChanges, now: datetime) -> None:
    day = changes.scheduled_date or order.scheduled_date
    at = order.scheduled_time if changes.scheduled_time is None else changes.scheduled_time
    if (day, at) == (order.scheduled_date, order.scheduled_time):
        return
    start = orderable_start(day, at, now=now, fields=("scheduled_date", "scheduled_time"))
    order.scheduled_date, order.scheduled_time = day, at
    order.cancellation_deadline = cancellation_deadline(start, order.policy_hours)
