"""The list of staff, what each persona sees of it, and what it costs."""

from datetime import date, timedelta
from typing import Any

import pytest

from backend.staff.models import ScheduleException, Staff
from tests import factories
from tests.client import Api, gid
from tests.factories.business import NOW
from tests.personas import NAMES, Personas
from tests.statements import assert_same_statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

FULL = """query($first: Int = 5, $filters: StaffFilter, $ordering: [StaffOrder!]) {
  staffMembers(first: $first, filters: $filters, ordering: $ordering) { totalCount edges { node {
    id name bio email phone isActive
    workingHours { dayOfWeek start end breaks { start end } }
    scheduleExceptions { id date start end reason }
    services { id service { name } priceOverride { amount } durationOverrideMinutes }
    areas { id postcode radiusMiles }
    timeOff { id start end reason }
  } } } }"""
GATED = ("email", "phone", "isActive", "workingHours", "scheduleExceptions", "services", "areas", "timeOff")


def nodes(api: Api, **variables: Any) -> list[dict[str, Any]]:
    return [edge["node"] for edge in api(FULL, **variables).data["staffMembers"]["edges"]]


def furnish(staff: Staff) -> None:
    """Something in every list."""
    factories.offers(staff, factories.service())
    factories.time_off(staff, NOW + timedelta(days=30))
    ScheduleException.objects.create(staff=staff, date=date(2027, 2, 8))


@pytest.mark.parametrize("persona", NAMES)
def test_everyone_sees_names_and_only_the_person_and_its_managers_the_rest(personas: Personas, persona: str) -> None:
    furnish(personas.staff)
    furnish(personas.other_staff)
    seen = {node["id"]: node for node in nodes(personas[persona])}
    in_full = {key for key, node in seen.items() if all(node[name] not in (None, []) for name in GATED)}
    in_part = {key for key, node in seen.items() if all(node[name] is None for name in GATED)}
    staff, other = gid(personas.staff), gid(personas.other_staff)
    expected = {
        "staff": {staff},
        "other_staff": {other},
        "manager": {staff},
        "admin": {staff, other},
    }.get(persona, set())
    assert in_full == expected
    assert in_part == {staff, other} - expected
    assert seen[staff]["name"] == personas.staff.name


@pytest.mark.parametrize("persona", NAMES)
def test_inactive_staff_are_there_for_those_who_manage_them(personas: Personas, persona: str) -> None:
    Staff.objects.update(is_active=False)
    mine, other = gid(personas.staff), gid(personas.other_staff)
    expected = {"staff": {mine}, "other_staff": {other}, "manager": {mine}, "admin": {mine, other}}
    assert {node["id"] for node in nodes(personas[persona])} == expected.get(persona, set())


@pytest.mark.parametrize("persona", NAMES)
def test_parts_of_staff_are_fetched_by_id_by_those_who_see_all_of_it(personas: Personas, persona: str) -> None:
    furnish(personas.staff)
    row = personas.staff
    ids = [
        gid(row.services.get()),
        gid(row.areas.get(), "ServiceArea"),
        gid(row.time_off.get()),
        gid(row.exceptions.get()),
    ]
    found = personas[persona]("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids).data["nodes"]
    sees = persona in ("staff", "manager", "admin")
    assert found == [{"id": each} if sees else None for each in ids]


def test_staff_are_found_by_service_and_name_and_put_in_order(personas: Personas) -> None:
    service = factories.service()
    zoe = factories.staff_member(service, name="Zoë Ash")
    abe = factories.staff_member(service, factories.service(), name="Abe Ash")
    api = personas["anonymous"]
    assert [n["id"] for n in nodes(api, filters={"service": gid(service)})] == [gid(abe), gid(zoe)]
    assert [n["id"] for n in nodes(api, filters={"search": "ZOË"})] == [gid(zoe)]
    by_name = nodes(api, filters={"search": "ash"}, ordering=[{"name": "DESC"}])
    assert [n["id"] for n in by_name] == [gid(zoe), gid(abe)]
    twice = {"service": gid(service), "OR": {"service": gid(personas_service(abe))}}
    assert [n["id"] for n in nodes(api, filters=twice)] == [gid(abe), gid(zoe)]


def personas_service(row: Staff) -> Any:
    """The latest service that somebody offers."""
    return row.services.order_by("-pk")[0].service


def test_past_absences_and_exceptions_are_left_out_but_those_of_today_are_in(personas: Personas) -> None:
    row = personas.staff
    factories.time_off(row, NOW - timedelta(days=2))
    now = factories.time_off(row, NOW - timedelta(hours=1))
    ScheduleException.objects.create(staff=row, date=date(2027, 1, 31))
    today = ScheduleException.objects.create(staff=row, date=date(2027, 2, 1))
    (node,) = [node for node in nodes(personas["staff"]) if node["id"] == gid(row)]
    assert [each["id"] for each in node["timeOff"]] == [gid(now)]
    assert [each["id"] for each in node["scheduleExceptions"]] == [gid(today)]


def test_the_list_costs_the_same_for_one_member_as_for_fifty(personas: Personas) -> None:
    assert_same_statements(personas["admin"], FULL, add=lambda: furnish(factories.staff_member()), at_most=9, first=55)


def test_what_a_stranger_asks_for_costs_the_same_too(api: Api) -> None:
    assert_same_statements(api, FULL, add=lambda: furnish(factories.staff_member()), at_most=8, first=55)
