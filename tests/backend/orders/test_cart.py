"""What a cart costs and how long it takes."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import ErrorCode
from backend.orders.rules import CartItem, ExtraFacts, PriceList, ServiceFacts, price_cart, subtotal_of
from tests.refusals import refused

CLEANING, WINDOWS, HIDDEN, PROPOSED = 1, 2, 3, 4
OVEN, FRIDGE, OLD_EXTRA, LADDER = 11, 12, 13, 21
ANNA = 7


def service(number: int, price: str = "50.00", **given: Any) -> ServiceFacts:
    values = {"duration_minutes": 60, "buffer_minutes": 15, "is_approved": True, "is_bookable": True}
    return ServiceFacts(id=number, price=Decimal(price), **values | given)


def extra(number: int, service_id: int, price: str = "15.00", minutes: int = 30, active: bool = True) -> ExtraFacts:
    return ExtraFacts(
        id=number,
        service_id=service_id,
        name=f"Extra {number}",
        price=Decimal(price),
        duration_minutes=minutes,
        is_active=active,
    )


PRICES = PriceList(
    services={
        CLEANING: service(CLEANING),
        WINDOWS: service(WINDOWS, "19.99", duration_minutes=600),
        HIDDEN: service(HIDDEN, is_bookable=False),
        PROPOSED: service(PROPOSED, is_approved=False, is_bookable=False),
    },
    extras={
        OVEN: extra(OVEN, CLEANING),
        FRIDGE: extra(FRIDGE, CLEANING, "7.50", 10),
        OLD_EXTRA: extra(OLD_EXTRA, CLEANING, active=False),
        LADDER: extra(LADDER, WINDOWS),
    },
    offers={(ANNA, CLEANING): Decimal("62.00"), (ANNA, WINDOWS): None},
)


def refusals(*items: CartItem) -> list[tuple[ErrorCode, str]]:
    return refused(price_cart, items, PRICES)


def test_a_line_is_the_service_and_its_extras_times_the_quantity() -> None:
    [line] = price_cart([CartItem(service_id=CLEANING, quantity=3, extra_ids=(OVEN, FRIDGE))], PRICES)
    assert (line.unit_price, line.total_price) == (Decimal("72.50"), Decimal("217.50"))
    assert (line.duration_minutes, line.extra_minutes, line.buffer_minutes) == (60, 40, 15)
    assert line.visit_minutes == 300


def test_a_preferred_member_of_staff_comes_at_its_own_price() -> None:
    own = price_cart([CartItem(service_id=CLEANING, extra_ids=(OVEN,), preferred_staff_id=ANNA)], PRICES)
    usual = price_cart([CartItem(service_id=WINDOWS, preferred_staff_id=ANNA)], PRICES)
    assert own[0].unit_price == Decimal("77.00")
    assert usual[0].unit_price == Decimal("19.99")


@given(st.lists(st.tuples(st.sampled_from([CLEANING, WINDOWS]), st.integers(1, 2)), min_size=1, max_size=20))
def test_the_subtotal_is_what_adding_every_piece_one_by_one_gives(wanted: list[tuple[int, int]]) -> None:
    pieces = [PRICES.services[number].price for number, quantity in wanted for _ in range(quantity)]
    lines = price_cart([CartItem(service_id=number, quantity=quantity) for number, quantity in wanted], PRICES)
    assert subtotal_of(lines) == sum(pieces)


def test_an_empty_cart_is_refused() -> None:
    assert refusals() == [(ErrorCode.REQUIRED, "items")]


def test_more_than_twenty_items_are_refused() -> None:
    assert refusals(*[CartItem(service_id=CLEANING)] * 21) == [(ErrorCode.OUT_OF_RANGE, "items")]


@pytest.mark.parametrize("quantity", [-1, 0, 21, 10_000])
def test_a_quantity_lies_between_1_and_20(quantity: int) -> None:
    assert refusals(CartItem(service_id=CLEANING, quantity=quantity)) == [(ErrorCode.OUT_OF_RANGE, "items.0.quantity")]


def test_a_visit_of_more_than_a_day_is_refused() -> None:
    assert refusals(CartItem(service_id=WINDOWS, quantity=3)) == [(ErrorCode.OUT_OF_RANGE, "items.0.quantity")]


def test_a_visit_of_just_a_day_is_none_too_long() -> None:
    [line] = price_cart([CartItem(service_id=CLEANING, quantity=16, extra_ids=(OVEN,))], PRICES)
    assert line.visit_minutes == 24 * 60


def test_an_order_that_no_column_could_hold_is_refused() -> None:
    dear = PriceList(services={1: service(1, "99999.99")}, extras={}, offers={})
    many = PriceList(
        services={1: service(1, "99999.99", duration_minutes=1)},
        extras={n: extra(n, 1, "99999.99", 0) for n in range(100, 150)},
        offers={},
    )
    assert subtotal_of(price_cart([CartItem(service_id=1, quantity=20)] * 20, dear)) == Decimal("39999996.00")
    full = [CartItem(service_id=1, quantity=20, extra_ids=tuple(range(100, 150)))]
    assert refused(price_cart, full, many) == [(ErrorCode.OUT_OF_RANGE, "items")]


def test_everything_wrong_with_a_cart_is_told_at_once_item_by_item() -> None:
    assert refusals(
        CartItem(service_id=99),
        CartItem(service_id=HIDDEN),
        CartItem(service_id=PROPOSED),
        CartItem(service_id=CLEANING, quantity=0, extra_ids=(LADDER, OLD_EXTRA, OVEN, OVEN), preferred_staff_id=8),
    ) == [
        (ErrorCode.NOT_FOUND, "items.0.service_id"),
        (ErrorCode.INACTIVE, "items.1.service_id"),
        (ErrorCode.NOT_FOUND, "items.2.service_id"),
        (ErrorCode.OUT_OF_RANGE, "items.3.quantity"),
        (ErrorCode.NOT_FOUND, "items.3.extra_ids.0"),
        (ErrorCode.INACTIVE, "items.3.extra_ids.1"),
        (ErrorCode.INVALID_INPUT, "items.3.extra_ids.3"),
        (ErrorCode.STAFF_NOT_QUALIFIED, "items.3.preferred_staff_id"),
    ]
