"""The states of an order, and its version."""

from itertools import product

import pytest

from backend.core.errors import ErrorCode
from backend.orders.rules import (
    OrderPaymentStatus,
    OrderStatus,
    payment_status_when_completed,
    require_transition,
    require_version,
)
from tests.refusals import refused

ALLOWED = {
    ("PENDING", "CONFIRMED"),
    ("PENDING", "CANCELLED"),
    ("CONFIRMED", "IN_PROGRESS"),
    ("CONFIRMED", "COMPLETED"),
    ("CONFIRMED", "CANCELLED"),
    ("IN_PROGRESS", "COMPLETED"),
    ("IN_PROGRESS", "CANCELLED"),
}


@pytest.mark.parametrize(("before", "after"), list(product(OrderStatus, OrderStatus)))
def test_an_order_takes_the_steps_of_its_table_and_no_other(before: OrderStatus, after: OrderStatus) -> None:
    if (before.value, after.value) in ALLOWED:
        require_transition(before, after)
    else:
        assert refused(require_transition, before, after) == [(ErrorCode.INVALID_TRANSITION, "")]


def test_a_version_counts_only_where_it_is_named() -> None:
    require_version(3, None)
    require_version(3, 3)
    assert refused(require_version, 3, 2) == [(ErrorCode.STALE_VERSION, "version")]


def test_unpaid_work_is_due_once_it_is_done() -> None:
    due = {status.value: payment_status_when_completed(status).value for status in OrderPaymentStatus}
    assert due == {"UNPAID": "DUE", "DUE": "DUE", "PAID": "PAID", "REFUNDED": "REFUNDED"}
