"""The states of an order, and its version."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import ErrorCode
from backend.orders.rules import (
    OrderPaymentStatus,
    OrderStatus,
    payment_status_when_completed,
    require_transition,
    require_version,
    status_by_visits,
)
from backend.scheduling.rules import AppointmentStatus
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


@pytest.mark.parametrize(
    ("visits", "after"),
    [
        ("CONFIRMED CONFIRMED", "CONFIRMED"),
        ("CONFIRMED CANCELLED", "CONFIRMED"),
        ("CONFIRMED NO_SHOW", "CONFIRMED"),
        ("CONFIRMED IN_PROGRESS", "IN_PROGRESS"),
        ("CONFIRMED COMPLETED", "IN_PROGRESS"),
        ("COMPLETED COMPLETED", "COMPLETED"),
        ("COMPLETED CANCELLED", "COMPLETED"),
        ("COMPLETED NO_SHOW", "COMPLETED"),
        ("CANCELLED CANCELLED", "CANCELLED"),
        ("NO_SHOW CANCELLED", "CANCELLED"),
        ("NO_SHOW NO_SHOW", "CANCELLED"),
    ],
)
def test_a_confirmed_order_is_what_its_visits_make_it(visits: str, after: str) -> None:
    statuses = [AppointmentStatus(each) for each in visits.split()]
    for order in (statuses, statuses[::-1]):
        assert status_by_visits(OrderStatus.CONFIRMED, order) is OrderStatus(after)


@given(st.sampled_from(OrderStatus), st.lists(st.sampled_from(AppointmentStatus), max_size=6))
def test_following_visits_takes_steps_of_the_table_alone_and_twice_is_once(
    before: OrderStatus, visits: list[AppointmentStatus]
) -> None:
    after = status_by_visits(before, visits)
    assert after is before or (before.value, after.value) in ALLOWED
    assert status_by_visits(after, visits) is after
    if before not in (OrderStatus.CONFIRMED, OrderStatus.IN_PROGRESS):
        assert after is before
