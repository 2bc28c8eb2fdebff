"""placeOrder: guest and customer checkout, its refusals, and its repeats."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from backend.events.models import Event
from backend.orders.actions import place
from backend.orders.models import Order
from backend.scheduling.models import Appointment, Claim
from tests import factories
from tests.client import Api, gid
from tests.personas import Personas
from tests.schema.orders.checkout import RETURNING, Shop, open_shop
from tests.world import digest

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(at_now: datetime) -> Shop:
    return open_shop()


DOWNING_STREET = {
    "line1": "10 Downing Street",
    "line2": "",
    "city": "London",
    "postcode": "SW1A 2AA",
    "country": "GB",
}
PRICED = [
    {
        "quantity": 2,
        "service": {"name": "Cleaning"},
        "extras": [{"name": "Oven"}],
        "unitPrice": {"amount": "65.00"},
        "totalPrice": {"amount": "130.00"},
        "staff": None,
        "appointment": None,
    }
]


def test_a_guest_places_an_order_that_the_server_prices(api: Api, shop: Shop) -> None:
    item = shop.item(quantity=2, extraIds=[gid(shop.extra)])
    payload = api.mutate("placeOrder", shop.order(items=[item], notes=" Ring twice "), RETURNING)
    assert payload["userErrors"] == []
    order = payload["order"]
    row = Order.objects.get()
    assert row.order_number.startswith("ORD-20270201-")
    assert (order.pop("items"), order.pop("address")) == (PRICED, DOWNING_STREET)
    assert order == {
        "id": gid(row),
        "orderNumber": row.order_number,
        "trackingToken": row.tracking_token,
        "status": "PENDING",
        "version": 1,
        "isGuestOrder": True,
        "scheduledDate": "2027-03-01",
        "scheduledTime": "09:00",
        "notes": "Ring twice",
        "guestName": "Ada King",
        "guestEmail": "ada@example.com",
        "guestPhone": "+44 20 7946 0958",
        "customer": None,
        "subtotal": {"amount": "130.00", "currency": "GBP"},
        "discount": {"amount": "0.00"},
        "total": {"amount": "130.00"},
        "couponCode": None,
        "cancellationDeadline": "2027-02-28T09:00:00+00:00",
        "canCancel": True,
    }


def test_an_order_takes_nobodys_time_and_is_told_as_an_event(api: Api, shop: Shop) -> None:
    api.mutate("placeOrder", shop.order(), "order { id }")
    assert (Appointment.objects.count(), Claim.objects.count()) == (0, 0)
    event = Event.objects.get(kind="order.placed")
    assert (event.order_id, event.customer_id, event.actor_id) == (Order.objects.get().pk, None, None)


def test_a_signed_in_customer_orders_to_its_own_address(personas: Personas, shop: Shop) -> None:
    home = factories.address(personas.customer, line1="1 Upper Street", postcode="N1 9GU")
    given = shop.order(guest=None, address=None, addressId=gid(home))
    order = personas["customer"].mutate("placeOrder", given, RETURNING)["order"]
    assert (order["isGuestOrder"], order["guestName"], order["guestEmail"]) == (False, "", "")
    assert order["customer"] == {"name": personas.customer.name}
    assert (order["address"]["line1"], order["address"]["postcode"]) == ("1 Upper Street", "N1 9GU")
    assert Order.objects.get().customer == personas.customer


def test_the_office_orders_for_a_guest(personas: Personas, shop: Shop) -> None:
    order = personas["admin"].mutate("placeOrder", shop.order(), RETURNING)["order"]
    assert (order["isGuestOrder"], order["guestEmail"]) == (True, "ada@example.com")


def test_a_preferred_member_of_staff_counts_with_its_own_price(api: Api, shop: Shop) -> None:
    shop.staff.services.update(price_override=Decimal("62.50"))
    item = shop.item(preferredStaffId=gid(shop.staff))
    [line] = api.mutate("placeOrder", shop.order(items=[item]), RETURNING)["order"]["items"]
    assert (line["unitPrice"]["amount"], line["staff"]) == ("62.50", {"name": "Anna"})


def test_a_later_price_change_leaves_the_order_alone(api: Api, shop: Shop) -> None:
    api.mutate("placeOrder", shop.order(items=[shop.item(extraIds=[gid(shop.extra)])]), "order { id }")
    type(shop.service).objects.update(price=Decimal("99.00"), duration_minutes=10)
    type(shop.extra).objects.update(price=Decimal("99.00"), name="Hob")
    order = Order.objects.get()
    item = order.items.get()
    assert (order.total, item.unit_price, item.duration_minutes) == (Decimal("65.00"), Decimal("65.00"), 60)
    assert [(extra.name, extra.price) for extra in item.extras.all()] == [("Oven", Decimal("15.00"))]


def test_a_price_from_the_client_is_not_even_understood(api: Api, shop: Shop) -> None:
    answer = api(
        "mutation($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } } }",
        input=shop.order(items=[shop.item(unitPrice="0.01")]),
    )
    assert "unitPrice" in answer.errors[0]["message"]
    assert Order.objects.count() == 0


def test_summer_time_counts_for_the_deadline(api: Api, shop: Shop) -> None:
    api.mutate("placeOrder", shop.order(scheduledDate="2027-04-05"), "order { id }")
    assert Order.objects.get().cancellation_deadline == datetime(2027, 4, 4, 8, 0, tzinfo=UTC)


Change = Callable[[Shop], dict[str, Any]]

BAD_INPUT: dict[str, tuple[Change, list[tuple[str, str]]]] = {
    "no items": (lambda shop: {"items": []}, [("REQUIRED", "items")]),
    "too many items": (lambda shop: {"items": [shop.item()] * 21}, [("OUT_OF_RANGE", "items")]),
    "quantity 0": (lambda shop: {"items": [shop.item(quantity=0)]}, [("OUT_OF_RANGE", "items.0.quantity")]),
    "quantity 10,000": (lambda shop: {"items": [shop.item(quantity=10_000)]}, [("OUT_OF_RANGE", "items.0.quantity")]),
    "an unknown service": (
        lambda shop: {"items": [{"serviceId": gid(shop.service)[:-4] + "OTk5"}]},
        [("NOT_FOUND", "items.0.serviceId")],
    ),
    "an id of another kind": (
        lambda shop: {"items": [{"serviceId": gid(shop.extra)}]},
        [("NOT_FOUND", "items.0.serviceId")],
    ),
    "no id at all": (lambda shop: {"items": [{"serviceId": "1"}]}, [("NOT_FOUND", "items.0.serviceId")]),
    "an inactive service": (
        lambda shop: {"items": [{"serviceId": gid(factories.service(is_active=False))}]},
        [("INACTIVE", "items.0.serviceId")],
    ),
    "a service of an inactive category": (
        lambda shop: {"items": [{"serviceId": gid(factories.service(category=factories.category(is_active=False)))}]},
        [("INACTIVE", "items.0.serviceId")],
    ),
    "a service that waits for approval": (
        lambda shop: {"items": [{"serviceId": gid(factories.service(approval_status="PENDING_APPROVAL"))}]},
        [("NOT_FOUND", "items.0.serviceId")],
    ),
    "a service that nobody offers": (
        lambda shop: {"items": [{"serviceId": gid(factories.service())}]},
        [("NO_STAFF_AVAILABLE", "items.0.serviceId")],
    ),
    "an extra of another service": (
        lambda shop: {"items": [shop.item(extraIds=[gid(factories.extra(factories.service()))])]},
        [("NOT_FOUND", "items.0.extraIds.0")],
    ),
    "an inactive extra": (
        lambda shop: {"items": [shop.item(extraIds=[gid(factories.extra(shop.service, is_active=False))])]},
        [("INACTIVE", "items.0.extraIds.0")],
    ),
    "an extra twice": (
        lambda shop: {"items": [shop.item(extraIds=[gid(shop.extra)] * 2)]},
        [("INVALID_INPUT", "items.0.extraIds.1")],
    ),
    "staff who do not offer it": (
        lambda shop: {"items": [shop.item(preferredStaffId=gid(factories.staff_member()))]},
        [("STAFF_NOT_QUALIFIED", "items.0.preferredStaffId")],
    ),
    "inactive staff": (
        lambda shop: {
            "items": [shop.item(preferredStaffId=gid(factories.staff_member(shop.service, is_active=False)))]
        },
        [("STAFF_NOT_QUALIFIED", "items.0.preferredStaffId")],
    ),
    "staff who do not come there": (
        lambda shop: {"items": [shop.item(preferredStaffId=gid(factories.staff_member(shop.service, postcode="M1")))]},
        [("OUT_OF_AREA", "items.0.preferredStaffId")],
    ),
    "an uncovered postcode": (
        lambda shop: {"address": shop.address(postcode="M1 1AE")},
        [("OUT_OF_AREA", "address.postcode")],
    ),
    "an unknown postcode": (
        lambda shop: {"address": shop.address(postcode="AB10 1XG")},
        [("UNKNOWN_POSTCODE", "address.postcode")],
    ),
    "a malformed postcode": (
        lambda shop: {"address": shop.address(postcode="12345")},
        [("INVALID_INPUT", "address.postcode")],
    ),
    "an address without a line": (lambda shop: {"address": shop.address(line1=" ")}, [("REQUIRED", "address.line1")]),
    "no address": (lambda shop: {"address": None}, [("REQUIRED", "address")]),
    "a foreign country": (
        lambda shop: {"address": shop.address(country="FR")},
        [("INVALID_INPUT", "address.country")],
    ),
    "an address of somebody else": (
        lambda shop: {"address": None, "addressId": gid(factories.address(factories.customer()))},
        [("NOT_FOUND", "addressId")],
    ),
    "a past date": (lambda shop: {"scheduledDate": "2027-01-31"}, [("IN_THE_PAST", "scheduledDate")]),
    "the first of all dates": (lambda shop: {"scheduledDate": "0001-01-01"}, [("IN_THE_PAST", "scheduledDate")]),
    "a past time of today": (
        lambda shop: {"scheduledDate": "2027-02-01", "scheduledTime": "08:00"},
        [("IN_THE_PAST", "scheduledTime")],
    ),
    "a time within the notice": (
        lambda shop: {"scheduledDate": "2027-02-01", "scheduledTime": "09:59"},
        [("TOO_SOON", "scheduledTime")],
    ),
    "a time beyond the horizon": (
        lambda shop: {"scheduledDate": "2027-07-31", "scheduledTime": "09:01"},
        [("BEYOND_HORIZON", "scheduledTime")],
    ),
    "a date beyond the horizon": (lambda shop: {"scheduledDate": "2027-08-02"}, [("BEYOND_HORIZON", "scheduledDate")]),
    "the last of all dates": (lambda shop: {"scheduledDate": "9999-12-31"}, [("BEYOND_HORIZON", "scheduledDate")]),
    "a time that does not exist that day": (
        lambda shop: {"scheduledDate": "2027-03-28", "scheduledTime": "01:30"},
        [("NONEXISTENT_TIME", "scheduledTime")],
    ),
    "a note beyond 2,000 characters": (lambda shop: {"notes": "x" * 2001}, [("TOO_LONG", "notes")]),
    "a note of 1 MB": (lambda shop: {"notes": "x" * 1_000_000}, [("TOO_LONG", "notes")]),
    "control characters in a note": (lambda shop: {"notes": "a\x00b"}, [("INVALID_INPUT", "notes")]),
    "control characters in a name": (
        lambda shop: {"guest": {"name": "Ada\x1b[0m", "email": "ada@example.com"}},
        [("INVALID_INPUT", "guest.name")],
    ),
    "no guest": (lambda shop: {"guest": None}, [("REQUIRED", "guest")]),
    "a guest whom nothing reaches": (
        lambda shop: {"guest": {"name": "", "email": "ada", "phone": "call me"}},
        [("REQUIRED", "guest.name"), ("INVALID_INPUT", "guest.email"), ("INVALID_INPUT", "guest.phone")],
    ),
    "a coupon that nobody knows": (lambda shop: {"couponCode": "SAVE20"}, [("COUPON_UNKNOWN", "couponCode")]),
    "a key with control characters": (lambda shop: {"idempotencyKey": "a\x00"}, [("INVALID_INPUT", "idempotencyKey")]),
    "everything at once": (
        lambda shop: {
            "items": [shop.item(), shop.item(quantity=0)],
            "guest": None,
            "address": shop.address(line1="", postcode="nowhere"),
            "scheduledDate": "2020-01-01",
            "notes": "x" * 2001,
            "couponCode": "SAVE20",
        },
        [
            ("REQUIRED", "guest"),
            ("REQUIRED", "address.line1"),
            ("INVALID_INPUT", "address.postcode"),
            ("IN_THE_PAST", "scheduledDate"),
            ("TOO_LONG", "notes"),
            ("OUT_OF_RANGE", "items.1.quantity"),
            ("COUPON_UNKNOWN", "couponCode"),
        ],
    ),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_refused_by_code_and_field_and_changes_nothing(case: str, api: Api, shop: Shop) -> None:
    change, expected = BAD_INPUT[case]
    given = shop.order(**change(shop))
    before = digest()
    payload = api.mutate("placeOrder", given, "order { id }")
    assert payload == {"order": None, "userErrors": expected}
    assert digest() == before


def test_a_signed_in_customer_names_no_guest_and_no_foreign_address(personas: Personas, shop: Shop) -> None:
    foreign = factories.address(personas.other_customer)
    given = shop.order(address=None, addressId=gid(foreign))
    payload = personas["customer"].mutate("placeOrder", given, "order { id }")
    assert payload["userErrors"] == [("INVALID_INPUT", "guest"), ("NOT_FOUND", "addressId")]


def test_the_edges_of_notice_and_horizon_are_within(api: Api, shop: Shop) -> None:
    for day, at in [("2027-02-01", "10:00"), ("2027-07-31", "09:00"), ("2027-03-28", "02:00")]:
        given = shop.order(scheduledDate=day, scheduledTime=at)
        assert api.mutate("placeOrder", given, "order { id }")["userErrors"] == []


def test_the_same_key_and_input_give_the_same_order_back(api: Api, shop: Shop) -> None:
    given = shop.order(idempotencyKey="b7c1")
    first = api.mutate("placeOrder", given, "order { id trackingToken }")
    assert api.mutate("placeOrder", given, "order { id trackingToken }") == first
    assert Order.objects.count() == 1
    assert Event.objects.filter(kind="order.placed").count() == 1


def test_the_same_key_with_other_input_is_a_conflict(api: Api, shop: Shop) -> None:
    api.mutate("placeOrder", shop.order(idempotencyKey="b7c1"), "order { id }")
    before = digest()
    payload = api.mutate("placeOrder", shop.order(idempotencyKey="b7c1", notes="other"), "order { id }")
    assert payload == {"order": None, "userErrors": [("IDEMPOTENCY_CONFLICT", "idempotencyKey")]}
    assert digest() == before


def test_a_refused_request_leaves_its_key_free(api: Api, shop: Shop) -> None:
    refused = api.mutate("placeOrder", shop.order(idempotencyKey="b7c1", notes="x" * 2001), "order { id }")
    assert refused["userErrors"] == [("TOO_LONG", "notes")]
    assert api.mutate("placeOrder", shop.order(idempotencyKey="b7c1"), "order { id }")["userErrors"] == []


def test_a_reference_that_is_taken_is_drawn_again(api: Api, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = factories.pending_order(shop.service).order_number
    drawn = iter([taken, taken, "ORD-20270201-FREE22"])
    monkeypatch.setattr(place, "reference", lambda prefix, day: next(drawn))
    order = api.mutate("placeOrder", shop.order(), "order { orderNumber }")["order"]
    assert order == {"orderNumber": "ORD-20270201-FREE22"}
