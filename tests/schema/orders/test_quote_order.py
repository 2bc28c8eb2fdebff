"""quoteOrder: what a cart costs, before anything is saved."""

from decimal import Decimal
from typing import Any

import pytest

from tests import factories
from tests.client import Api, gid
from tests.schema.orders.checkout import Shop, open_shop
from tests.statements import count_statements
from tests.world import digest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

QUOTE = """query($items: [OrderItemInput!]!, $coupon: String) { quoteOrder(items: $items, couponCode: $coupon) {
  subtotal { amount currency } discount { amount } total { amount } userErrors { code field } } }"""


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def quote(api: Api, *items: dict[str, Any], coupon: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = api(QUOTE, items=list(items), coupon=coupon).data["quoteOrder"]
    return found


def test_a_cart_is_priced_by_the_server_and_nothing_is_saved(api: Api, shop: Shop) -> None:
    shop.staff.services.update(price_override=Decimal("62.50"))
    before = digest()
    found = quote(api, shop.item(quantity=2, extraIds=[gid(shop.extra)]), shop.item(preferredStaffId=gid(shop.staff)))
    assert found == {
        "subtotal": {"amount": "192.50", "currency": "GBP"},
        "discount": {"amount": "0.00"},
        "total": {"amount": "192.50"},
        "userErrors": [],
    }
    assert digest() == before


def test_an_unknown_coupon_is_told_beside_the_price_without_it(api: Api, shop: Shop) -> None:
    found = quote(api, shop.item(), coupon="SAVE20")
    assert found["total"] == {"amount": "50.00"}
    assert found["userErrors"] == [{"code": "COUPON_UNKNOWN", "field": ["couponCode"]}]


def test_a_cart_that_can_not_be_priced_says_why_item_by_item(api: Api, shop: Shop) -> None:
    hidden = factories.service(is_active=False)
    found = quote(api, shop.item(quantity=0), {"serviceId": gid(hidden)})
    assert found == {
        "subtotal": None,
        "discount": None,
        "total": None,
        "userErrors": [
            {"code": "OUT_OF_RANGE", "field": ["items", "0", "quantity"]},
            {"code": "INACTIVE", "field": ["items", "1", "serviceId"]},
        ],
    }


def test_a_cart_of_twenty_takes_as_many_statements_as_a_cart_of_one(api: Api, shop: Shop) -> None:
    services = [factories.service() for _ in range(19)]
    one = count_statements(api, QUOTE, items=[shop.item(extraIds=[gid(shop.extra)])])
    many = [shop.item(extraIds=[gid(shop.extra)]), *({"serviceId": gid(each)} for each in services)]
    assert count_statements(api, QUOTE, items=many) == one
