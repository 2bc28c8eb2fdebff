"""createStaffMember."""

from typing import Any

import pytest

from backend.core.viewer import Role
from backend.events.models import Event
from backend.staff.models import Staff
from tests import factories
from tests.client import Api, gid
from tests.factories.business import NOW
from tests.personas import Personas
from tests.rows import snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

RETURNING = "staff { id name email phone bio isActive workingHours { dayOfWeek } services { id } }"
ANNA: dict[str, Any] = {
    "name": " Anna  Novak ",
    "email": "Anna@Example.com",
    "phone": "+44 20 7946 0958",
    "bio": "a\nb",
}


def test_an_admin_takes_somebody_on(personas: Personas) -> None:
    payload = personas["admin"].mutate("createStaffMember", ANNA, RETURNING)
    row = Staff.objects.get(email="anna@example.com")
    assert payload == {
        "staff": {
            "id": gid(row),
            "name": "Anna  Novak",
            "email": "anna@example.com",
            "phone": "+44 20 7946 0958",
            "bio": "a\nb",
            "isActive": True,
            "workingHours": [],
            "services": [],
        },
        "userErrors": [],
    }
    assert (row.created_at, row.user_id) == (NOW, None)
    event = Event.objects.get(kind="staff.changed")
    assert (event.staff_id, event.data) == (row.pk, {})


def test_a_manager_manages_whom_it_takes_on_and_sees_it_in_full_at_once(personas: Personas) -> None:
    payload = personas["other_manager"].mutate("createStaffMember", ANNA, RETURNING)
    row = Staff.objects.get(email="anna@example.com")
    assert payload["staff"]["email"] == "anna@example.com"
    assert list(personas.other_manager.managed_staff.all()) == [row]
    assert row not in personas.manager.managed_staff.all()


def test_the_same_key_gives_the_same_member_back_and_another_input_is_a_conflict(personas: Personas) -> None:
    given = ANNA | {"idempotencyKey": "k1"}
    first = personas["manager"].mutate("createStaffMember", given, "staff { id email }")
    again = personas["manager"].mutate("createStaffMember", given, "staff { id email }")
    assert again == first
    before = snapshot()
    other = personas["manager"].mutate("createStaffMember", given | {"name": "Bea"}, "staff { id }")
    assert other == {"staff": None, "userErrors": [("IDEMPOTENCY_CONFLICT", "idempotencyKey")]}
    assert snapshot() == before


def test_an_admin_links_an_account_that_has_the_role_already(personas: Personas) -> None:
    account = factories.user(Role.STAFF)
    payload = personas["admin"].mutate("createStaffMember", ANNA | {"userId": gid(account)}, "staff { id }")
    assert payload["userErrors"] == []
    assert Staff.objects.get(email="anna@example.com").user == account
    seen = Api(factories.token_for(account))(
        '{ staffMembers(filters: {search: "novak"}) { edges { node { email } } } }'
    )
    assert seen.data["staffMembers"]["edges"] == [{"node": {"email": "anna@example.com"}}]


BAD: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "no name": ({"name": "  "}, [("REQUIRED", "name")]),
    "long name": ({"name": "x" * 201}, [("TOO_LONG", "name")]),
    "control characters": ({"name": "An\x00na"}, [("INVALID_INPUT", "name")]),
    "no e-mail": ({"email": ""}, [("REQUIRED", "email")]),
    "no e-mail address": ({"email": "anna"}, [("INVALID_INPUT", "email")]),
    "long phone": ({"phone": "1" * 33}, [("TOO_LONG", "phone")]),
    "a daily limit of none": ({"maxVisitsPerDay": 0}, [("OUT_OF_RANGE", "maxVisitsPerDay")]),
    "long text": ({"bio": "x" * 5001}, [("TOO_LONG", "bio")]),
    "several": (
        {"name": "", "email": "anna", "phone": "\x07"},
        [("REQUIRED", "name"), ("INVALID_INPUT", "email"), ("INVALID_INPUT", "phone")],
    ),
    "no account": ({"userId": "VXNlcjo5OTk5OTk="}, [("NOT_FOUND", "userId")]),
    "no id": ({"userId": "x"}, [("NOT_FOUND", "userId")]),
    "blank key": ({"idempotencyKey": " "}, [("REQUIRED", "idempotencyKey")]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_by_field_and_changes_nothing(personas: Personas, case: str) -> None:
    change, expected = BAD[case]
    before = snapshot()
    payload = personas["admin"].mutate("createStaffMember", ANNA | change, "staff { id }")
    assert payload == {"staff": None, "userErrors": expected}
    assert snapshot() == before


def test_an_e_mail_is_taken_whatever_its_case(personas: Personas) -> None:
    factories.staff_member(email="ANNA@example.com")
    before = snapshot()
    payload = personas["admin"].mutate("createStaffMember", ANNA, "staff { id }")
    assert payload == {"staff": None, "userErrors": [("ALREADY_EXISTS", "email")]}
    assert snapshot() == before


def test_an_account_of_another_role_or_of_somebody_else_is_not_linked(personas: Personas) -> None:
    assert personas.staff.user is not None
    for account, code in (
        (factories.user(Role.CUSTOMER), "NOT_FOUND"),
        (factories.user(Role.STAFF, is_active=False), "NOT_FOUND"),
        (personas.staff.user, "ALREADY_EXISTS"),
    ):
        before = snapshot()
        payload = personas["admin"].mutate("createStaffMember", ANNA | {"userId": gid(account)}, "staff { id }")
        assert payload == {"staff": None, "userErrors": [(code, "userId")]}
        assert snapshot() == before


def test_a_manager_links_no_account_since_it_sees_none(personas: Personas) -> None:
    given = ANNA | {"userId": gid(factories.user(Role.STAFF))}
    payload = personas["manager"].mutate("createStaffMember", given, "staff { id }")
    assert payload == {"staff": None, "userErrors": [("NOT_FOUND", "userId")]}
