"""The states of an order."""

from enum import StrEnum

from backend.core.errors import InvalidTransition

MAX_ITEMS = 20
MAX_QUANTITY = 20
MAX_NOTES = 2000


class OrderStatus(StrEnum):
    """Where an order stands."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class OrderPaymentStatus(StrEnum):
    """What has been paid for an order. DUE once the work is done and nothing was paid."""

    UNPAID = "UNPAID"
    DUE = "DUE"
    PAID = "PAID"
    REFUNDED = "REFUNDED"


TRANSITIONS: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: frozenset({OrderStatus.CONFIRMED, OrderStatus.CANCELLED}),
    OrderStatus.CONFIRMED: frozenset({OrderStatus.IN_PROGRESS, OrderStatus.COMPLETED, OrderStatus.CANCELLED}),
    OrderStatus.IN_PROGRESS: frozenset({OrderStatus.COMPLETED, OrderStatus.CANCELLED}),
    OrderStatus.COMPLETED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}


def require_transition(before: OrderStatus, after: OrderStatus) -> None:
    """InvalidTransition unless the table above has the step."""
    if after not in TRANSITIONS[before]:
        raise InvalidTransition(f"An order that is {before.value} can't become {after.value}.")
