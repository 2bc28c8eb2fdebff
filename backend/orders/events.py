"""What happens to orders."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced(Fact):
    """A guest or a customer has ordered; the office has not decided yet."""

    kind: ClassVar[str] = "order.placed"

    order_id: int
    customer_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStaffAssigned(Fact):
    """The office has named who comes for one item; of a confirmed order, `appointment.moved` tells of its visit."""

    kind: ClassVar[str] = "order.staff_assigned"

    order_id: int
    customer_id: int | None
    staff_id: int
    order_item_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChanged(Fact):
    """Something about the order is another. `fields` names what, in the words of the API's inputs in snake_case.

    `by_office` tells whether the office did it, or whoever placed the order.
    """

    kind: ClassVar[str] = "order.changed"

    order_id: int
    customer_id: int | None
    fields: list[str]
    by_office: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderConfirmed(Fact):
    """Every item has its visit."""

    kind: ClassVar[str] = "order.confirmed"

    order_id: int
    customer_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStarted(Fact):
    """The first of its visits has begun."""

    kind: ClassVar[str] = "order.started"

    order_id: int
    customer_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(Fact):
    """The order is off and its visits with it. `was_confirmed` tells whether it had any."""

    kind: ClassVar[str] = "order.cancelled"

    order_id: int
    customer_id: int | None
    reason: str
    was_confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCompleted(Fact):
    """All the work is done."""

    kind: ClassVar[str] = "order.completed"

    order_id: int
    customer_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFact(Fact):
    """What every fact about a wanted change tells."""

    order_id: int
    customer_id: int | None
    change_request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequested(ChangeFact):
    """Somebody asks for another time."""

    kind: ClassVar[str] = "order.change_requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeApproved(ChangeFact):
    """The order has the wanted time now, and its visits with it."""

    kind: ClassVar[str] = "order.change_approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRejected(ChangeFact):
    """The order stays where it is."""

    kind: ClassVar[str] = "order.change_rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWithdrawn(ChangeFact):
    """Nobody wants the change any more: it was taken back, or the order got another time, or ended.

    `by_office` tells whether the office took it back for whoever asked.
    """

    kind: ClassVar[str] = "order.change_withdrawn"

    by_office: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingLinkRequested(Fact):
    """Somebody asks for the link to an order by its number and an e-mail; no order where they don't belong together."""

    kind: ClassVar[str] = "order.link_requested"

    order_id: int | None
    customer_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLinked(Fact):
    """A guest's order got its customer."""

    kind: ClassVar[str] = "order.linked"

    order_id: int
    customer_id: int | None
