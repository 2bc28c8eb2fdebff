"""Absences over visits, and people who leave: refused with the visits, or colleagues take them, or nothing changes."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from backend.catalogue.models import Service
from backend.events.models import Event
from backend.orders.models import Order
from backend.scheduling.models import Appointment, Claim
from backend.staff.models import Staff, TimeOff
from tests import factories
from tests.client import gid
from tests.personas import Personas
from tests.world import digest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london", "at_now")]

MONDAY = datetime(2027, 3, 1, tzinfo=UTC)
VISITS = "visits { id start }"


@pytest.fixture
def service(personas: Personas) -> Service:
    row = factories.service(name="Deep clean")
    factories.offers(personas.staff, row)
    return row


@pytest.fixture
def order(personas: Personas, service: Service) -> Order:
    """A visit of `staff` on Monday from nine to ten."""
    return factories.confirmed_order(service, staff=personas.staff)


Leave = Callable[..., dict[str, Any]]


def away(personas: Personas, name: str = "admin", **given: Any) -> dict[str, Any]:
    values = {"start": MONDAY.isoformat(), "end": (MONDAY + timedelta(days=1)).isoformat()}
    return personas[name].mutate("addTimeOff", {"staffId": gid(personas.staff)} | values | given, VISITS)


def deactivated(personas: Personas, name: str = "admin", **given: Any) -> dict[str, Any]:
    return personas[name].mutate("deactivateStaffMember", {"staffId": gid(personas.staff)} | given, VISITS)


def made_inactive(personas: Personas, name: str = "admin", **given: Any) -> dict[str, Any]:
    values = {"staffId": gid(personas.staff), "isActive": False}
    return personas[name].mutate("updateStaffMember", values | given, VISITS)


def locked_out(personas: Personas, name: str = "admin", **given: Any) -> dict[str, Any]:
    assert personas.staff.user is not None
    return personas[name].mutate("deactivateUser", {"userId": gid(personas.staff.user)} | given, VISITS)


def made_a_customer(personas: Personas, name: str = "admin", **given: Any) -> dict[str, Any]:
    assert personas.staff.user is not None
    values = {"userId": gid(personas.staff.user), "role": "CUSTOMER"}
    return personas[name].mutate("updateUserRole", values | given, VISITS)


WAYS: dict[Leave, tuple[str, str]] = {
    away: ("TIME_OFF_CONFLICT", "start"),
    deactivated: ("VISITS_AHEAD", "staffId"),
    made_inactive: ("VISITS_AHEAD", "isActive"),
    locked_out: ("VISITS_AHEAD", "userId"),
    made_a_customer: ("VISITS_AHEAD", "userId"),
}
ways = pytest.mark.parametrize("leave", WAYS, ids=lambda way: way.__name__)


def visits_of(order: Order) -> list[dict[str, str]]:
    rows = Appointment.objects.filter(order_item__order=order).order_by("start")
    return [{"id": gid(row), "start": row.start.isoformat()} for row in rows]


@ways
def test_visits_ahead_are_listed_and_nothing_changes(personas: Personas, order: Order, leave: Leave) -> None:
    before = digest()
    assert leave(personas) == {"visits": visits_of(order), "userErrors": [WAYS[leave]]}
    assert digest() == before


@ways
def test_colleagues_take_each_visit_at_its_time_and_the_order_names_them(
    personas: Personas, service: Service, order: Order, leave: Leave
) -> None:
    bob = factories.staff_member(service, name="Bob")
    assert leave(personas, reassign=True) == {"visits": [], "userErrors": []}
    visit = Appointment.objects.get()
    assert (visit.staff, visit.start, visit.version) == (bob, MONDAY + timedelta(hours=9), 2)
    claim = Claim.objects.get(appointment=visit)
    assert claim.staff == bob
    query = "query($id: ID!) { node(id: $id) { ... on Order { items { staff { name } } } } }"
    assert personas["admin"](query, id=gid(order)).data["node"] == {"items": [{"staff": {"name": "Bob"}}]}
    moved = Event.objects.get(kind="appointment.moved")
    assert (moved.staff_id, moved.order_id, moved.data["previous"]["staff_id"]) == (
        bob.pk,
        order.pk,
        personas.staff.pk,
    )
    assert Staff.objects.get(pk=personas.staff.pk).is_active is (leave is away)
    assert TimeOff.objects.filter(staff=personas.staff).exists() is (leave is away)


@ways
def test_one_visit_that_nobody_takes_keeps_everything_as_it_was(
    personas: Personas, service: Service, order: Order, leave: Leave
) -> None:
    """Bob could take the first and is taken at the time of the second."""
    bob = factories.staff_member(service)
    second = factories.confirmed_order(service, staff=personas.staff, scheduled_time=time(14))
    factories.confirmed_order(service, staff=bob, scheduled_time=time(14))
    before = digest()
    payload = leave(personas, reassign=True)
    assert payload == {"visits": visits_of(second), "userErrors": [("NO_STAFF_AVAILABLE", "reassign")]}
    assert digest() == before


@ways
def test_work_that_has_begun_refuses_even_so(personas: Personas, service: Service, order: Order, leave: Leave) -> None:
    factories.staff_member(service)
    Appointment.objects.update(status="IN_PROGRESS")
    before = digest()
    payload = leave(personas, reassign=True)
    assert payload["userErrors"] == [("NO_STAFF_AVAILABLE", "reassign")]
    assert digest() == before


@ways
def test_visits_that_are_over_or_closed_keep_nobody(personas: Personas, service: Service, leave: Leave) -> None:
    factories.confirmed_order(service, staff=personas.staff, scheduled_date=date(2027, 1, 25))
    factories.confirmed_order(service, staff=personas.staff)
    closed = Appointment.objects.get(start__gte=MONDAY)
    Appointment.objects.filter(pk=closed.pk).update(status="CANCELLED")
    Claim.objects.filter(appointment=closed).delete()
    assert leave(personas) == {"visits": [], "userErrors": []}


def test_a_manager_lets_colleagues_take_the_visits_of_those_it_manages(
    personas: Personas, service: Service, order: Order
) -> None:
    """Also to somebody whom it does not manage; the order's own access stays as it is."""
    bob = factories.staff_member(service)
    assert away(personas, "manager")["visits"] == visits_of(order)
    assert away(personas, "manager", reassign=True)["userErrors"] == []
    assert Appointment.objects.get().staff == bob
    query = "query($id: ID!) { node(id: $id) { id } }"
    assert personas["manager"](query, id=gid(order)).data["node"] is None


def test_another_absence_in_that_time_is_a_conflict_however_willing_colleagues_are(
    personas: Personas, service: Service, order: Order
) -> None:
    factories.staff_member(service)
    factories.time_off(personas.staff, MONDAY + timedelta(hours=14), hours=2)
    before = digest()
    assert away(personas, reassign=True)["userErrors"] == [("TIME_OFF_CONFLICT", "start")]
    assert digest() == before


def test_whoever_has_left_is_offered_no_more(personas: Personas, service: Service) -> None:
    query = """query($id: ID!) { availability(serviceId: $id, postcode: "SW1A 2AA", from: "2027-03-01",
      to: "2027-03-01") { reason } }"""
    assert personas["admin"](query, id=gid(service)).data["availability"] == [{"reason": None}]
    assert locked_out(personas)["userErrors"] == []
    assert personas["admin"](query, id=gid(service)).data["availability"] == [{"reason": "NO_STAFF_FOR_SERVICE"}]


def test_the_same_key_with_and_without_reassigning_is_a_conflict(personas: Personas, service: Service) -> None:
    assert away(personas, idempotencyKey="k")["userErrors"] == []
    assert away(personas, idempotencyKey="k", reassign=True)["userErrors"] == [
        ("IDEMPOTENCY_CONFLICT", "idempotencyKey")
    ]
