"""Using coupons up, and giving uses back."""

from datetime import datetime
from decimal import Decimal

import pytest

from backend.core.transactions import use_case
from backend.coupons import actions
from backend.coupons.errors import CouponRefused, CouponUsedByCustomer, CouponUsedUp
from backend.coupons.models import Coupon, CouponUsage
from backend.coupons.rules import Line
from backend.orders.models import Order
from tests import factories

pytestmark = pytest.mark.django_db

LINES = [Line(1, Decimal("100.00"))]


@use_case
def redeem(code: str, order: Order, now: datetime, email: str = "ada@example.com") -> Decimal:
    return actions.redeem(code=code, lines=LINES, email=email, customer_id=None, order_id=order.pk, now=now)


@use_case
def give_back(order: Order, now: datetime) -> bool:
    return actions.give_back(order_id=order.pk, now=now)


def test_a_use_is_counted_and_remembered(now: datetime) -> None:
    coupon, order = factories.coupon(code="SAVE20"), factories.pending_order()
    assert redeem(" save20 ", order, now) == Decimal("20.00")
    coupon.refresh_from_db()
    assert coupon.used_count == 1
    usage = coupon.usages.get()
    assert (usage.order_id, usage.person, usage.ordinal, usage.amount) == (
        order.pk,
        "ada@example.com",
        1,
        Decimal("20.00"),
    )


def test_the_last_use_is_the_last(now: datetime) -> None:
    coupon = factories.coupon(max_uses=1)
    redeem(coupon.code, factories.pending_order(), now)
    with pytest.raises(CouponUsedUp):
        redeem(coupon.code, factories.pending_order(), now, email="bob@example.com")
    coupon.refresh_from_db()
    assert (coupon.used_count, coupon.usages.count()) == (1, 1)


def test_one_person_under_two_spellings_is_one(now: datetime) -> None:
    coupon = factories.coupon(max_uses_per_customer=1)
    redeem(coupon.code, factories.pending_order(), now, email="ada.king@gmail.com")
    with pytest.raises(CouponUsedByCustomer):
        redeem(coupon.code, factories.pending_order(), now, email="AdaKing+again@googlemail.com")
    coupon.refresh_from_db()
    assert coupon.used_count == 1


def test_an_unknown_code_and_an_inactive_coupon_change_nothing(now: datetime) -> None:
    coupon, order = factories.coupon(state="INACTIVE"), factories.pending_order()
    for code in ("NOPE", coupon.code):
        with pytest.raises(CouponRefused):
            redeem(code, order, now)
    coupon.refresh_from_db()
    assert coupon.used_count == 0
    assert not CouponUsage.objects.exists()


def test_a_use_is_given_back_once_and_can_be_had_again(now: datetime) -> None:
    coupon, order = factories.coupon(max_uses=1, max_uses_per_customer=1), factories.pending_order()
    redeem(coupon.code, order, now)
    assert give_back(order, now)
    assert not give_back(order, now)
    assert Coupon.objects.get().used_count == 0
    assert redeem(coupon.code, factories.pending_order(), now) == Decimal("20.00")


def test_a_number_given_back_in_the_middle_is_used_again(now: datetime) -> None:
    coupon = factories.coupon(max_uses_per_customer=2)
    first, second, third = (factories.pending_order() for _ in range(3))
    redeem(coupon.code, first, now)
    redeem(coupon.code, second, now)
    give_back(first, now)
    redeem(coupon.code, third, now)
    assert sorted(coupon.usages.filter(given_back_at=None).values_list("ordinal", flat=True)) == [1, 2]
    with pytest.raises(CouponUsedByCustomer):
        redeem(coupon.code, factories.pending_order(), now)
