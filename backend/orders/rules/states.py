"""The states of an order, and its version."""

from enum import StrEnum

from backend.core.errors import InvalidTransition, StaleVersion


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


def can_become(before: OrderStatus, after: OrderStatus) -> bool:
    """Whether the table above has the step."""
    return after in TRANSITIONS[before]


def require_transition(before: OrderStatus, after: OrderStatus) -> None:
    """InvalidTransition unless the table above has the step."""
    if not can_become(before, after):
        raise InvalidTransition(f"An order that is {before.value} can't become {after.value}.")


def deadline_binds(status: OrderStatus) -> bool:
    """Whether the cancellation deadline counts: it protects visits, and before the confirmation there are none.

    So whoever orders within the deadline's hours can still take the order back until the office confirms it.
    """
    return status is not OrderStatus.PENDING


def require_version(current: int, seen: int | None) -> None:
    """StaleVersion where the client names a version and the order has moved on since; without one, anything goes."""
    if seen is not None and seen != current:
        raise StaleVersion(f"The order has changed: it is at version {current}, not {seen}.", ("version",))


def payment_status_when_completed(before: OrderPaymentStatus) -> OrderPaymentStatus:
    """Work that is done and not paid for is due; what was paid or refunded stays so."""
    return OrderPaymentStatus.DUE if before is OrderPaymentStatus.UNPAID else before
