"""What a person may ask for under the GDPR: a copy of everything (Art. 15 and 20), and to be forgotten (Art. 17)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from backend.accounts.actions import erase_account
from backend.accounts.queries import account_data
from backend.audit.actions import forget_parts, forget_values
from backend.core.transactions import use_case
from backend.core.viewer import Viewer
from backend.customers.events import CustomerErased
from backend.customers.models import Customer
from backend.customers.permissions import require_change_addresses, require_merge_or_erase
from backend.customers.queries import customer_for, own_or
from backend.customers.rules import ARCHIVED, ERASED
from backend.events.actions import emit


class Exporter(Protocol):
    """All that a domain keeps of a customer, as plain JSON values."""

    def __call__(self, *, customer_id: int) -> list[dict[str, Any]]: ...


class Eraser(Protocol):
    """Takes the person out of what a domain keeps; the rows stay for the books. Refuses while work is open."""

    def __call__(self, *, customer_id: int, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class PersonalData:
    """How a domain answers for the personal data that it holds."""

    export: Exporter
    erase: Eraser


_holders: dict[str, PersonalData] = {}


def holds_personal_data(name: str, answers: PersonalData) -> None:
    """Say that a domain holds data of customers: each does, when the program starts (docs/adr/0011)."""
    _holders[name] = answers


def export_customer(*, viewer: Viewer, customer_id: int | None) -> dict[str, Any]:
    """Everything that is kept of a customer, by domain: for itself, or for the office.

    The office's notes are in the office's copy alone: what they say of others has to be looked at before they are
    handed out.
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
    return {"customer": own, "account": account} | {
        name: holder.export(customer_id=customer.pk) for name, holder in _holders.items()
    }


@use_case
def erase_customer(*, viewer: Viewer, customer_id: int, now: datetime) -> Customer:
    """Take a person's name, contact and addresses out, everywhere: account, messages and the trail included.

    Totals, dates and visits stay; nobody signs in with the account again. InvalidTransition while visits or orders are
    open, for what is promised must be kept or cancelled first; NotACustomer where the account belongs to somebody who
    works here. Twice is no error.
    """
    require_merge_or_erase(viewer)
    customer = customer_for(viewer, customer_id, field=("customer_id",), lock=True)
    for holder in _holders.values():
        holder.erase(customer_id=customer.pk, now=now)
    if customer.user_id is not None:
        erase_account(user_id=customer.user_id, field=("customer_id",), actor_id=viewer.user_id, now=now)
    customer.addresses.all().delete()
    customer.name, customer.email, customer.phone, customer.notes = "Erased", f"erased-{customer.pk}@invalid", "", ""
    customer.tags = [ARCHIVED, ERASED]
    customer.save()
    forget_values(model="customers.Customer", object_ids=[customer.pk])
    forget_parts(model="customers.Address", column="customer_id", owner=customer.pk)
    emit([CustomerErased(customer_id=customer.pk, actor_id=viewer.user_id)], now=now)
    return customer
