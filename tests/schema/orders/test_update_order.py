"""updateOrder: a pending order is put right by whoever placed it, or by the office."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from backend.coupons.models import CouponUsage
from backend.events.models import Event
from backend.orders.models import ChangeRequest, Order
from tests import factories
from tests.client import Api, gid
from tests.factories.business import NOW
from tests.personas import Personas
from tests.schema.orders.checkout import Shop, open_shop
from tests.world import digest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

RETURNING = """order { version notes internalNotes guestName guestEmail guestPhone scheduledDate scheduledTime
  cancellationDeadline couponCode discount { amount } total { amount }
  address { line1 line2 city postcode country } changeRequests { status } }"""
HOME = {"line1": "1 Abbey Road", "city": "London", "postcode": "n1 1aa"}


@pytest.fixture
def shop() -> Shop:
    return open_shop()


@pytest.fixture
def order(shop: Shop) -> Order:
    """A guest's, for Monday at 09:00."""
    return factories.pending_order(shop.service)


def update(api: Api, order: Order, *, by_id: bool = False, **given: Any) -> dict[str, Any]:
    named = {"orderId": gid(order)} if by_id else {"trackingToken": order.tracking_token}
    return api.mutate("updateOrder", {**named, **given}, RETURNING)


def test_a_guest_changes_notes_contact_and_address(api: Api, order: Order) -> None:
    guest = {"name": "Ada Lovelace", "email": "Ada@Lovelace.example", "phone": "+44 20 7946 0999"}
    payload = update(api, order, notes="Ring twice", guest=guest, address=HOME, version=1)
    assert payload["userErrors"] == []
    changed = payload["order"]
    assert (changed["version"], changed["notes"]) == (2, "Ring twice")
    assert [changed[name] for name in ("guestName", "guestEmail", "guestPhone")] == [
        "Ada Lovelace",
        "ada@lovelace.example",
        "+44 20 7946 0999",
    ]
    assert changed["address"] == {"line2": "", "country": "GB"} | HOME | {"postcode": "N1 1AA"}
    event = Event.objects.get()
    assert (event.kind, event.order_id, event.data["by_office"]) == ("order.changed", order.pk, False)
    assert event.data["fields"] == ["notes", "guest_name", "guest_email", "guest_phone", "line1", "postcode"]


def test_what_is_left_out_stays_and_what_is_so_already_is_no_change(api: Api, order: Order) -> None:
    before = digest()
    payload = update(api, order, guest={"name": "Ada King", "email": "ADA@example.com", "phone": "+442079460958"})
    assert (payload["order"]["version"], payload["userErrors"]) == (1, [])
    assert digest() == before


def test_everything_wrong_is_told_at_once_and_nothing_is_changed(api: Api, order: Order) -> None:
    before = digest()
    payload = update(
        api,
        order,
        notes="x" * 2001,
        guest={"name": "", "email": "ada"},
        address=HOME | {"postcode": "SW9 1AA"},
        scheduledDate="2027-01-31",
    )
    assert payload["userErrors"] == [
        ("TOO_LONG", "notes"),
        ("REQUIRED", "guest.name"),
        ("INVALID_INPUT", "guest.email"),
        ("UNKNOWN_POSTCODE", "address.postcode"),
        ("IN_THE_PAST", "scheduledDate"),
    ]
    assert digest() == before


def test_an_address_where_nobody_comes_is_refused(api: Api, order: Order) -> None:
    before = digest()
    payload = update(api, order, address=HOME | {"postcode": "M1 1AA"})
    assert payload["userErrors"] == [("OUT_OF_AREA", "address.postcode")]
    assert digest() == before


def test_an_address_that_the_preferred_member_of_staff_does_not_serve_is_refused(api: Api, shop: Shop) -> None:
    order = factories.pending_order(shop.service, staff=shop.staff)
    factories.staff_member(shop.service, postcode="M1")
    payload = update(api, order, address=HOME | {"postcode": "M1 1AA"})
    assert payload["userErrors"] == [("OUT_OF_AREA", "items.0.preferredStaffId")]


def test_another_time_is_bound_like_that_of_a_new_order_and_moves_the_deadline(api: Api, order: Order) -> None:
    payload = update(api, order, scheduledDate="2027-03-02")
    assert (payload["order"]["scheduledDate"], payload["order"]["scheduledTime"]) == ("2027-03-02", "09:00")
    assert payload["order"]["cancellationDeadline"] == "2027-03-01T09:00:00+00:00"
    assert update(api, order, scheduledTime="10:30")["order"]["cancellationDeadline"] == "2027-03-01T10:30:00+00:00"
    assert update(api, order, scheduledDate="2027-02-01", scheduledTime="09:59")["userErrors"] == [
        ("TOO_SOON", "scheduledTime")
    ]
    assert update(api, order, scheduledDate="2027-03-28", scheduledTime="01:30")["userErrors"] == [
        ("NONEXISTENT_TIME", "scheduledTime")
    ]
    assert update(api, order, scheduledDate="2028-03-28")["userErrors"] == [("BEYOND_HORIZON", "scheduledDate")]


def test_notes_of_an_order_for_today_change_without_its_time_being_judged_again(api: Api, order: Order) -> None:
    with time_machine.travel(datetime(2027, 3, 1, 8, 30, tzinfo=UTC), tick=False):
        assert update(api, order, notes="Mind the dog", scheduledTime="09:00")["userErrors"] == []


def test_another_time_settles_a_wish_that_waited(api: Api, order: Order) -> None:
    ChangeRequest.objects.create(
        order=order, requested_date=order.scheduled_date, requested_time="12:00", created_at=NOW
    )
    assert update(api, order, notes="Hello")["order"]["changeRequests"] == [{"status": "PENDING"}]
    assert update(api, order, scheduledTime="13:00")["order"]["changeRequests"] == [{"status": "WITHDRAWN"}]
    kinds = Event.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["order.changed", "order.change_withdrawn", "order.changed"]


def test_a_customer_changes_its_own_and_its_contact_elsewhere(personas: Personas, shop: Shop) -> None:
    mine = factories.pending_order(shop.service, customer=personas.customer)
    other = factories.pending_order(shop.service, customer=personas.other_customer)
    api = personas["customer"]
    assert update(api, mine, by_id=True, notes="Hi")["order"]["notes"] == "Hi"
    guest = {"name": "Ada", "email": "ada@example.com"}
    assert update(api, mine, by_id=True, guest=guest)["userErrors"] == [("INVALID_INPUT", "guest")]
    before = digest()
    assert update(api, other, by_id=True, notes="Hi")["userErrors"] == [("NOT_FOUND", "orderId")]
    assert digest() == before


def test_a_customer_takes_one_of_its_own_addresses_and_the_office_one_of_the_customers(
    personas: Personas, shop: Shop
) -> None:
    order = factories.pending_order(shop.service, customer=personas.customer)
    home = factories.address(personas.customer, line1="2 Abbey Road", postcode="N1 1AA")
    strange = factories.address(personas.other_customer)
    payload = update(personas["customer"], order, by_id=True, addressId=gid(home))
    assert payload["order"]["address"]["line1"] == "2 Abbey Road"
    assert update(personas["customer"], order, by_id=True, addressId=gid(strange))["userErrors"] == [
        ("NOT_FOUND", "addressId")
    ]
    assert update(personas["admin"], order, by_id=True, addressId=gid(strange))["userErrors"] == [
        ("INVALID_INPUT", "addressId")
    ]


def test_after_the_confirmation_only_the_offices_own_notes_change(personas: Personas, shop: Shop) -> None:
    order = factories.confirmed_order(shop.service, staff=shop.staff)
    before = digest()
    for api, by_id in ((personas["guest"], False), (personas["admin"], True)):
        for given in ({"notes": "Hi"}, {"scheduledTime": "10:00"}, {"address": HOME}):
            payload = update(api, order, by_id=by_id, **given)
            assert payload["userErrors"] == [("INVALID_TRANSITION", "")]
    both = update(personas["admin"], order, by_id=True, internalNotes="Key under the mat", notes="Hi")
    assert both["userErrors"] == [("INVALID_TRANSITION", "")]
    assert digest() == before
    payload = update(personas["admin"], order, by_id=True, internalNotes="Key under the mat")
    assert payload["order"]["internalNotes"] == "Key under the mat"


def test_internal_notes_are_the_offices_to_write_and_to_read(personas: Personas, shop: Shop) -> None:
    order = factories.pending_order(shop.service, customer=personas.customer, internal_notes="Pays late")
    before = digest()
    query = "mutation($i: UpdateOrderInput!) { updateOrder(input: $i) { order { id } } }"
    for api, named in (
        (personas["customer"], {"orderId": gid(order)}),
        (personas["guest"], {"trackingToken": order.tracking_token}),
        (personas["admin"], {"trackingToken": order.tracking_token}),
    ):
        assert api(query, i={**named, "internalNotes": "Pays early"}).codes == ["FORBIDDEN"]
    assert digest() == before
    track = "query($t: String!) { trackOrder(trackingToken: $t) { internalNotes } }"
    assert personas["guest"](track, t=order.tracking_token).data["trackOrder"] == {"internalNotes": None}
    node = "query($id: ID!) { node(id: $id) { ... on Order { internalNotes } } }"
    assert personas["customer"](node, id=gid(order)).data["node"] == {"internalNotes": None}
    assert personas["manager"](node, id=gid(order)).data["node"] == {"internalNotes": "Pays late"}


def test_a_stale_version_is_refused(api: Api, order: Order) -> None:
    assert update(api, order, notes="Hi", version=2)["userErrors"] == [("STALE_VERSION", "version")]


def placed_with(api: Api, shop: Shop, coupon: str) -> Order:
    api.mutate("placeOrder", shop.order(couponCode=coupon), "order { id }")
    return Order.objects.get()


def test_a_new_e_mail_is_counted_as_the_person_that_it_is(api: Api, shop: Shop) -> None:
    coupon = factories.coupon(max_uses_per_customer=1)
    order = placed_with(api, shop, coupon.code)
    payload = update(api, order, guest={"name": "Ada", "email": "a.da+x@gmail.com"})
    assert (payload["userErrors"], payload["order"]["total"]) == ([], {"amount": "40.00"})
    assert CouponUsage.objects.get().person == "ada@gmail.com"
    guest = {"name": "Ada", "email": "ada@gmail.com"}
    again = api.mutate("placeOrder", shop.order(couponCode=coupon.code, guest=guest), "order { id }")
    assert again["userErrors"] == [("COUPON_USED_BY_CUSTOMER", "couponCode")]


def test_an_e_mail_that_has_used_the_coupon_is_refused_or_the_coupon_dropped(api: Api, shop: Shop) -> None:
    coupon = factories.coupon(max_uses_per_customer=1)
    order = placed_with(api, shop, coupon.code)
    other = {"name": "Eve", "email": "eve@example.com"}
    api.mutate("placeOrder", shop.order(couponCode=coupon.code, guest=other), "order { id }")
    before = digest()
    assert update(api, order, guest=other)["userErrors"] == [("COUPON_USED_BY_CUSTOMER", "dropCoupon")]
    assert digest() == before
    dropped = update(api, order, guest=other, dropCoupon=True)["order"]
    assert (dropped["couponCode"], dropped["discount"], dropped["total"]) == (
        None,
        {"amount": "0.00"},
        {"amount": "50.00"},
    )
    coupon.refresh_from_db()
    assert coupon.used_count == 1


def test_a_pending_order_is_cancelled_and_moved_past_its_deadline_by_whoever_placed_it(api: Api, order: Order) -> None:
    with time_machine.travel(order.cancellation_deadline + timedelta(hours=20), tick=False):
        track = "query($t: String!) { trackOrder(trackingToken: $t) { canCancel } }"
        assert api(track, t=order.tracking_token).data["trackOrder"] == {"canCancel": True}
        asked = {"requestedDate": "2027-03-03", "requestedTime": "10:00", "trackingToken": order.tracking_token}
        assert api.mutate("requestChange", asked, "changeRequest { status }")["userErrors"] == []
        payload = api.mutate("cancelOrder", {"trackingToken": order.tracking_token}, "order { status }")
        assert payload == {"order": {"status": "CANCELLED"}, "userErrors": []}
