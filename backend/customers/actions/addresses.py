"""Where customers live. One default of each kind; the default can't go while others stand."""

from datetime import datetime

from backend.core.errors import InvalidTransition
from backend.core.idempotency import claim_key, settle_key
from backend.core.transactions import use_case
from backend.core.viewer import Viewer, require_signed_in
from backend.customers.events import CustomerChanged
from backend.customers.models import Address, Customer
from backend.customers.permissions import require_change_addresses
from backend.customers.queries import address_for, customer_for, own_or, require_somebody
from backend.customers.rules import AddressKind, PostalAddress, clean_address
from backend.events.actions import emit


@use_case
def add_address(
    *,
    viewer: Viewer,
    customer_id: int | None,
    kind: AddressKind,
    address: PostalAddress,
    is_default: bool = False,
    idempotency_key: str | None = None,
    now: datetime,
) -> Address:
    """A new address; the first of its kind is the default whatever is said, a later one takes the place where asked."""
    customer = _changeable(viewer, own_or(viewer, customer_id))
    given = [customer_id, kind, repr(address), is_default]
    claimed = claim_key(viewer=viewer, operation="addAddress", key=idempotency_key, given=given, now=now)
    if claimed.result_id is not None:
        return address_for(viewer, claimed.result_id)
    clean = clean_address(address, field=())
    row = keep_address(customer, kind=kind, address=clean, is_default=is_default, now=now)
    settle_key(claimed, row)
    _changed(viewer, customer, now)
    return row


@use_case
def update_address(*, viewer: Viewer, address_id: int, address: PostalAddress, now: datetime) -> Address:
    """Correct an address. What was booked keeps the address that it was booked for."""
    require_signed_in(viewer)
    row = address_for(viewer, address_id, field=("address_id",))
    customer = _changeable(viewer, row.customer_id)
    clean = clean_address(address, field=())
    row.line1, row.line2, row.city = clean.line1, clean.line2, clean.city
    row.postcode, row.country = clean.postcode, clean.country
    row.save(update_fields=["line1", "line2", "city", "postcode", "country"])
    _changed(viewer, customer, now)
    return row


@use_case
def set_default_address(*, viewer: Viewer, address_id: int, now: datetime) -> Address:
    """Make an address the default of its kind, in place of the one before. Twice is no error."""
    require_signed_in(viewer)
    row = address_for(viewer, address_id, field=("address_id",))
    customer = _changeable(viewer, row.customer_id)
    customer.addresses.filter(kind=row.kind, is_default=True).update(is_default=False)
    row.is_default = True
    row.save(update_fields=["is_default"])
    _changed(viewer, customer, now)
    return row


@use_case
def delete_address(*, viewer: Viewer, address_id: int, now: datetime) -> int:
    """Delete an address; its id. InvalidTransition for the default while others of its kind stand."""
    require_signed_in(viewer)
    row = address_for(viewer, address_id, field=("address_id",))
    customer = _changeable(viewer, row.customer_id)
    row.refresh_from_db()
    if row.is_default and customer.addresses.filter(kind=row.kind).exclude(pk=row.pk).exists():
        raise InvalidTransition("Make another address the default first.", ("address_id",))
    row.delete()
    _changed(viewer, customer, now)
    return address_id


def keep_address(
    customer: Customer, *, kind: AddressKind, address: PostalAddress, is_default: bool, now: datetime
) -> Address:
    """Write a clean address of a customer whose row is locked, or was made just now."""
    same_kind = customer.addresses.filter(kind=kind)
    is_first = not same_kind.exists()
    if is_default:
        same_kind.update(is_default=False)
    return Address.objects.create(
        customer=customer,
        kind=kind,
        is_default=is_default or is_first,
        line1=address.line1,
        line2=address.line2,
        city=address.city,
        postcode=address.postcode,
        country=address.country,
        created_at=now,
    )


def _changeable(viewer: Viewer, customer_id: int) -> Customer:
    """The customer, locked: its addresses change one after the other."""
    customer = customer_for(viewer, customer_id, field=("customer_id",), lock=True)
    require_change_addresses(viewer, customer)
    require_somebody(customer, field=("customer_id",))
    return customer


def _changed(viewer: Viewer, customer: Customer, now: datetime) -> None:
    emit([CustomerChanged(customer_id=customer.pk, actor_id=viewer.user_id)], now=now)
