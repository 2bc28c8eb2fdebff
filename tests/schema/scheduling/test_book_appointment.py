"""bookAppointment: one visit on the spot, its time taken at once, its terms frozen with it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.conf import settings

from backend.accounts.models import Manager
from backend.core import clock
from backend.core.viewer import NOBODY, Role
from backend.events.models import Event
from backend.scheduling.actions import SlotRequest, hold_slot
from backend.scheduling.models import Appointment, Claim, CustomerAppointment
from tests import factories
from tests.client import Api, gid
from tests.factories.business import NOW
from tests.rows import snapshot
from tests.schema.scheduling.booking import RETURNING, Shop, open_shop
from tests.statements import statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def admin(db: None) -> Api:
    return Api(factories.token_for(factories.user(Role.ADMIN)))


def instants(payload: dict[str, Any]) -> list[str]:
    return [each["start"][:16] for each in payload["alternatives"]]


def test_a_guest_books_a_confirmed_visit_with_frozen_terms(api: Api, shop: Shop) -> None:
    payload = shop.book(api, RETURNING, extraIds=[gid(shop.extra)], notes=" Ring twice ")
    booked = payload["appointment"]
    row = Appointment.objects.get()
    assert (payload["userErrors"], payload["alternatives"]) == ([], [])
    assert booked == {
        "id": gid(row),
        "type": "SINGLE",
        "status": "CONFIRMED",
        "start": "2027-03-01T09:00:00+00:00",
        "end": "2027-03-01T10:30:00+00:00",
        "version": 1,
        "notes": "Ring twice",
        "price": {"amount": "65.00", "currency": "GBP"},
        "extras": [{"name": "Oven", "durationMinutes": 30}],
        "cancellationDeadline": "2027-02-28T09:00:00+00:00",
        "rescheduleDeadline": "2027-02-28T09:00:00+00:00",
        "canCancel": True,
        "canReschedule": True,
        "trackingToken": row.booking.tracking_token,
        "staff": {"name": "Anna"},
        "service": {"name": "Cleaning"},
        "customer": {"name": "Ada King", "email": "ada@example.com", "phone": "+44 20 7946 0958"},
        "address": {"line1": "10 Downing Street", "city": "London", "postcode": "SW1A 2AA"},
    }
    assert row.booking.tracking_token is not None
    assert len(row.booking.tracking_token) == 43
    claim = Claim.objects.get()
    assert (claim.staff_id, claim.period.lower, claim.period.upper) == (
        shop.staff.pk,
        NINE,
        NINE + timedelta(minutes=105),
    )
    event = Event.objects.get(kind="appointment.booked")
    assert (event.appointment_id, event.staff_id, event.order_id) == (row.pk, shop.staff.pk, None)


def test_the_terms_are_those_of_the_day_of_booking(api: Api, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = replace(settings.ROTA_BUSINESS, cancellation_notice_hours=48, reschedule_notice_hours=6, max_reschedules=1)
    monkeypatch.setattr(settings, "ROTA_BUSINESS", rules)
    shop.book(api)
    row = CustomerAppointment.objects.get()
    assert (row.policy_hours, row.reschedule_hours, row.max_reschedules, row.reschedules) == (48, 6, 1, 0)
    assert (NINE - row.cancellation_deadline, NINE - row.reschedule_deadline) == (
        timedelta(hours=48),
        timedelta(hours=6),
    )


def test_the_named_person_comes_at_its_own_price_and_pace(api: Api, shop: Shop) -> None:
    bea = factories.staff_member(name="Bea")
    factories.offers(bea, shop.service, price_override=Decimal("70.00"), duration_override_minutes=90)
    booked = shop.book(api, RETURNING, staffId=gid(bea))["appointment"]
    assert (booked["staff"]["name"], booked["price"]["amount"], booked["end"]) == (
        "Bea",
        "70.00",
        "2027-03-01T10:30:00+00:00",
    )


def test_anyone_is_whoever_has_least_that_day_of_those_who_are_free(api: Api, shop: Shop) -> None:
    bea, cleo = factories.staff_member(shop.service, name="Bea"), factories.staff_member(shop.service, name="Cleo")
    factories.direct_booking(shop.service, staff=shop.staff, start=NINE + timedelta(hours=3))
    factories.direct_booking(shop.service, staff=bea, start=NINE)
    assert cleo.name == shop.book(api)["appointment"]["staff"]["name"]


def test_a_customer_books_for_itself_at_an_address_of_its_own(shop: Shop) -> None:
    customer = factories.customer(name="Grace Hopper", email="grace@example.com")
    assert customer.user is not None
    api = Api(factories.token_for(customer.user))
    address = factories.address(customer, postcode="N1 1AA")
    booked = shop.book(api, RETURNING, guest=None, address=None, addressId=gid(address))["appointment"]
    assert booked["customer"] == {"name": "Grace Hopper", "email": "grace@example.com", "phone": "+442079460958"}
    assert booked["address"]["postcode"] == "N1 1AA"
    assert CustomerAppointment.objects.get().customer_id == customer.pk
    assert Event.objects.get().customer_id == customer.pk


def test_the_office_books_on_behalf_of_a_customer_without_regard_to_the_notice(admin: Api, shop: Shop) -> None:
    customer = factories.customer()
    address = factories.address(customer)
    payload = shop.book(
        admin,
        guest=None,
        address=None,
        addressId=gid(address),
        customerId=gid(customer),
        start="2027-02-01T09:00:00Z",
    )
    assert payload["userErrors"] == []
    assert CustomerAppointment.objects.get().customer_id == customer.pk


def test_a_manager_without_the_flag_books_for_nobody_and_is_bound_by_the_notice(shop: Shop) -> None:
    manager = factories.manager(can_manage_orders=False)
    customer = factories.customer()
    manager.managed_customers.add(customer)
    api = Api(factories.token_for(manager.user))
    query = "mutation($input: BookAppointmentInput!) { bookAppointment(input: $input) { userErrors { code } } }"
    wanted = shop.booking(customerId=gid(customer))
    del wanted["guest"]
    assert api(query, input=wanted).codes == ["FORBIDDEN"]
    assert shop.book(api, start="2027-02-01T09:00:00Z")["userErrors"] == [("TOO_SOON", "start")]
    Manager.objects.update(can_manage_orders=True)
    assert api(query, input=wanted).data["bookAppointment"]["userErrors"] == []


def test_where_the_office_confirms_a_booking_waits_with_its_time_held(
    api: Api, admin: Api, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ROTA_BUSINESS", replace(settings.ROTA_BUSINESS, bookings_need_confirmation=True))
    assert shop.book(api, RETURNING)["appointment"]["status"] == "PENDING"
    assert shop.book(api, staffId=gid(shop.staff))["userErrors"] == [("SLOT_TAKEN", "start")]
    assert shop.book(admin, RETURNING, start="2027-03-01T14:00:00Z")["appointment"]["status"] == "CONFIRMED"


def test_the_same_key_books_once(api: Api, shop: Shop) -> None:
    first = shop.book(api, idempotencyKey="b7c1")
    again = shop.book(api, idempotencyKey="b7c1")
    assert again == first
    assert Appointment.objects.count() == Event.objects.count() == 1
    other = shop.book(api, idempotencyKey="b7c1", notes="Another")
    assert other["userErrors"] == [("IDEMPOTENCY_CONFLICT", "idempotencyKey")]


# --- What is held -----------------------------------------------------------------------------------------------------


def held(shop: Shop, start: datetime = NINE) -> str:
    """The token of a time at Downing Street."""
    request = SlotRequest(service_id=shop.service.pk, start=start, postcode="SW1A 2AA")
    return hold_slot(viewer=NOBODY, request=request, address="192.0.2.1", now=clock.now()).token


def test_what_is_held_is_booked_by_its_token_and_by_nothing_else(api: Api, shop: Shop) -> None:
    token = held(shop)
    assert shop.book(api)["userErrors"] == [("NO_STAFF_AVAILABLE", "start")]
    before = snapshot()
    for other in ({"start": "2027-03-01T10:30:00Z"}, {"address": Shop.address(postcode="N1 1AA")}):
        assert shop.book(api, holdToken=token, **other)["userErrors"] == [("INVALID_INPUT", "holdToken")]
    assert shop.book(api, holdToken="wrong")["userErrors"] == [("HOLD_EXPIRED", "holdToken")]
    assert snapshot() == before
    assert shop.book(api, holdToken=token)["appointment"]["staff"]["name"] == "Anna"
    assert [claim.kind for claim in Claim.objects.all()] == ["APPOINTMENT"]
    assert shop.book(api, holdToken=token)["userErrors"] == [("HOLD_EXPIRED", "holdToken")]


def test_a_hold_that_is_over_books_nothing_though_its_time_is_free(api: Api, shop: Shop) -> None:
    token = held(shop)
    with time_machine.travel(NOW + timedelta(minutes=11), tick=False):
        assert shop.book(api, holdToken=token)["userErrors"] == [("HOLD_EXPIRED", "holdToken")]
        assert shop.book(api)["userErrors"] == []


def test_a_hold_taken_with_notice_enough_is_booked_while_it_lasts(api: Api, shop: Shop) -> None:
    ten = NOW + timedelta(hours=2)
    token = held(shop, start=ten)
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert shop.book(api, start=ten.isoformat())["userErrors"] == [("TOO_SOON", "start")]
        assert shop.book(api, start=ten.isoformat(), holdToken=token)["userErrors"] == []


# --- What is refused, and what is offered instead ---------------------------------------------------------------------

BAD: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "in the past": ({"start": "2027-02-01T07:45:00Z"}, [("IN_THE_PAST", "start")]),
    "now": ({"start": "2027-02-01T08:00:00Z"}, [("IN_THE_PAST", "start")]),
    "within the notice": ({"start": "2027-02-01T09:45:00Z"}, [("TOO_SOON", "start")]),
    "beyond the horizon": ({"start": "2027-08-02T09:00:00Z"}, [("BEYOND_HORIZON", "start")]),
    "in the last year there is": ({"start": "9999-12-31T23:45:00Z"}, [("BEYOND_HORIZON", "start")]),
    "off the grid": ({"start": "2027-03-01T09:07:00Z"}, [("OFF_GRID", "start")]),
    "off the grid by a second": ({"start": "2027-03-01T09:00:01Z"}, [("OFF_GRID", "start")]),
    "off the grid by a microsecond": ({"start": "2027-03-01T09:00:00.000001Z"}, [("OFF_GRID", "start")]),
    "before anybody works": ({"start": "2027-03-01T08:45:00Z"}, [("NOT_WORKING", "start")]),
    "into closing time": ({"start": "2027-03-01T16:15:00Z"}, [("NOT_WORKING", "start")]),
    "on a Sunday": ({"start": "2027-02-28T09:00:00Z"}, [("NOT_WORKING", "start")]),
    "half a postcode": ({"address": Shop.address(postcode="SW1A")}, [("INVALID_INPUT", "address.postcode")]),
    "an unknown postcode": ({"address": Shop.address(postcode="B33 8TH")}, [("UNKNOWN_POSTCODE", "address.postcode")]),
    "too far away": ({"address": Shop.address(postcode="M1 1AE")}, [("OUT_OF_AREA", "address.postcode")]),
    "no address": ({"address": None}, [("REQUIRED", "address")]),
    "nobody": ({"guest": None}, [("REQUIRED", "guest")]),
    "no e-mail, no phone, no street": (
        {
            "guest": {"name": " ", "email": "ada", "phone": "abc"},
            "address": Shop.address(line1=""),
        },
        [
            ("REQUIRED", "guest.name"),
            ("INVALID_INPUT", "guest.email"),
            ("INVALID_INPUT", "guest.phone"),
            ("REQUIRED", "address.line1"),
        ],
    ),
    "long notes": ({"notes": "x" * 2001}, [("TOO_LONG", "notes")]),
    "everything at once": (
        {"guest": None, "address": None, "start": "2027-02-01T07:00:00Z"},
        [("REQUIRED", "guest"), ("REQUIRED", "address"), ("IN_THE_PAST", "start")],
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_names_its_fields_and_changes_nothing(api: Api, shop: Shop, name: str) -> None:
    wrong, expected = BAD[name]
    before = snapshot()
    payload = shop.book(api, **wrong)
    assert (payload["appointment"], payload["userErrors"]) == (None, expected)
    assert snapshot() == before


def test_exactly_the_notice_and_exactly_the_horizon_can_be_booked(api: Api, shop: Shop) -> None:
    assert shop.book(api, start="2027-02-01T10:00:00Z")["userErrors"] == []
    wednesday = datetime(2027, 2, 3, 9, tzinfo=UTC)
    with time_machine.travel(wednesday, tick=False):
        last = wednesday + timedelta(days=180)  # a Monday
        late = shop.book(api, start=(last + timedelta(minutes=15)).isoformat())
        assert late["userErrors"] == [("BEYOND_HORIZON", "start")]
        assert instants(late)[0] == last.isoformat()[:16]
        assert shop.book(api, start=last.isoformat())["userErrors"] == []


def test_an_address_and_its_id_are_one_too_many(shop: Shop) -> None:
    customer, other = factories.customer(), factories.customer()
    assert customer.user is not None
    api = Api(factories.token_for(customer.user))
    own, foreign = gid(factories.address(customer)), gid(factories.address(other))
    assert shop.book(api, guest=None, addressId=own)["userErrors"] == [("REQUIRED", "address")]
    assert shop.book(api, guest=None, address=None, addressId=foreign)["userErrors"] == [("NOT_FOUND", "addressId")]
    assert shop.book(api)["userErrors"] == [("INVALID_INPUT", "guest")]
    assert shop.book(api, guest=None, customerId=gid(other))["userErrors"] == [("INVALID_INPUT", "customerId")]
    assert Appointment.objects.count() == 0


def test_a_service_that_is_gone_or_an_extra_of_another_is_refused(api: Api, shop: Shop) -> None:
    stranger = factories.extra(factories.service())
    assert shop.book(api, extraIds=[gid(stranger)])["userErrors"] == [("NOT_FOUND", "extraIds.0")]
    twice = [gid(shop.extra), gid(shop.extra)]
    assert shop.book(api, extraIds=twice)["userErrors"] == [("INVALID_INPUT", "extraIds.1")]
    type(shop.service).objects.filter(pk=shop.service.pk).update(is_active=False)
    assert shop.book(api)["userErrors"] == [("NOT_FOUND", "serviceId")]


def test_a_person_who_can_t_come_is_refused_by_name(api: Api, shop: Shop) -> None:
    idle = factories.staff_member(name="Idle")
    far = factories.staff_member(shop.service, postcode="M1", name="Far")
    gone = factories.staff_member(shop.service, is_active=False, name="Gone")
    answers = [shop.book(api, staffId=gid(each))["userErrors"] for each in (idle, far, gone)]
    assert answers == [
        [("STAFF_NOT_QUALIFIED", "staffId")],
        [("OUT_OF_AREA", "staffId")],
        [("STAFF_NOT_QUALIFIED", "staffId")],
    ]


def test_somebody_away_does_not_work_and_somebody_booked_is_taken(api: Api, shop: Shop) -> None:
    away = factories.staff_member(shop.service)
    factories.time_off(away, NINE)
    factories.direct_booking(shop.service, staff=shop.staff, start=NINE)
    assert shop.book(api, staffId=gid(away))["userErrors"] == [("NOT_WORKING", "start")]
    assert shop.book(api, staffId=gid(shop.staff))["userErrors"] == [("SLOT_TAKEN", "start")]
    assert shop.book(api)["userErrors"] == [("NO_STAFF_AVAILABLE", "start")]


def test_a_taken_time_offers_the_person_that_day_then_others_then_the_next_days(api: Api, shop: Shop) -> None:
    factories.works(shop.staff, start="09:00", end="11:30")
    bea = factories.staff_member(shop.service, name="Bea")
    factories.works(bea, start="15:00", end="16:30")
    factories.direct_booking(shop.service, staff=shop.staff, start=NINE)
    payload = shop.book(api, staffId=gid(shop.staff))
    assert payload["userErrors"] == [("SLOT_TAKEN", "start")]
    assert [(each["start"][5:16], each["staff"]["name"]) for each in payload["alternatives"]] == [
        ("03-01T10:15", "Anna"),
        ("03-01T15:00", "Bea"),
        ("03-01T15:15", "Bea"),
        ("03-02T09:00", "Anna"),
        ("03-02T09:15", "Anna"),
    ]
    assert payload["alternatives"][0]["end"] == "2027-03-01T11:15:00+00:00"
    assert payload["alternatives"][0]["staff"]["id"] == gid(shop.staff)


@pytest.mark.parametrize("named", [True, False])
def test_every_alternative_can_be_booked(api: Api, shop: Shop, named: bool) -> None:
    bea = factories.staff_member(shop.service, name="Bea")
    for person in (shop.staff, bea):
        for hour in (0, 2, 4, 6):
            factories.direct_booking(shop.service, staff=person, start=NINE + timedelta(hours=hour))
    wanted = {"staffId": gid(shop.staff)} if named else {}
    offered = shop.book(api, **wanted)["alternatives"]
    assert len(offered) == 5
    for each in offered:
        booked = shop.book(api, start=each["start"], staffId=each["staff"]["id"])
        assert booked["userErrors"] == []
        Appointment.objects.get(start=each["start"], staff__name=each["staff"]["name"]).delete()


def test_a_time_outside_hours_or_off_the_grid_is_answered_with_times_near_it(api: Api, shop: Shop) -> None:
    assert instants(shop.book(api, start="2027-03-01T09:07:00Z"))[:2] == ["2027-03-01T09:00", "2027-03-01T09:15"]
    assert instants(shop.book(api, start="2027-03-01T18:00:00Z"))[0] == "2027-03-01T15:45"
    assert instants(shop.book(api, start="2027-02-01T09:00:00Z"))[0] == "2027-02-01T10:00"


def test_a_summer_morning_is_nine_on_the_wall(api: Api, shop: Shop) -> None:
    assert shop.book(api, start="2027-06-07T08:00:00Z")["userErrors"] == []
    assert shop.book(api, start="2027-06-08T07:45:00Z")["userErrors"] == [("NOT_WORKING", "start")]


# --- Statements -------------------------------------------------------------------------------------------------------


def test_booking_takes_as_many_statements_among_one_as_among_twenty(api: Api, shop: Shop) -> None:
    query = """mutation($input: BookAppointmentInput!) { bookAppointment(input: $input) {
      appointment { start staff { name } } userErrors { code } } }"""
    wanted = shop.booking(extraIds=[gid(shop.extra)], idempotencyKey="one")
    one = statements(api, query, input=wanted)
    for _ in range(19):
        factories.staff_member(shop.service)
    twenty = statements(api, query, input=wanted | {"idempotencyKey": "two"})
    assert len(twenty) == len(one), "\n".join(twenty)
    assert len(one) <= 26, "\n".join(one)
    assert Appointment.objects.count() == 2
