"""What a person may ask for under the GDPR: a copy of everything (Art. 15 and 20), and to be forgotten (Art. 17)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from backend.accounts.actions import erase_account, erase_invitations
from backend.accounts.queries import account_data
from backend.audit.actions import forget_parts, forget_values
from backend.core.errors import FieldPath
from backend.core.text import clean_email
from backend.core.transactions import use_case
from backend.core.viewer import Viewer
from backend.customers.events import CustomerErased, GuestErased
from backend.customers.models import Customer
from backend.customers.permissions import require_change_addresses, require_guests_data, require_merge_or_erase
from backend.customers.queries import customer_for, own_or, subject_of
from backend.customers.rules import ARCHIVED, ERASED, MERGED, DataSubject
from backend.events.actions import emit


class Exporter(Protocol):
    """All that a domain keeps of a person, as plain JSON values."""

    def __call__(self, *, subject: DataSubject) -> list[dict[str, Any]]: ...


class Eraser(Protocol):
    """Takes the person out of what a domain keeps; the rows stay for the books. How many rows there are of it.

    Refuses while work is open; refusals name `field`. Called from the highest domain down, so that what is found by
    the rows of a lower one is still found: what was told of an order, by the order.
    """

    def __call__(self, *, subject: DataSubject, field: FieldPath, now: datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class PersonalData:
    """How a domain answers for the personal data that it holds."""

    export: Exporter
    erase: Eraser


_holders: dict[str, PersonalData] = {}


def holds_personal_data(name: str, answers: PersonalData) -> None:
    """Say that a domain holds data of persons: each does, when the program starts, the lowest first (ADR 0011)."""
    _holders[name] = answers


def export_customer(*, viewer: Viewer, customer_id: int | None) -> dict[str, Any]:
    """Everything that is kept of a customer, by domain: for itself, or for the office.

    What it did as a guest is in it where its e-mail is proven. The office's notes are in the office's copy alone: what
    they say of others has to be looked at before they are handed out.
    """
    customer = customer_for(viewer, own_or(viewer, customer_id), field=("customer_id",))
    require_change_addresses(viewer, customer)
    addresses = customer.addresses.values("kind", "line1", "line2", "city", "postcode", "country", "is_default")
    own = {
        "name": customer.name,
        "email": customer.email,
        "phone": customer.phone,
        "created_at": customer.created_at.isoformat(),
        "addresses": list(addresses),
    }
    if viewer.is_office:
        own |= {"notes": customer.notes, "tags": customer.tags}
    account = None if customer.user_id is None else account_data(customer.user_id)
    return {"customer": own, "account": account} | _exported(subject_of(customer, for_itself=not viewer.is_office))


def export_guest(*, viewer: Viewer, email: str) -> dict[str, Any]:
    """Everything that is kept of whoever ordered with this e-mail and is no customer, by domain. Admins only.

    It is for the office to make sure that whoever asks is who reads that e-mail.
    """
    require_guests_data(viewer)
    return _exported(_guest(email))


@use_case
def erase_customer(*, viewer: Viewer, customer_id: int, now: datetime) -> Customer:
    """Take a person's name, contact and addresses out, everywhere: account, messages and the trail included.

    So are the rows that were merged into it, and what it did as a guest under a proven e-mail. Totals, dates and visits
    stay; nobody signs in with the account again. InvalidTransition while visits or orders are open, for what is
    promised must be kept or cancelled first; NotACustomer where the account belongs to somebody who works here. Twice
    is no error.
    """
    require_merge_or_erase(viewer)
    customer = customer_for(viewer, customer_id, field=("customer_id",), lock=True)
    subject = subject_of(customer)
    _erase(subject, field=("customer_id",), now=now)
    rows = {row.pk: row for row in Customer.objects.filter(pk__in=subject.customer_ids).order_by("pk")}
    for row in (rows | {customer.pk: customer}).values():
        if row.user_id is not None:
            erase_account(user_id=row.user_id, field=("customer_id",), actor_id=viewer.user_id, now=now)
        _blank(row)
        emit([CustomerErased(customer_id=row.pk, actor_id=viewer.user_id)], now=now)
    return customer


@use_case
def erase_guest(*, viewer: Viewer, email: str, now: datetime) -> int:
    """As `erase_customer`, for whoever ordered with this e-mail and is no customer; of how many rows it was taken out.

    What belongs to a customer stays, whatever its e-mail: that is `erase_customer`. InvalidTransition while visits,
    orders or plans are open. Twice is no error: then there is nothing left.
    """
    require_guests_data(viewer)
    subject = _guest(email)
    rows = _erase(subject, field=("email",), now=now)
    rows += sum(erase_invitations(email=each) for each in subject.emails)
    emit([GuestErased(rows=rows, actor_id=viewer.user_id)], now=now)
    return rows


def _guest(email: str) -> DataSubject:
    known = frozenset({clean_email(email, field=("email",))})
    return DataSubject(emails=known, proven=known)


def _exported(subject: DataSubject) -> dict[str, Any]:
    return {name: holder.export(subject=subject) for name, holder in _holders.items()}


def _erase(subject: DataSubject, *, field: FieldPath, now: datetime) -> int:
    return sum(holder.erase(subject=subject, field=field, now=now) for holder in reversed(_holders.values()))


def _blank(customer: Customer) -> None:
    customer.addresses.all().delete()
    customer.name, customer.email, customer.phone, customer.notes = "Erased", f"erased-{customer.pk}@invalid", "", ""
    customer.tags = [ARCHIVED, *([MERGED] if customer.merged_into_id else []), ERASED]
    customer.save()
    forget_values(model="customers.Customer", object_ids=[customer.pk])
    forget_parts(model="customers.Address", column="customer_id", owner=customer.pk)
