"""Asking for another time: the states of a request, and what the change would do to visits."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum

from backend.core.errors import FieldPath, InvalidInput, InvalidTransition
from backend.orders.rules.states import OrderStatus


class ChangeStatus(StrEnum):
    """Where a request for another time stands."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


REVIEWED = (ChangeStatus.APPROVED, ChangeStatus.REJECTED)
"""What the office decided."""


def require_changeable(status: OrderStatus) -> None:
    """InvalidTransition unless the order waits or is confirmed: work that has begun is not moved."""
    if status not in (OrderStatus.PENDING, OrderStatus.CONFIRMED):
        raise InvalidTransition(f"An order that is {status.value} can't get another time.")


def require_pending(status: ChangeStatus) -> None:
    """InvalidTransition for a request that was decided or taken back."""
    if status is not ChangeStatus.PENDING:
        raise InvalidTransition(f"This request is {status.value} already.", ("change_request_id",))


def require_other_time(now: tuple[date, time], wanted: tuple[date, time], *, field: FieldPath) -> None:
    """InvalidInput where the order has the wanted date and time already."""
    if now == wanted:
        raise InvalidInput("This is the time that the order has.", field)


def wall_clock_shift(before: tuple[date, time], after: tuple[date, time]) -> timedelta:
    """How far the hands move on the business's wall, whatever the clocks do in between."""
    return datetime.combine(*after) - datetime.combine(*before)
