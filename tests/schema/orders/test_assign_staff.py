"""assignStaff: who comes for one item of an order."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from backend.catalogue.models import Service
from backend.events.models import Event
from backend.orders.models import Order, OrderItem
from backend.scheduling.models import Appointment, Claim
from backend.staff.models import Staff
from tests import factories
from tests.client import Api, gid
from tests.personas import Personas
from tests.statements import assert_same_statements
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


@pytest.mark.parametrize("status", ["COMPLETED", "CANCELLED"])
def test_an_order_that_has_ended_takes_no_assignment(
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


CONFIRMED = """orderItem { staff { name } unitPrice { amount } appointment { start end staff { name } } }
  alternatives { start staff { name } }"""
NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def confirmed(service: Service) -> OrderItem:
    """Anna's, on Monday from nine to ten."""
    return factories.confirmed_order(service, staff=factories.staff_member(service, name="Anna")).items.get()


def reassign(api: Api, item: OrderItem, staff: Staff, **given: Any) -> dict[str, Any]:
    return api.mutate("assignStaff", {"orderItemId": gid(item), "staffId": gid(staff)} | given, CONFIRMED)


def test_a_confirmed_items_visit_goes_to_the_named_person_at_its_time_and_price(
    personas: Personas, service: Service, confirmed: OrderItem
) -> None:
    bob = factories.staff_member(name="Bob")
    factories.offers(bob, service, price_override=Decimal("80.00"), duration_override_minutes=120)
    assert reassign(personas["admin"], confirmed, bob, version=2) == {
        "orderItem": {
            "staff": {"name": "Bob"},
            "unitPrice": {"amount": "50.00"},
            "appointment": {
                "start": "2027-03-01T09:00:00+00:00",
                "end": "2027-03-01T10:00:00+00:00",
                "staff": {"name": "Bob"},
            },
        },
        "alternatives": [],
        "userErrors": [],
    }
    confirmed.refresh_from_db()
    assert (confirmed.order.version, confirmed.staff) == (3, bob)
    claim = Claim.objects.get()
    assert (claim.staff, claim.period.lower, claim.period.upper) == (bob, NINE, NINE + timedelta(minutes=75))
    assert list(Event.objects.order_by("pk").values_list("kind", "staff_id", "order_id")) == [
        ("appointment.moved", bob.pk, confirmed.order_id),
        ("order.staff_assigned", bob.pk, confirmed.order_id),
    ]


def test_who_can_not_come_then_is_refused_with_others_who_could(
    personas: Personas, service: Service, confirmed: OrderItem
) -> None:
    """Of the others, the one with less booked that day comes first; who is taken, away or far is none."""
    taken, away, late, far = (factories.staff_member(service, postcode=at) for at in ("SW1A", "SW1A", "SW1A", "M1"))
    busier = factories.staff_member(service, name="Busier")
    factories.staff_member(service, name="Freer")
    factories.confirmed_order(service, staff=taken)
    factories.confirmed_order(service, staff=busier, scheduled_time=time(14))
    factories.time_off(away, NINE)
    factories.works(late, start="12:00")
    unqualified = factories.staff_member()
    before = digest()
    for who, refused in (
        (taken, "SLOT_TAKEN"),
        (away, "NOT_WORKING"),
        (late, "NOT_WORKING"),
    ):
        payload = reassign(personas["admin"], confirmed, who)
        assert payload == {
            "orderItem": None,
            "alternatives": [
                {"start": "2027-03-01T09:00:00+00:00", "staff": {"name": "Freer"}},
                {"start": "2027-03-01T09:00:00+00:00", "staff": {"name": "Busier"}},
            ],
            "userErrors": [(refused, "staffId")],
        }
    for who, refused in ((far, "OUT_OF_AREA"), (unqualified, "STAFF_NOT_QUALIFIED")):
        payload = reassign(personas["admin"], confirmed, who)
        assert (payload["alternatives"], payload["userErrors"]) == ([], [(refused, "staffId")])
    assert digest() == before


def test_a_confirmed_item_goes_outside_hours_by_the_offices_word(
    personas: Personas, service: Service, confirmed: OrderItem
) -> None:
    late = factories.staff_member(service, name="Late")
    factories.works(late, start="12:00")
    assert reassign(personas["admin"], confirmed, late, outsideHours=True)["orderItem"]["staff"] == {"name": "Late"}


def test_naming_who_comes_already_changes_nothing(personas: Personas, confirmed: OrderItem) -> None:
    before = digest()
    assert reassign(personas["admin"], confirmed, Staff.objects.get(name="Anna"))["userErrors"] == []
    assert digest() == before


@pytest.mark.parametrize("status", ["IN_PROGRESS", "COMPLETED", "NO_SHOW"])
def test_a_visit_that_has_begun_or_is_over_stays_with_whoever_has_it(
    personas: Personas, service: Service, confirmed: OrderItem, status: str
) -> None:
    Appointment.objects.update(status=status)
    payload = reassign(personas["admin"], confirmed, factories.staff_member(service))
    assert payload["userErrors"] == [("INVALID_TRANSITION", "")]


def test_an_item_names_whoever_has_the_visit_and_managers_follow_it(
    personas: Personas, service: Service, confirmed: OrderItem
) -> None:
    """The visit went to somebody else without its order, as by an absence."""
    Appointment.objects.update(staff=personas.staff)
    query = "query($id: ID!) { node(id: $id) { ... on OrderItem { staff { id } } } }"
    assert personas["manager"](query, id=gid(confirmed)).data["node"] == {"staff": {"id": gid(personas.staff)}}
    Appointment.objects.update(staff=personas.other_staff)
    OrderItem.objects.update(staff=personas.staff)
    assert personas["manager"](query, id=gid(confirmed)).data["node"] is None


def test_items_with_and_without_visits_name_their_people_in_a_constant_number_of_statements(
    personas: Personas, service: Service
) -> None:
    query = "{ orders(first: 50) { edges { node { items { staff { name workingHours { start } } } } } } }"

    def two_more() -> None:
        factories.pending_order(service, staff=factories.staff_member(service))
        factories.confirmed_order(service, staff=factories.staff_member(service))

    assert_same_statements(personas["admin"], query, add=two_more, at_most=6, many=5)
