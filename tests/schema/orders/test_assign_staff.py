"""assignStaff: who comes for one item of a pending order."""

from decimal import Decimal
from typing import Any

import pytest

from backend.catalogue.models import Service
from backend.events.models import Event
from backend.orders.models import Order, OrderItem
from backend.scheduling.models import Claim
from backend.staff.models import Staff
from tests import factories
from tests.client import Api, gid
from tests.personas import Personas
from tests.world import digest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london", "at_now")]


@pytest.fixture
def service() -> Service:
    return factories.service()


@pytest.fixture
def order(service: Service) -> Order:
    return factories.pending_order(service, service)


def assign(api: Api, item: OrderItem, staff: Staff, **given: Any) -> dict[str, Any]:
    values = {"orderItemId": gid(item), "staffId": gid(staff)} | given
    return api.mutate("assignStaff", values, "orderItem { staff { name } unitPrice { amount } }")


def test_the_office_names_who_comes_and_the_price_stays_as_quoted(
    personas: Personas, service: Service, order: Order
) -> None:
    anna = factories.staff_member(name="Anna")
    factories.offers(anna, service, price_override=Decimal("80.00"))
    first, second = order.items.all()
    assert assign(personas["admin"], second, anna) == {
        "orderItem": {"staff": {"name": "Anna"}, "unitPrice": {"amount": "50.00"}},
        "userErrors": [],
    }
    first.refresh_from_db()
    order.refresh_from_db()
    assert (first.staff, order.version, Claim.objects.count()) == (None, 2, 0)
    event = Event.objects.get()
    assert (event.kind, event.order_id, event.staff_id) == ("order.staff_assigned", order.pk, anna.pk)


def test_whoever_does_not_offer_the_service_or_serve_the_address_is_refused(
    personas: Personas, service: Service, order: Order
) -> None:
    item = order.items.all()[0]
    unqualified = factories.staff_member()
    inactive = factories.staff_member(service, is_active=False)
    far_away = factories.staff_member(service, postcode="M1")
    before = digest()
    for staff, code in (
        (unqualified, "STAFF_NOT_QUALIFIED"),
        (inactive, "STAFF_NOT_QUALIFIED"),
        (Staff(pk=10**9), "STAFF_NOT_QUALIFIED"),
        (far_away, "OUT_OF_AREA"),
    ):
        assert assign(personas["admin"], item, staff) == {"orderItem": None, "userErrors": [(code, "staffId")]}
    assert digest() == before


@pytest.mark.parametrize("status", ["CONFIRMED", "IN_PROGRESS", "COMPLETED", "CANCELLED"])
def test_only_a_pending_order_takes_an_assignment(
    personas: Personas, service: Service, order: Order, status: str
) -> None:
    Order.objects.update(status=status)
    payload = assign(personas["admin"], order.items.all()[0], factories.staff_member(service))
    assert payload["userErrors"] == [("INVALID_TRANSITION", "")]


def test_a_stale_version_is_refused(personas: Personas, service: Service, order: Order) -> None:
    staff = factories.staff_member(service)
    payload = assign(personas["admin"], order.items.all()[0], staff, version=7)
    assert payload["userErrors"] == [("STALE_VERSION", "version")]


def test_unknown_items_and_those_of_strangers_are_not_found(personas: Personas, service: Service, order: Order) -> None:
    staff = factories.staff_member(service)
    for api, item in (
        (personas["admin"], OrderItem(pk=10**9)),
        (personas["manager"], order.items.all()[0]),
        (personas["other_manager"], order.items.all()[0]),
    ):
        assert assign(api, item, staff)["userErrors"] == [("NOT_FOUND", "orderItemId")]
