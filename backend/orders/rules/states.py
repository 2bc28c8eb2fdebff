"""The states of an order, and its version."""

from collections.abc import Sequence
from enum import StrEnum

from backend.core.errors import InvalidTransition, StaleVersion
from backend.scheduling.rules import OPEN_STATUSES, AppointmentStatus


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


def status_by_visits(before: OrderStatus, visits: Sequence[AppointmentStatus]) -> OrderStatus:
    """What a confirmed order is, by how its visits stand; in whatever order one heard of them.

    It is IN_PROGRESS from the first visit that has begun, and over with the last that is closed: COMPLETED if any work
    was done, else CANCELLED, be it that all visits were called off or that nobody opened the door. Orders that are
    pending or over follow nothing.
    """
    if before not in (OrderStatus.CONFIRMED, OrderStatus.IN_PROGRESS) or not visits:
        return before
    worked = AppointmentStatus.COMPLETED in visits
    if not any(status in OPEN_STATUSES for status in visits):
        return OrderStatus.COMPLETED if worked else OrderStatus.CANCELLED
    return OrderStatus.IN_PROGRESS if worked or AppointmentStatus.IN_PROGRESS in visits else before


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
