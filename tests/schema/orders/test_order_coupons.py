"""Coupons in quoteOrder, placeOrder and cancelOrder."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from backend.coupons.models import Coupon, CouponUsage
from backend.orders.models import Order
from tests import factories
from tests.client import Api, gid
from tests.factories.business import NOW
from tests.personas import Personas
from tests.schema.orders.checkout import Shop, open_shop
from tests.world import digest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

QUOTE = """query($items: [OrderItemInput!]!, $coupon: String, $email: String) {
  quoteOrder(items: $items, couponCode: $coupon, email: $email) {
    discount { amount } total { amount } userErrors { code field } } }"""
PLACED = "order { id trackingToken couponCode subtotal { amount } discount { amount } total { amount } }"


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def quote(api: Api, shop: Shop, coupon: Coupon, **given: Any) -> tuple[str, str, list[str]]:
    found = api(QUOTE, items=[shop.item()], coupon=coupon.code, **given).data["quoteOrder"]
    return found["discount"]["amount"], found["total"]["amount"], [each["code"] for each in found["userErrors"]]


def place(api: Api, shop: Shop, coupon: Coupon, **given: Any) -> dict[str, Any]:
    return api.mutate("placeOrder", shop.order(couponCode=f" {coupon.code.lower()} ", **given), PLACED)


def test_a_quote_takes_the_coupon_off_and_uses_nothing(api: Api, shop: Shop) -> None:
    coupon = factories.coupon()
    before = digest()
    assert quote(api, shop, coupon) == ("10.00", "40.00", [])
    assert digest() == before


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"state": "INACTIVE"}, "COUPON_INACTIVE"),
        ({"valid_from": NOW + timedelta(seconds=1)}, "COUPON_NOT_STARTED"),
        ({"valid_until": NOW - timedelta(seconds=1)}, "COUPON_EXPIRED"),
        ({"max_uses": 3, "used_count": 3}, "COUPON_USED_UP"),
        ({"minimum_order_amount": Decimal("50.01")}, "COUPON_MINIMUM_NOT_MET"),
    ],
)
def test_quote_and_order_name_the_same_reason_against_a_coupon(
    api: Api, shop: Shop, terms: dict[str, Any], code: str
) -> None:
    coupon = factories.coupon(**terms)
    before = digest()
    assert quote(api, shop, coupon) == ("0.00", "50.00", [code])
    assert place(api, shop, coupon) == {"order": None, "userErrors": [(code, "couponCode")]}
    assert digest() == before


def test_an_order_uses_the_coupon_once_and_costs_what_was_quoted(api: Api, shop: Shop) -> None:
    coupon = factories.coupon(code="SAVE20")
    placed = place(api, shop, coupon)["order"]
    assert {key: placed[key] for key in ("couponCode", "subtotal", "discount", "total")} == {
        "couponCode": "SAVE20",
        "subtotal": {"amount": "50.00"},
        "discount": {"amount": "10.00"},
        "total": {"amount": "40.00"},
    }
    use = CouponUsage.objects.get()
    assert (use.coupon, use.order, use.person, use.amount) == (
        coupon,
        Order.objects.get(),
        "ada@example.com",
        Decimal("10.00"),
    )
    coupon.refresh_from_db()
    assert coupon.used_count == 1


def test_a_repeated_request_uses_the_coupon_once(api: Api, shop: Shop) -> None:
    coupon = factories.coupon()
    assert place(api, shop, coupon, idempotencyKey="k") == place(api, shop, coupon, idempotencyKey="k")
    assert CouponUsage.objects.count() == 1


def test_a_person_is_known_by_e_mail_as_a_guest_and_by_account_when_signed_in(personas: Personas, shop: Shop) -> None:
    coupon = factories.coupon(max_uses_per_customer=1)
    guest, customer = personas["guest"], personas["customer"]
    place(guest, shop, coupon)
    assert quote(guest, shop, coupon, email="ADA@example.com")[2] == ["COUPON_USED_BY_CUSTOMER"]
    assert place(guest, shop, coupon)["userErrors"] == [("COUPON_USED_BY_CUSTOMER", "couponCode")]
    assert place(customer, shop, coupon, guest=None)["userErrors"] == []
    assert quote(customer, shop, coupon, email="other@example.com")[2] == ["COUPON_USED_BY_CUSTOMER"]


def test_an_order_cancelled_before_its_confirmation_gives_the_use_back(api: Api, shop: Shop) -> None:
    coupon = factories.coupon(max_uses=1)
    token = place(api, shop, coupon)["order"]["trackingToken"]
    api.mutate("cancelOrder", {"trackingToken": token}, "order { id }")
    coupon.refresh_from_db()
    assert coupon.used_count == 0
    assert CouponUsage.objects.get().given_back_at == NOW
    assert place(api, shop, coupon)["userErrors"] == []


def test_a_confirmed_order_keeps_its_use(personas: Personas, shop: Shop) -> None:
    coupon = factories.coupon(max_uses=1)
    placed = place(personas["guest"], shop, coupon)["order"]
    confirmed = personas["admin"].mutate("confirmOrder", {"orderId": placed["id"]}, "order { status }")
    assert confirmed["order"] == {"status": "CONFIRMED"}
    personas["admin"].mutate("cancelOrder", {"orderId": gid(Order.objects.get()), "reason": "Flood"}, "order { id }")
    coupon.refresh_from_db()
    assert coupon.used_count == 1
