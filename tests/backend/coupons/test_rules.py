"""When a coupon helps, and by how much."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import ErrorCode
from backend.coupons.rules import (
    CouponState,
    CouponStatus,
    DiscountType,
    Line,
    Terms,
    discount,
    discounted_lines,
    first_objection,
    status_at,
)
from tests.factories.business import NOW

TERMS = Terms(
    state=CouponState.ACTIVE,
    discount_type=DiscountType.PERCENTAGE,
    discount_value=Decimal(20),
    valid_from=NOW - timedelta(days=1),
    valid_until=NOW + timedelta(days=1),
    max_uses=10,
    max_uses_per_customer=1,
    used_count=0,
    used_by_person=0,
    minimum_order_amount=Decimal(50),
    included_services=frozenset(),
    excluded_services=frozenset(),
)
LINES = [Line(1, Decimal("60.00")), Line(2, Decimal("40.00"))]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"state": CouponState.INACTIVE}, ErrorCode.COUPON_INACTIVE),
        ({"valid_from": NOW + timedelta(seconds=1)}, ErrorCode.COUPON_NOT_STARTED),
        ({"valid_from": NOW}, None),
        ({"valid_until": NOW - timedelta(seconds=1)}, ErrorCode.COUPON_EXPIRED),
        ({"valid_until": NOW}, None),
        ({"used_count": 10}, ErrorCode.COUPON_USED_UP),
        ({"used_count": 9}, None),
        ({"used_by_person": 1}, ErrorCode.COUPON_USED_BY_CUSTOMER),
        ({"minimum_order_amount": Decimal("100.01")}, ErrorCode.COUPON_MINIMUM_NOT_MET),
        ({"minimum_order_amount": Decimal("100.00")}, None),
        ({"included_services": frozenset({3})}, ErrorCode.COUPON_NOT_FOR_SERVICES),
        ({"excluded_services": frozenset({1, 2})}, ErrorCode.COUPON_NOT_FOR_SERVICES),
        # Several at once: the first in the order of the rules is told.
        (
            {"valid_until": NOW - timedelta(days=1), "used_count": 10, "excluded_services": frozenset({1, 2})},
            ErrorCode.COUPON_EXPIRED,
        ),
    ],
)
def test_the_first_objection_is_told(changes: dict[str, object], code: ErrorCode | None) -> None:
    objection = first_objection(replace(TERMS, **changes), LINES, NOW)  # type: ignore[arg-type]
    assert (objection.code if objection else None) == code


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "20.00"),
        ({"included_services": frozenset({1})}, "12.00"),
        ({"excluded_services": frozenset({1})}, "8.00"),
        ({"discount_value": Decimal("33.33")}, "33.33"),
        ({"discount_value": Decimal(100)}, "100.00"),
        ({"discount_type": DiscountType.FIXED, "discount_value": Decimal("15.50")}, "15.50"),
        ({"discount_type": DiscountType.FIXED, "discount_value": Decimal(500)}, "100.00"),
        (
            {"discount_type": DiscountType.FIXED, "discount_value": Decimal(50), "included_services": frozenset({2})},
            "40.00",
        ),
    ],
)
def test_what_it_takes_off(changes: dict[str, object], expected: str) -> None:
    assert str(discount(replace(TERMS, **changes), LINES)) == expected  # type: ignore[arg-type]


def test_half_a_penny_is_rounded_up() -> None:
    terms = replace(TERMS, discount_value=Decimal(50))
    assert discount(terms, [Line(1, Decimal("0.05"))]) == Decimal("0.03")


def test_it_is_rounded_once_for_all_lines_together() -> None:
    terms = replace(TERMS, discount_value=Decimal(50))
    assert discount(terms, [Line(1, Decimal("0.05")), Line(2, Decimal("0.05"))]) == Decimal("0.05")


@given(
    kind=st.sampled_from(DiscountType),
    value=st.decimals("0.01", "100", places=2),
    lines=st.lists(st.builds(Line, st.integers(1, 4), st.decimals("0", "1000", places=2, allow_nan=False)), max_size=5),
    included=st.frozensets(st.integers(1, 4)),
    excluded=st.frozensets(st.integers(1, 4)),
)
def test_a_discount_never_exceeds_what_it_discounts(
    kind: DiscountType, value: Decimal, lines: list[Line], included: frozenset[int], excluded: frozenset[int]
) -> None:
    terms = replace(
        TERMS, discount_type=kind, discount_value=value, included_services=included, excluded_services=excluded
    )
    base = sum((line.total for line in discounted_lines(terms, lines)), Decimal(0))
    assert 0 <= discount(terms, lines) <= base


def test_expired_follows_from_the_clock() -> None:
    assert status_at("ACTIVE", NOW, NOW) is CouponStatus.ACTIVE
    assert status_at("ACTIVE", NOW, NOW + timedelta(microseconds=1)) is CouponStatus.EXPIRED
    assert status_at("INACTIVE", NOW, NOW + timedelta(days=1)) is CouponStatus.INACTIVE
