"""A direct booking after it was made: followed by its token, confirmed by the office, found by its customer, listed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from backend.accounts.models import User
from backend.events.models import Event
from backend.scheduling.models import Appointment, Claim, CustomerAppointment
from tests import factories
from tests.client import Api, gid
from tests.factories.business import NOW
from tests.personas import NAMES, Personas
from tests.schema.scheduling.booking import Shop, open_shop
from tests.statements import assert_same_statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
TRACK = """query($token: String!) { trackAppointment(trackingToken: $token) {
  status start trackingToken internalNotes customer { name email } staff { name phone email } } }"""


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def visit(shop: Shop) -> Appointment:
    return factories.direct_booking(shop.service, staff=shop.staff, internal_notes="Dog")


def track(api: Api, token: str | None) -> dict[str, Any] | None:
    found: dict[str, Any] | None = api(TRACK, token=token).data["trackAppointment"]
    return found


# --- trackAppointment -------------------------------------------------------------------------------------------------


def test_whoever_holds_the_token_sees_what_it_booked_and_nothing_internal(api: Api, visit: Appointment) -> None:
    assert track(api, visit.booking.tracking_token) == {
        "status": "CONFIRMED",
        "start": "2027-03-01T09:00:00+00:00",
        "trackingToken": visit.booking.tracking_token,
        "internalNotes": None,
        "customer": {"name": "Ada King", "email": "ada@example.com"},
        "staff": {"name": "Anna", "phone": None, "email": None},
    }


def test_a_wrong_token_opens_nothing(api: Api, visit: Appointment) -> None:
    assert [track(api, token) for token in ("", "wrong", "a\u0000b", "x" * 100)] == [None] * 4


def test_a_link_lives_for_ninety_days_after_the_end(api: Api, visit: Appointment) -> None:
    last = visit.end + timedelta(days=90)
    with time_machine.travel(last, tick=False):
        assert track(api, visit.booking.tracking_token) is not None
    with time_machine.travel(last + timedelta(seconds=1), tick=False):
        assert track(api, visit.booking.tracking_token) is None
        payload = api.mutate("cancelAppointment", {"trackingToken": visit.booking.tracking_token}, "appointment { id }")
        assert payload["userErrors"] == [("NOT_FOUND", "trackingToken")]


def test_tries_with_tokens_are_limited(api: Api, visit: Appointment) -> None:
    codes = [(api(TRACK, token="wrong").codes or [""])[0] for _ in range(75)]
    assert codes[:60] == [""] * 60
    assert codes[-1] == "RATE_LIMITED"


@pytest.mark.parametrize("persona", NAMES)
def test_the_token_is_shown_to_its_customer_and_the_office_alone(personas: Personas, shop: Shop, persona: str) -> None:
    row = factories.direct_booking(shop.service, staff=personas.staff, customer=personas.customer)
    answer = personas[persona]("query($id: ID!) { appointment(id: $id) { trackingToken } }", id=gid(row))
    found = answer.data["appointment"]
    if persona in ("customer", "manager", "admin"):
        assert found == {"trackingToken": row.booking.tracking_token}
    else:
        assert found == ({"trackingToken": None} if persona == "staff" else None)


# --- confirmAppointment -----------------------------------------------------------------------------------------------


def test_the_office_confirms_a_visit_that_waits(personas: Personas, shop: Shop) -> None:
    row = factories.direct_booking(shop.service, staff=personas.staff, status="PENDING")
    wanted = {"appointmentId": gid(row), "version": 1}
    payload = personas["manager"].mutate("confirmAppointment", wanted, "appointment { status version }")
    assert payload == {"appointment": {"status": "CONFIRMED", "version": 2}, "userErrors": []}
    event = Event.objects.get()
    assert (event.kind, event.data["previous"]["status"]) == ("appointment.confirmed", "PENDING")
    assert Claim.objects.count() == 1
    again = personas["admin"].mutate("confirmAppointment", wanted, "appointment { id }")
    assert again["userErrors"] == [("STALE_VERSION", "version")]
    again = personas["admin"].mutate("confirmAppointment", {"appointmentId": gid(row)}, "appointment { id }")
    assert again["userErrors"] == [("INVALID_TRANSITION", "")]


def test_a_visit_whose_time_has_come_is_not_promised_any_more(personas: Personas, shop: Shop) -> None:
    row = factories.direct_booking(shop.service, staff=personas.staff, status="PENDING")
    with time_machine.travel(NINE, tick=False):
        payload = personas["admin"].mutate("confirmAppointment", {"appointmentId": gid(row)}, "appointment { id }")
    assert payload["userErrors"] == [("IN_THE_PAST", "appointmentId")]
    row.refresh_from_db()
    assert (row.status, row.version, Event.objects.count()) == ("PENDING", 1, 0)


# --- linkGuestAppointment ---------------------------------------------------------------------------------------------


def link(api: Api, row: Appointment) -> list[tuple[str, str]]:
    wanted = {"trackingToken": row.booking.tracking_token}
    errors: list[tuple[str, str]] = api.mutate("linkGuestAppointment", wanted, "appointment { id }")["userErrors"]
    return errors


def test_a_customer_whose_proven_e_mail_is_the_guests_takes_a_booking_over(
    personas: Personas, visit: Appointment
) -> None:
    api = personas["customer"]
    assert link(api, visit) == [("EMAIL_NOT_VERIFIED", "")]
    User.objects.update(email_verified_at=NOW)
    assert link(api, visit) == [("EMAIL_MISMATCH", "trackingToken")]
    User.objects.filter(customer=personas.customer).update(email="ADA@example.com")
    assert Event.objects.count() == 0
    assert link(api, visit) == []
    assert CustomerAppointment.objects.get().customer_id == personas.customer.pk
    event = Event.objects.get()
    assert (event.kind, event.customer_id) == ("booking.linked", personas.customer.pk)
    assert link(api, visit) == [("INVALID_TRANSITION", "trackingToken")]


# --- Lists ------------------------------------------------------------------------------------------------------------


def listed(api: Api, filters: str) -> list[str]:
    query = (
        f"{{ appointments(filters: {{ {filters} }}, ordering: [{{ start: ASC }}]) {{ edges {{ node {{ id }} }} }} }}"
    )
    return [edge["node"]["id"] for edge in api(query).data["appointments"]["edges"]]


def test_visits_are_found_by_service_kind_and_words(personas: Personas, shop: Shop) -> None:
    windows = factories.service(name="Window wash")
    ada = factories.direct_booking(shop.service, staff=shop.staff)
    bob = factories.direct_booking(
        windows, staff=shop.staff, start=NINE + timedelta(hours=3), contact_name="Bob Stone", postcode="N1 1AA"
    )
    order = factories.confirmed_order(shop.service, staff=personas.staff)
    ordered = Appointment.objects.get(order_item__order=order)
    admin = personas["admin"]
    assert listed(admin, "type: SINGLE") == [gid(ada), gid(bob)]
    assert listed(admin, "type: ORDER_ITEM") == [gid(ordered)]
    assert listed(admin, f'serviceId: "{gid(windows)}"') == [gid(bob)]
    assert [listed(admin, f'search: "{text}"') for text in ("STONE", "n1 1", "window", "nobody")] == [
        [gid(bob)],
        [gid(bob)],
        [gid(bob)],
        [],
    ]


def test_nobody_searches_in_what_it_does_not_see(personas: Personas, shop: Shop) -> None:
    factories.direct_booking(shop.service, staff=shop.staff)
    for persona in NAMES:
        assert listed(personas[persona], 'search: "Ada"') == [] or persona == "admin"


def test_a_list_of_fifty_bookings_takes_the_statements_of_one(personas: Personas, shop: Shop) -> None:
    starts = iter(NINE + timedelta(days=number) for number in range(60))
    query = """{ appointments(first: 60) { totalCount edges { node {
      id status type canCancel canReschedule trackingToken
      rescheduleDeadline price { amount } customer { name } staff { name } service { name } order { id } } } } }"""
    add = lambda: factories.direct_booking(  # noqa: E731
        shop.service, staff=shop.staff, customer=personas.customer, start=next(starts)
    )
    assert_same_statements(personas["customer"], query, add=add, at_most=7)
