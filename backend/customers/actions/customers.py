"""Taking customers on, and keeping what is known of them right."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.accounts.actions import let_manage_customer
from backend.accounts.queries import account_for_customer
from backend.core.errors import InvalidInput, Problems, TooLong, raise_all
from backend.core.idempotency import claim_key, settle_key
from backend.core.text import clean_email, clean_text
from backend.core.transactions import step, use_case
from backend.core.viewer import Viewer, require_signed_in
from backend.customers.actions.addresses import keep_address
from backend.customers.events import CustomerChanged
from backend.customers.models import Customer
from backend.customers.permissions import require_change_customer, require_create_customer
from backend.customers.queries import customer_for, require_somebody
from backend.customers.rules import (
    ARCHIVED,
    ERASED,
    MAX_TAGS,
    MERGED,
    AddressKind,
    Contact,
    PostalAddress,
    clean_address,
    clean_phone,
)
from backend.events.actions import emit


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerChanges:
    """What to change about a customer; None leaves a value as it is. `tags` replaces all of them."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    notes: str | None = None
    tags: Sequence[str] | None = None


@use_case
def create_customer(
    *,
    viewer: Viewer,
    contact: Contact,
    address: PostalAddress | None = None,
    notes: str = "",
    tags: Sequence[str] = (),
    user_id: int | None = None,
    idempotency_key: str | None = None,
    now: datetime,
) -> Customer:
    """A new customer, with a first address, which becomes the default one for services. Two may share an e-mail.

    `user_id` is an active account of role CUSTOMER without a customer; only admins see such. A manager manages whom
    it takes on.
    """
    require_create_customer(viewer)
    given = repr([contact, address, notes, list(tags), user_id])
    claimed = claim_key(viewer=viewer, operation="createCustomer", key=idempotency_key, given=given, now=now)
    if claimed.result_id is not None:
        return customer_for(viewer, claimed.result_id)
    customer = Customer(created_at=now)
    problems = Problems()
    with problems:
        changes = CustomerChanges(name=contact.name, email=contact.email, phone=contact.phone, notes=notes, tags=tags)
        _apply(customer, changes)
    with problems:
        address = clean_address(address, field=("address",)) if address else None
    with problems:
        if user_id is not None:
            customer.user_id = account_for_customer(viewer, user_id, field=("user_id",)).pk
    problems.raise_all()
    customer.save()
    if address is not None:
        keep_address(customer, kind=AddressKind.SERVICE, address=address, is_default=True, now=now)
    if viewer.manager is not None and viewer.user_id is not None:
        let_manage_customer(user_id=viewer.user_id, customer_id=customer.pk)
    settle_key(claimed, customer)
    emit([CustomerChanged(customer_id=customer.pk, actor_id=viewer.user_id)], now=now)
    return customer


@use_case
def update_customer(*, viewer: Viewer, customer_id: int, changes: CustomerChanges, now: datetime) -> Customer:
    """Change what is known of a customer. Its bookings keep the contact that they were made with.

    InvalidTransition for a row that was merged or erased: nobody is behind it any more.
    """
    require_signed_in(viewer)
    customer = customer_for(viewer, customer_id, field=("customer_id",), lock=True)
    require_change_customer(viewer, customer)
    require_somebody(customer, field=("customer_id",))
    _apply(customer, changes)
    customer.save()
    emit([CustomerChanged(customer_id=customer.pk, actor_id=viewer.user_id)], now=now)
    return customer


@use_case
def archive_customer(*, viewer: Viewer, customer_id: int, now: datetime) -> Customer:
    """Hide a customer from the lists by the tag `archived`; nothing is deleted. Twice is no error."""
    return _tag(viewer, customer_id, archived=True, now=now)


@use_case
def restore_customer(*, viewer: Viewer, customer_id: int, now: datetime) -> Customer:
    """Bring an archived customer back. Twice is no error. InvalidTransition as for `update_customer`."""
    return _tag(viewer, customer_id, archived=False, now=now)


@step
def row_of_user(*, user_id: int, name: str, email: str, phone: str, now: datetime) -> None:
    """The Customer row that a user with the CUSTOMER role needs; one that is there stays as it is."""
    Customer.objects.get_or_create(
        user_id=user_id, defaults={"name": name, "email": email, "phone": phone, "created_at": now}
    )


def _tag(viewer: Viewer, customer_id: int, *, archived: bool, now: datetime) -> Customer:
    require_signed_in(viewer)
    customer = customer_for(viewer, customer_id, field=("customer_id",), lock=True)
    require_change_customer(viewer, customer)
    if not archived:
        require_somebody(customer, field=("customer_id",))
    others = [tag for tag in customer.tags if tag != ARCHIVED]
    customer.tags = [*others, ARCHIVED] if archived else others
    customer.save(update_fields=["tags"])
    emit([CustomerChanged(customer_id=customer.pk, actor_id=viewer.user_id)], now=now)
    return customer


def _apply(customer: Customer, given: CustomerChanges) -> None:
    """Put the values on the row, or raise all that is wrong with them at once."""
    problems = Problems()
    if given.name is not None:
        with problems:
            customer.name = clean_text(given.name, field=("name",), max_length=200)
    if given.email is not None:
        with problems:
            customer.email = clean_email(given.email, field=("email",))
    if given.phone is not None:
        with problems:
            customer.phone = clean_phone(given.phone, field=("phone",))
    if given.notes is not None:
        with problems:
            customer.notes = clean_text(given.notes, field=("notes",), max_length=5000, required=False, multiline=True)
    if given.tags is not None:
        with problems:
            customer.tags = _clean_tags(given.tags)
    problems.raise_all()


def _clean_tags(tags: Sequence[str]) -> list[str]:
    if len(tags) > MAX_TAGS:
        raise TooLong(f"A customer has at most {MAX_TAGS} tags.", ("tags",))
    cleaned = [clean_text(tag, field=("tags", place), max_length=40).lower() for place, tag in enumerate(tags)]
    raise_all(
        [
            InvalidInput("This tag says what was done to a customer: nobody else gives it.", ("tags", place))
            for place, tag in enumerate(cleaned)
            if tag in (MERGED, ERASED)
        ]
    )
    return list(dict.fromkeys(cleaned))
