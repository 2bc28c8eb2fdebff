"""confirmOrder: all or nothing."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from psycopg.types.range import Range

from backend.catalogue.models import Service
from backend.events.models import Event
from backend.orders.models import Order, OrderItem
from backend.scheduling.models import Appointment, Claim, CustomerAppointment
from backend.scheduling.rules import Assignment
from backend.staff.models import Staff
from tests import factories
from tests.client import Api, gid
from tests.factories.orders import MONDAY
from tests.personas import Personas
from tests.statements import statements
from tests.world import digest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london", "at_now")]

RETURNING = """order { status version confirmedAt cancellationDeadline
    items { staff { name } appointment { status start end cancellationDeadline } } }
  alternatives { start end staff { name } }"""
NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def admin(personas: Personas) -> Api:
    return personas["admin"]


def confirm(api: Api, order: Order, returning: str = RETURNING, **given: Any) -> dict[str, Any]:
    return api.mutate("confirmOrder", {"orderId": gid(order)} | given, returning)


def visits(payload: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Who, from when, until when, by item."""
    return [
        (item["staff"]["name"], item["appointment"]["start"][:16], item["appointment"]["end"][11:16])
        for item in payload["order"]["items"]
    ]


def test_a_guests_order_becomes_confirmed_visits_one_after_the_other(admin: Api) -> None:
    service = factories.service()
    anna = factories.staff_member(service, name="Anna")
    payload = confirm(admin, factories.pending_order(service, service, staff=anna))
    assert payload == {
        "order": {
            "status": "CONFIRMED",
            "version": 2,
            "confirmedAt": "2027-02-01T08:00:00+00:00",
            "cancellationDeadline": "2027-02-28T09:00:00+00:00",
            "items": [
                {
                    "staff": {"name": "Anna"},
                    "appointment": {
                        "status": "CONFIRMED",
                        "start": "2027-03-01T09:00:00+00:00",
                        "end": "2027-03-01T10:00:00+00:00",
                        "cancellationDeadline": "2027-02-28T09:00:00+00:00",
                    },
                },
                {
                    "staff": {"name": "Anna"},
                    "appointment": {
                        "status": "CONFIRMED",
                        "start": "2027-03-01T10:15:00+00:00",
                        "end": "2027-03-01T11:15:00+00:00",
                        "cancellationDeadline": "2027-02-28T10:15:00+00:00",
                    },
                },
            ],
        },
        "alternatives": [],
        "userErrors": [],
    }
    claimed = Claim.objects.order_by("period").values_list("staff", "period", "kind")
    assert list(claimed) == [
        (anna.pk, Range(NINE, NINE + timedelta(minutes=75)), "APPOINTMENT"),
        (anna.pk, Range(NINE + timedelta(minutes=75), NINE + timedelta(minutes=150)), "APPOINTMENT"),
    ]


@pytest.mark.parametrize("is_guest", [True, False])
def test_guests_and_customers_alike_get_a_booking_on_the_orders_terms(
    admin: Api, personas: Personas, is_guest: bool
) -> None:
    service = factories.service()
    customer = None if is_guest else personas.customer
    order = factories.pending_order(
        service, staff=factories.staff_member(service), customer=customer, policy_hours=48, notes="Ring twice"
    )
    item = order.items.get()
    item.extras.create(extra=factories.extra(service), name="Oven", price=Decimal("15.00"), duration_minutes=30)
    OrderItem.objects.update(extra_minutes=30)
    confirm(admin, order)
    booking = CustomerAppointment.objects.select_related("appointment").get()
    assert booking.customer == customer
    name, email = (order.guest_name, order.guest_email) if customer is None else (customer.name, customer.email)
    assert (booking.contact_name, booking.contact_email) == (name, email)
    assert (booking.line1, booking.city, booking.postcode) == ("10 Downing Street", "London", "SW1A 2AA")
    assert (booking.price, booking.currency) == (Decimal("50.00"), "GBP")
    assert booking.extras == [{"name": "Oven", "price": "15.00", "duration_minutes": 30}]
    assert (booking.policy_hours, booking.cancellation_deadline) == (48, NINE - timedelta(hours=48))
    visit = booking.appointment
    assert (visit.notes, visit.type, visit.end) == ("Ring twice", "ORDER_ITEM", NINE + timedelta(minutes=90))


def test_items_without_staff_get_whoever_has_least_booked_and_work_side_by_side(admin: Api) -> None:
    service = factories.service()
    busy, free, freest = (factories.staff_member(service, name=name) for name in ("Busy", "Free", "Freest"))
    factories.confirmed_order(service, service, staff=busy, scheduled_time=time(13))
    factories.confirmed_order(service, staff=free, scheduled_time=time(13))
    assert freest.is_active
    payload = confirm(admin, factories.pending_order(service, service))
    assert visits(payload) == [
        ("Freest", "2027-03-01T09:00", "10:00"),
        ("Free", "2027-03-01T09:00", "10:00"),
    ]


def test_nobody_who_is_inactive_unqualified_far_away_off_or_busy_is_sent(admin: Api) -> None:
    service = factories.service()
    factories.staff_member(service, is_active=False)
    factories.staff_member(factories.service())
    factories.staff_member(service, postcode="M1")
    factories.works(factories.staff_member(service), days=[1, 2])
    factories.time_off(factories.staff_member(service), NINE - timedelta(hours=1))
    factories.confirmed_order(service, staff=factories.staff_member(service), scheduled_time=time(9, 30))
    order = factories.pending_order(service)
    before = digest()
    payload = confirm(admin, order)
    assert payload["userErrors"] == [("NO_STAFF_AVAILABLE", "items.0")]
    assert payload["order"] is None
    assert digest() == before


def test_the_price_and_the_customers_length_are_multiplied_by_the_quantity(admin: Api) -> None:
    service = factories.service()
    order = factories.pending_order(service, staff=factories.staff_member(service, name="Anna"))
    OrderItem.objects.update(quantity=3, total_price=Decimal("150.00"))
    Order.objects.update(subtotal=Decimal("150.00"), total=Decimal("150.00"))
    assert visits(confirm(admin, order)) == [("Anna", "2027-03-01T09:00", "12:00")]
    assert CustomerAppointment.objects.get().price == Decimal("150.00")


def test_a_taken_slot_changes_nothing_and_offers_other_times_of_the_whole_order(admin: Api) -> None:
    service = factories.service()
    anna = factories.staff_member(service, name="Anna")
    factories.confirmed_order(service, staff=anna, scheduled_time=time(10, 30))
    factories.confirmed_order(service, service, service, staff=anna, scheduled_time=time(12, 30))
    order = factories.pending_order(service, service, staff=anna)
    before = digest()
    payload = confirm(admin, order)
    assert payload["userErrors"] == [("SLOT_TAKEN", "items.1")]
    assert digest() == before
    offered = [(each["start"][:16], each["end"][11:16], each["staff"]["name"]) for each in payload["alternatives"]]
    assert offered == [
        ("2027-03-02T09:00", "11:15", "Anna"),
        ("2027-03-02T09:15", "11:30", "Anna"),
        ("2027-03-02T09:30", "11:45", "Anna"),
        ("2027-03-02T09:45", "12:00", "Anna"),
        ("2027-03-02T10:00", "12:15", "Anna"),
    ]


def test_an_alternative_can_be_confirmed_as_it_was_offered(admin: Api) -> None:
    service = factories.service()
    anna = factories.staff_member(service, name="Anna")
    factories.confirmed_order(service, staff=anna)
    order = factories.pending_order(service, staff=anna)
    [first, *_] = confirm(admin, order)["alternatives"]
    assert first["start"] == "2027-03-01T10:15:00+00:00"
    Order.objects.filter(pk=order.pk).update(scheduled_time=time(10, 15))
    assert confirm(admin, order)["userErrors"] == []


def named(admin: Api, staff: Staff, service: Service, **given: Any) -> list[tuple[str, str]]:
    """What is refused when `staff` was named for the only item."""
    order = factories.pending_order(service, staff=staff, **given)
    before = digest()
    refused: list[tuple[str, str]] = confirm(admin, order)["userErrors"]
    assert digest() == before
    return refused


def test_a_named_member_of_staff_who_cannot_come_is_told_by_reason(admin: Api) -> None:
    service = factories.service()
    assert named(admin, factories.staff_member(service, is_active=False), service) == [
        ("STAFF_NOT_QUALIFIED", "items.0")
    ]
    assert named(admin, factories.staff_member(), service) == [("STAFF_NOT_QUALIFIED", "items.0")]
    assert named(admin, factories.staff_member(service, postcode="M1"), service) == [("OUT_OF_AREA", "items.0")]
    assert named(admin, factories.staff_member(service), service, scheduled_time=time(17)) == [
        ("NOT_WORKING", "items.0")
    ]
    away = factories.staff_member(service)
    factories.time_off(away, NINE)
    assert named(admin, away, service) == [("NOT_WORKING", "items.0")]


def test_outside_hours_is_for_the_office_to_allow_and_never_lies_over_a_claim(admin: Api) -> None:
    service = factories.service()
    anna = factories.staff_member(service, name="Anna")
    late = factories.pending_order(service, staff=anna, scheduled_time=time(20))
    assert confirm(admin, late)["userErrors"] == [("NOT_WORKING", "items.0")]
    assert visits(confirm(admin, late, outsideHours=True)) == [("Anna", "2027-03-01T20:00", "21:00")]
    later = factories.pending_order(service, staff=anna, scheduled_time=time(21))
    assert confirm(admin, later, outsideHours=True)["userErrors"] == [("SLOT_TAKEN", "items.0")]


def test_nine_o_clock_is_nine_o_clock_in_summer_too(admin: Api) -> None:
    service = factories.service()
    anna = factories.staff_member(service, name="Anna")
    order = factories.pending_order(service, staff=anna, scheduled_date=MONDAY.replace(month=4, day=5))
    assert visits(confirm(admin, order)) == [("Anna", "2027-04-05T08:00", "09:00")]


def test_a_second_confirmation_is_refused(admin: Api) -> None:
    service = factories.service()
    order = factories.pending_order(service, staff=factories.staff_member(service))
    confirm(admin, order)
    before = digest()
    assert confirm(admin, order)["userErrors"] == [("INVALID_TRANSITION", "")]
    assert digest() == before


def test_a_stale_version_is_refused_and_the_current_one_passes(admin: Api) -> None:
    service = factories.service()
    order = factories.pending_order(service, staff=factories.staff_member(service), version=3)
    before = digest()
    assert confirm(admin, order, version=2)["userErrors"] == [("STALE_VERSION", "version")]
    assert digest() == before
    assert confirm(admin, order, version=3)["order"]["version"] == 4


def test_an_order_for_a_time_that_is_past_is_refused(admin: Api) -> None:
    service = factories.service()
    staff = factories.staff_member(service)
    order = factories.pending_order(
        service, staff=staff, scheduled_date=MONDAY.replace(month=2, day=1), scheduled_time=time(8)
    )
    assert confirm(admin, order)["userErrors"] == [("IN_THE_PAST", "orderId")]


def test_unknown_and_foreign_ids_are_not_found(admin: Api) -> None:
    for bad in (gid(factories.service()), "nonsense", gid(Order(pk=10**9))):
        payload = admin.mutate("confirmOrder", {"orderId": bad}, "order { id }")
        assert payload == {"order": None, "userErrors": [("NOT_FOUND", "orderId")]}


def test_the_confirmation_and_each_visit_are_told_as_events(admin: Api) -> None:
    service = factories.service()
    anna = factories.staff_member(service)
    order = factories.pending_order(service, service, staff=anna)
    confirm(admin, order)
    told = Event.objects.order_by("pk").values_list("kind", "order_id", "staff_id", "appointment_id")
    first, second = Appointment.objects.order_by("start").values_list("pk", flat=True)
    assert list(told) == [
        ("appointment.booked", order.pk, anna.pk, first),
        ("appointment.booked", order.pk, anna.pk, second),
        ("order.confirmed", order.pk, None, None),
    ]


def test_a_manager_confirms_what_it_manages_with_the_flag_and_nothing_else(personas: Personas) -> None:
    service = factories.service()
    factories.offers(personas.staff, service)
    factories.offers(personas.other_staff, service)
    by_staff = factories.pending_order(service, staff=personas.staff)
    by_customer = factories.pending_order(service, customer=personas.customer, scheduled_time=time(13))
    foreign = factories.pending_order(service, staff=personas.other_staff)
    api = personas["manager"]
    assert confirm(api, by_staff, "order { status }")["order"] == {"status": "CONFIRMED"}
    assert confirm(api, by_customer, "order { status }")["order"] == {"status": "CONFIRMED"}
    assert confirm(api, foreign)["userErrors"] == [("NOT_FOUND", "orderId")]
    personas.manager.can_manage_orders = False
    personas.manager.save()
    query = "mutation($id: ID!) { confirmOrder(input: {orderId: $id}) { order { id } } }"
    assert api(query, id=gid(foreign)).codes == ["FORBIDDEN"]


@pytest.mark.parametrize(("items", "at_most"), [(2, 20), (10, 25)])
@pytest.mark.parametrize("is_named", [True, False])
def test_confirming_takes_a_bounded_number_of_statements_however_many_items(
    admin: Api, items: int, at_most: int, is_named: bool
) -> None:
    service = factories.service(duration_minutes=30, buffer_minutes=0)
    people = [factories.staff_member(service) for _ in range(3)]
    order = factories.pending_order(*[service] * items, staff=people[0] if is_named else None)
    query = "mutation($id: ID!) { confirmOrder(input: {orderId: $id}) { userErrors { code } } }"
    taken = statements(admin, query, id=gid(order))
    assert Appointment.objects.count() == items
    signing_in = 1
    assert len(taken) - signing_in <= at_most, "\n".join(taken)


def test_a_business_that_takes_turns_sends_whoever_has_been_idle_longest(personas: Personas) -> None:
    """Anna has nothing that Monday but came on the Friday before; Bob has an early visit that day, Cat last week."""
    service = factories.service()
    anna, bob, cat = (factories.staff_member(service, name=name) for name in ("Anna", "Bob", "Cat"))
    factories.confirmed_order(service, staff=anna, scheduled_date=date(2027, 2, 26))
    factories.confirmed_order(service, staff=bob, scheduled_time=time(9))
    factories.confirmed_order(service, staff=cat, scheduled_date=date(2027, 2, 22))
    coming: list[str] = []
    for assignment in (Assignment.LONGEST_IDLE, Assignment.LEAST_BOOKED):
        order = factories.pending_order(service, scheduled_time=time(12))
        with override_settings(ROTA_BUSINESS=replace(settings.ROTA_BUSINESS, assignment=assignment)):
            assert confirm(personas["admin"], order)["userErrors"] == []
        coming += order.items.values_list("appointment__staff__name", flat=True)
    assert coming == ["Cat", "Anna"]
