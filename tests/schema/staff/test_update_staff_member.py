"""updateStaffMember and deactivateStaffMember."""

from typing import Any

import pytest

from backend.events.models import Event
from backend.staff.models import Staff
from tests import factories
from tests.client import gid
from tests.personas import Personas
from tests.rows import snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def test_what_is_given_changes_and_the_rest_stays(personas: Personas) -> None:
    before = Staff.objects.values().get(pk=personas.staff.pk)
    payload = personas["manager"].mutate(
        "updateStaffMember",
        {"staffId": gid(personas.staff), "bio": "Ten years.", "phone": "020"},
        "staff { bio phone }",
    )
    assert payload == {"staff": {"bio": "Ten years.", "phone": "020"}, "userErrors": []}
    assert Staff.objects.values().get(pk=personas.staff.pk) == before | {"bio": "Ten years.", "phone": "020"}


def test_deactivating_hides_a_member_from_the_public_and_twice_is_no_error(personas: Personas) -> None:
    given = {"staffId": gid(personas.staff)}
    for _ in range(2):
        payload = personas["manager"].mutate("deactivateStaffMember", given, "staff { isActive }")
        assert payload == {"staff": {"isActive": False}, "userErrors": []}
    assert Event.objects.filter(kind="staff.changed", staff_id=personas.staff.pk).count() == 1
    query = "query($id: ID!) { node(id: $id) { id } }"
    seen = {name for name, api in personas.apis.items() if api(query, id=gid(personas.staff)).data["node"]}
    assert seen == {"staff", "manager", "admin"}


def test_an_inactive_member_is_brought_back(personas: Personas) -> None:
    Staff.objects.filter(pk=personas.staff.pk).update(is_active=False)
    payload = personas["manager"].mutate(
        "updateStaffMember", {"staffId": gid(personas.staff), "isActive": True}, "staff { isActive }"
    )
    assert payload == {"staff": {"isActive": True}, "userErrors": []}


def test_a_daily_limit_is_set_kept_and_taken_away(personas: Personas) -> None:
    def change(**given: Any) -> Any:
        given = {"staffId": gid(personas.staff)} | given
        payload = personas["manager"].mutate("updateStaffMember", given, "staff { maxVisitsPerDay }")
        assert payload["userErrors"] == []
        return payload["staff"]["maxVisitsPerDay"]

    assert [change(maxVisitsPerDay=3), change(bio="x"), change(maxVisitsPerDay=None)] == [3, 3, None]


def test_a_daily_limit_is_shown_to_the_member_and_to_whoever_manages_it(personas: Personas) -> None:
    Staff.objects.filter(pk=personas.staff.pk).update(max_visits_per_day=3)
    query = "query($id: ID!) { node(id: $id) { ... on Staff { maxVisitsPerDay } } }"
    seen = {
        name
        for name, api in personas.apis.items()
        if api(query, id=gid(personas.staff)).data["node"] == {"maxVisitsPerDay": 3}
    }
    assert seen == {"staff", "manager", "admin"}


def test_somebody_elses_e_mail_is_refused(personas: Personas) -> None:
    before = snapshot()
    given = {"staffId": gid(personas.staff), "email": personas.other_staff.email.upper()}
    payload = personas["admin"].mutate("updateStaffMember", given, "staff { id }")
    assert payload == {"staff": None, "userErrors": [("ALREADY_EXISTS", "email")]}
    assert snapshot() == before


BAD: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "no visits at all": ({"maxVisitsPerDay": 0}, [("OUT_OF_RANGE", "maxVisitsPerDay")]),
    "too many visits": ({"maxVisitsPerDay": 101}, [("OUT_OF_RANGE", "maxVisitsPerDay")]),
    "blank name": ({"name": "\t"}, [("REQUIRED", "name")]),
    "blank e-mail": ({"email": ""}, [("REQUIRED", "email")]),
    "control characters": ({"bio": "\x1b[31m"}, [("INVALID_INPUT", "bio")]),
    "unknown account": ({"userId": "VXNlcjo5OTk5OTk="}, [("NOT_FOUND", "userId")]),
    "unknown member": ({"staffId": "U3RhZmY6OTk5OTk5"}, [("NOT_FOUND", "staffId")]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_by_field_and_changes_nothing(personas: Personas, case: str) -> None:
    change, expected = BAD[case]
    before = snapshot()
    payload = personas["admin"].mutate("updateStaffMember", {"staffId": gid(personas.staff)} | change, "staff { id }")
    assert payload == {"staff": None, "userErrors": expected}
    assert snapshot() == before


def test_an_inactive_member_that_a_manager_does_not_manage_is_not_there(personas: Personas) -> None:
    hidden = factories.staff_member(is_active=False)
    given = {"staffId": gid(hidden), "bio": "x"}
    payload = personas["manager"].mutate("updateStaffMember", given, "staff { id }")
    assert payload == {"staff": None, "userErrors": [("NOT_FOUND", "staffId")]}
