"""Two rows that are one person become one."""

from datetime import datetime
from typing import Protocol

from backend.core.errors import InvalidInput, NotFound
from backend.core.transactions import use_case
from backend.core.viewer import Viewer
from backend.customers.events import CustomersMerged
from backend.customers.models import Address, Customer
from backend.customers.permissions import require_merge_or_erase
from backend.customers.queries import require_somebody
from backend.customers.rules import ARCHIVED, MERGED
from backend.events.actions import emit


class Follower(Protocol):
    """Moves what a domain keeps of one customer to another; how many rows."""

    def __call__(self, *, from_id: int, to_id: int) -> int: ...


_followers: dict[str, Follower] = {}


def follows_merge(name: str, follower: Follower) -> None:
    """Say what follows when customers are merged: each domain above, when the program starts (docs/adr/0011)."""
    _followers[name] = follower


@use_case
def merge_customers(*, viewer: Viewer, customer_id: int, merged_id: int, now: datetime) -> Customer:
    """Make `merged_id` part of `customer_id`: orders, bookings, plans and addresses follow, all or nothing.

    The merged row stays, archived and without address or account, so that old references lead somewhere. An account
    follows where the other has none; InvalidInput where both have one, since two sign-ins can't become one.
    InvalidTransition for a row that was merged or erased already: nobody is behind it any more.
    """
    require_merge_or_erase(viewer)
    if customer_id == merged_id:
        raise InvalidInput("These are the same customer.", ("merged_customer_id",))
    rows = Customer.objects.filter(pk__in=[customer_id, merged_id]).order_by("pk").select_for_update()
    found = {row.pk: row for row in rows}
    for each, field in ((customer_id, "customer_id"), (merged_id, "merged_customer_id")):
        if each not in found:
            raise NotFound("There is no such customer.", (field,))
        require_somebody(found[each], field=(field,))
    into, merged = found[customer_id], found[merged_id]
    _move_account(into, merged)
    moved = {"addresses": _move_addresses(into, merged)}
    moved |= {name: follower(from_id=merged.pk, to_id=into.pk) for name, follower in _followers.items()}
    into.phone = into.phone or merged.phone
    into.notes = "\n".join(note for note in (into.notes, merged.notes) if note)
    into.tags = list(dict.fromkeys([*into.tags, *(tag for tag in merged.tags if tag not in (ARCHIVED, MERGED))]))
    into.save()
    merged.tags, merged.merged_into = [ARCHIVED, MERGED], into
    merged.save()
    # Whoever was merged into this one before is part of the other now: one step leads to whoever it is.
    Customer.objects.filter(merged_into=merged).update(merged_into=into)
    emit([CustomersMerged(customer_id=into.pk, merged_id=merged.pk, moved=moved, actor_id=viewer.user_id)], now=now)
    return into


def _move_account(into: Customer, merged: Customer) -> None:
    if merged.user_id is None:
        return
    if into.user_id is not None:
        raise InvalidInput("Both have an account: deactivate one of them first.", ("merged_customer_id",))
    user_id, merged.user_id = merged.user_id, None
    merged.save(update_fields=["user"])
    into.user_id = user_id


def _move_addresses(into: Customer, merged: Customer) -> int:
    """Addresses follow; a default gives way where there is one of its kind already."""
    kinds = set(into.addresses.filter(is_default=True).values_list("kind", flat=True))
    merged.addresses.filter(kind__in=kinds).update(is_default=False)
    return Address.objects.filter(customer=merged).update(customer=into)
