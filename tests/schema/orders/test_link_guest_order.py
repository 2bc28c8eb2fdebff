"""linkGuestOrder: the guest has an account now."""

from decimal import Decimal
from typing import Any

import pytest

from backend.accounts.models import User
from backend.core.viewer import Role
from backend.coupons.models import CouponUsage
from backend.customers.models import Customer
from backend.events.models import Event
from backend.orders.models import Order
from backend.scheduling.models import Appointment, CustomerAppointment
from tests import factories
from tests.client import Api, gid
from tests.factories.business import NOW
from tests.world import digest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london", "at_now")]

RETURNING = "order { id isGuestOrder customer { id } accountLinkedAt }"


@pytest.fixture
def order() -> Order:
    """Ada's, confirmed, placed without an account."""
    service = factories.service()
    return factories.confirmed_order(service, staff=factories.staff_member(service))


def ada(email: str = "ada@example.com", **given: Any) -> User:
    """A customer's account with a proven e-mail."""
    values: dict[str, Any] = {"email": email, "email_verified_at": NOW} | given
    user = factories.user(**values)
    factories.customer(user=user)
    return user


def link(user: User, order: Order) -> tuple[object, list[tuple[str, str]]]:
    api = Api(factories.token_for(user))
    payload = api.mutate("linkGuestOrder", {"trackingToken": order.tracking_token}, RETURNING)
    return payload["order"], payload["userErrors"]


def test_the_order_and_its_visits_get_their_customer(order: Order) -> None:
    user = ada()
    linked, errors = link(user, order)
    customer = user.customer
    assert errors == []
    assert linked == {
        "id": gid(order),
        "isGuestOrder": True,
        "customer": {"id": gid(customer)},
        "accountLinkedAt": "2027-02-01T08:00:00+00:00",
    }
    assert CustomerAppointment.objects.get().customer == customer
    assert Event.objects.get().kind == "order.linked"


def test_an_email_that_is_not_proven_links_nothing(order: Order) -> None:
    user = ada(email_verified_at=None)
    assert link(user, order) == (None, [("EMAIL_NOT_VERIFIED", "")])
    assert Order.objects.get().customer is None


def test_another_email_links_nothing(order: Order) -> None:
    assert link(ada("eve@example.com"), order) == (None, [("EMAIL_MISMATCH", "trackingToken")])
    assert Order.objects.get().customer is None


def test_an_order_is_linked_once(order: Order) -> None:
    user = ada()
    link(user, order)
    assert link(user, order)[1] == [("INVALID_TRANSITION", "trackingToken")]


def test_a_wrong_token_finds_nothing(order: Order) -> None:
    user = ada()
    api = Api(factories.token_for(user))
    before = digest()
    payload = api.mutate("linkGuestOrder", {"trackingToken": "wrong"}, RETURNING)
    assert payload["userErrors"] == [("NOT_FOUND", "trackingToken")]
    assert digest() == before


def test_a_linked_order_is_forgotten_with_its_customer(order: Order) -> None:
    user = ada()
    link(user, order)
    Order.objects.update(status="COMPLETED")
    Appointment.objects.update(status="COMPLETED")
    admin = Api(factories.token_for(factories.user(Role.ADMIN)))
    given = {"customerId": gid(user.customer)}
    Customer.objects.update(user=None)
    payload = admin.mutate("eraseCustomer", given, "customer { id }", input_type="CustomerInput!")
    assert payload["userErrors"] == []
    order.refresh_from_db()
    assert (order.is_guest_order, order.guest_name, order.guest_email) == (False, "", "")


def test_a_coupon_goes_with_the_order_and_counts_for_the_same_person(order: Order) -> None:
    coupon = factories.coupon(max_uses_per_customer=1, used_count=1)
    CouponUsage.objects.create(
        coupon=coupon, order=order, person="ada@example.com", ordinal=1, amount=Decimal("10.00"), used_at=NOW
    )
    user = ada()
    assert link(user, order)[1] == []
    assert CouponUsage.objects.get().customer == user.customer
    shop_item = {"serviceId": gid(order.items.get().service)}
    quote = (
        "query($i: [OrderItemInput!]!, $c: String) { quoteOrder(items: $i, couponCode: $c) { userErrors { code } } }"
    )
    found = Api(factories.token_for(user))(quote, i=[shop_item], c=coupon.code).data["quoteOrder"]
    assert found["userErrors"] == [{"code": "COUPON_USED_BY_CUSTOMER"}]
