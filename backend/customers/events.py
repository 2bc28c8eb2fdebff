"""What happens to customers."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerChanged(Fact):
    """A customer or one of its addresses was made or changed."""

    kind: ClassVar[str] = "customer.changed"

    customer_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersMerged(Fact):
    """`merged_id` became part of `customer_id`; `moved` counts what followed, by kind."""

    kind: ClassVar[str] = "customer.merged"

    customer_id: int
    merged_id: int
    moved: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestErased(Fact):
    """What somebody did as a guest lost its name, contact and addresses on request; of so many `rows`."""

    kind: ClassVar[str] = "guest.erased"

    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerErased(Fact):
    """A customer's personal data was removed on request; its history stays without a name."""

    kind: ClassVar[str] = "customer.erased"

    customer_id: int
