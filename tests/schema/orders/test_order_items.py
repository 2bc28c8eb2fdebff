"""addOrderItem, updateOrderItem, removeOrderItem: the lines of a pending order, and totals that follow them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from backend.catalogue.models import Service, ServiceExtra
from backend.coupons.models import CouponUsage
from backend.events.models import Event
from backend.orders.models import Order, OrderItem
from tests import factories
from tests.client import Api, gid
from tests.personas import Personas
from tests.schema.orders.checkout import Shop, open_shop
from tests.world import digest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

RETURNING = """order { version couponCode subtotal { amount } discount { amount } total { amount }
  items { id position quantity service { name } extras { name price { amount } } staff { name }
    unitPrice { amount } totalPrice { amount } } }"""


@pytest.fixture
def shop() -> Shop:
    return open_shop()


@pytest.fixture
def order(api: Api, shop: Shop) -> Order:
    """One cleaning with its oven: 65.00, placed before everything became dearer."""
    api.mutate("placeOrder", shop.order(items=[shop.item(extraIds=[gid(shop.extra)])]), "order { id }")
    Service.objects.update(price=Decimal("80.00"))
    ServiceExtra.objects.update(price=Decimal("25.00"))
    Event.objects.all().delete()
    return Order.objects.get()


def add(api: Api, order: Order, item: dict[str, Any], **given: Any) -> dict[str, Any]:
    named = {} if "orderId" in given else {"trackingToken": order.tracking_token}
    return api.mutate("addOrderItem", {**named, "item": item, **given}, RETURNING)


def change(api: Api, item: OrderItem, **given: Any) -> dict[str, Any]:
    named = {"trackingToken": item.order.tracking_token, "orderItemId": gid(item)}
    return api.mutate("updateOrderItem", {**named, **given}, RETURNING)


def remove(api: Api, item: OrderItem, **given: Any) -> dict[str, Any]:
    named = {"trackingToken": item.order.tracking_token, "orderItemId": gid(item)}
    return api.mutate("removeOrderItem", {**named, **given}, RETURNING)


def totals(payload: dict[str, Any]) -> tuple[str, str, str]:
    assert payload["userErrors"] == []
    order = payload["order"]
    return order["subtotal"]["amount"], order["discount"]["amount"], order["total"]["amount"]


def test_a_new_line_comes_last_at_todays_price_and_the_others_keep_theirs(api: Api, shop: Shop, order: Order) -> None:
    payload = add(api, order, shop.item(quantity=2), version=1)
    assert totals(payload) == ("225.00", "0.00", "225.00")
    assert payload["order"]["version"] == 2
    lines = [(each["position"], each["unitPrice"]["amount"]) for each in payload["order"]["items"]]
    assert lines == [(0, "65.00"), (1, "80.00")]
    event = Event.objects.get()
    assert (event.kind, event.data) == ("order.changed", {"fields": ["items"], "by_office": False})


def test_the_same_key_adds_once(api: Api, shop: Shop, order: Order) -> None:
    assert add(api, order, shop.item(), idempotencyKey="k") == add(api, order, shop.item(), idempotencyKey="k")
    assert OrderItem.objects.count() == 2


def test_a_new_line_is_checked_like_those_of_a_new_order(api: Api, shop: Shop, order: Order) -> None:
    far = factories.staff_member(postcode="M1")
    remote, lonely, hidden = factories.service(), factories.service(), factories.service(is_active=False)
    factories.offers(far, remote)
    factories.offers(far, shop.service)
    before = digest()
    for item, refusals in (
        (shop.item(quantity=0), [("OUT_OF_RANGE", "item.quantity")]),
        ({"serviceId": gid(hidden)}, [("INACTIVE", "item.serviceId")]),
        ({"serviceId": gid(lonely)}, [("NO_STAFF_AVAILABLE", "item.serviceId")]),
        ({"serviceId": gid(remote)}, [("OUT_OF_AREA", "item.serviceId")]),
        (shop.item(preferredStaffId=gid(far)), [("OUT_OF_AREA", "item.preferredStaffId")]),
    ):
        assert add(api, order, item)["userErrors"] == refusals
    assert digest() == before


def test_an_order_has_at_most_twenty_lines(api: Api, shop: Shop) -> None:
    order = factories.pending_order(*[shop.service] * 20)
    assert add(api, order, shop.item())["userErrors"] == [("OUT_OF_RANGE", "item")]


def test_more_of_a_line_costs_what_it_cost(api: Api, order: Order) -> None:
    assert totals(change(api, order.items.get(), quantity=3)) == ("195.00", "0.00", "195.00")


def test_extras_that_stay_keep_their_price_and_new_ones_have_todays(api: Api, shop: Shop, order: Order) -> None:
    fridge = factories.extra(shop.service, name="Fridge", price=Decimal("7.50"), duration_minutes=10)
    payload = change(api, order.items.get(), extraIds=[gid(shop.extra), gid(fridge)])
    assert totals(payload) == ("72.50", "0.00", "72.50")
    assert payload["order"]["items"][0]["extras"] == [
        {"name": "Oven", "price": {"amount": "15.00"}},
        {"name": "Fridge", "price": {"amount": "7.50"}},
    ]
    assert totals(change(api, order.items.get(), extraIds=[])) == ("50.00", "0.00", "50.00")


def test_a_preferred_member_of_staff_is_named_and_forgotten_again(api: Api, shop: Shop, order: Order) -> None:
    shop.staff.services.update(price_override=Decimal("62.00"))
    named = change(api, order.items.get(), preferredStaffId=gid(shop.staff))
    assert (totals(named)[0], named["order"]["items"][0]["staff"]) == ("77.00", {"name": "Anna"})
    free = change(api, order.items.get(), anyStaff=True)
    assert (totals(free)[0], free["order"]["items"][0]["staff"]) == ("95.00", None)
    both = change(api, order.items.get(), anyStaff=True, preferredStaffId=gid(shop.staff))
    assert both["userErrors"] == [("INVALID_INPUT", "anyStaff")]


def test_whoever_does_not_serve_the_address_can_not_be_wished_for(api: Api, shop: Shop, order: Order) -> None:
    far = factories.staff_member(shop.service, postcode="M1")
    before = digest()
    payload = change(api, order.items.get(), preferredStaffId=gid(far))
    assert payload["userErrors"] == [("OUT_OF_AREA", "preferredStaffId")]
    assert digest() == before


def test_what_is_so_already_is_no_change(api: Api, order: Order) -> None:
    before = digest()
    assert change(api, order.items.get(), quantity=1)["order"]["version"] == 1
    assert digest() == before


def test_a_line_is_taken_out_and_those_behind_it_move_up(api: Api, shop: Shop) -> None:
    services = [factories.service(name=name) for name in ("First", "Second", "Third")]
    order = factories.pending_order(*services)
    payload = remove(api, order.items.get(position=0))
    assert totals(payload) == ("100.00", "0.00", "100.00")
    lines = [(each["position"], each["service"]["name"]) for each in payload["order"]["items"]]
    assert lines == [(0, "Second"), (1, "Third")]


def test_the_last_line_can_not_be_taken_out(api: Api, order: Order) -> None:
    before = digest()
    assert remove(api, order.items.get())["userErrors"] == [("INVALID_TRANSITION", "orderItemId")]
    assert digest() == before


def test_once_confirmed_the_lines_stay(personas: Personas, shop: Shop) -> None:
    order = factories.confirmed_order(shop.service, shop.service, staff=shop.staff)
    item = order.items.get(position=0)
    before = digest()
    guest, admin = personas["guest"], personas["admin"]
    office = {"orderItemId": gid(item)}
    for payload in (
        add(guest, order, shop.item()),
        change(guest, item, quantity=2),
        remove(guest, item),
        add(admin, order, shop.item(), orderId=gid(order)),
        admin.mutate("updateOrderItem", office | {"quantity": 2}, RETURNING),
        admin.mutate("removeOrderItem", office, RETURNING),
    ):
        assert payload["userErrors"] == [("INVALID_TRANSITION", "")]
    assert digest() == before


def test_a_token_opens_the_lines_of_its_own_order_alone(api: Api, shop: Shop, order: Order) -> None:
    other = factories.pending_order(shop.service, shop.service).items.get(position=0)
    before = digest()
    given = {"trackingToken": order.tracking_token, "orderItemId": gid(other)}
    assert api.mutate("removeOrderItem", given, RETURNING)["userErrors"] == [("NOT_FOUND", "orderItemId")]
    assert api.mutate("updateOrderItem", given, RETURNING)["userErrors"] == [("NOT_FOUND", "orderItemId")]
    assert digest() == before


def test_a_stale_version_is_refused(api: Api, shop: Shop, order: Order) -> None:
    assert add(api, order, shop.item(), version=7)["userErrors"] == [("STALE_VERSION", "version")]
    assert change(api, order.items.get(), quantity=2, version=7)["userErrors"] == [("STALE_VERSION", "version")]


def with_coupon(api: Api, shop: Shop, *items: dict[str, Any], **terms: Any) -> Order:
    coupon = factories.coupon(max_uses=1, **terms)
    api.mutate("placeOrder", shop.order(items=list(items), couponCode=coupon.code), "order { id }")
    return Order.objects.get()


def test_a_coupon_that_still_fits_follows_the_lines(api: Api, shop: Shop) -> None:
    order = with_coupon(api, shop, shop.item())
    assert totals(add(api, order, shop.item(), dropCoupon=True)) == ("100.00", "20.00", "80.00")
    use = CouponUsage.objects.get()
    assert (use.amount, use.given_back_at, use.coupon.used_count) == (Decimal("20.00"), None, 1)


def test_a_coupon_that_no_longer_fits_is_refused_with_its_reason_and_nothing_changes(api: Api, shop: Shop) -> None:
    order = with_coupon(api, shop, shop.item(), shop.item(), minimum_order_amount=Decimal("100.00"))
    before = digest()
    payload = remove(api, order.items.get(position=1))
    assert payload["userErrors"] == [("COUPON_MINIMUM_NOT_MET", "dropCoupon")]
    assert digest() == before


def test_a_coupon_that_no_longer_fits_is_dropped_where_that_is_wanted_and_can_be_used_again(
    api: Api, shop: Shop
) -> None:
    order = with_coupon(api, shop, shop.item(), shop.item(), minimum_order_amount=Decimal("100.00"))
    payload = remove(api, order.items.get(position=1), dropCoupon=True)
    assert totals(payload) == ("50.00", "0.00", "50.00")
    assert payload["order"]["couponCode"] is None
    coupon = CouponUsage.objects.get().coupon
    assert (coupon.used_count, CouponUsage.objects.get().given_back_at is not None) == (0, True)
    again = api.mutate("placeOrder", shop.order(items=[shop.item()] * 2, couponCode=coupon.code), "order { id }")
    assert again["userErrors"] == []


def test_a_coupon_that_was_switched_off_since_is_not_stretched_over_more(api: Api, shop: Shop) -> None:
    order = with_coupon(api, shop, shop.item())
    CouponUsage.objects.get().coupon.__class__.objects.update(state="INACTIVE")
    assert add(api, order, shop.item())["userErrors"] == [("COUPON_INACTIVE", "dropCoupon")]


def at_commit(write: Callable[[], object]) -> None:
    """Write, and check what PostgreSQL would check at the commit."""
    with transaction.atomic():
        write()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_postgresql_refuses_totals_that_are_not_their_lines(order: Order) -> None:
    order.items.get().extras.all().delete()
    for write in (
        lambda: Order.objects.update(subtotal=Decimal("1.00"), total=Decimal("1.00")),
        lambda: OrderItem.objects.update(unit_price=Decimal("1.00"), total_price=Decimal("1.00")),
        lambda: OrderItem.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="not the sum of its items"):
            at_commit(write)
    at_commit(order.delete)
    assert not OrderItem.objects.exists()
