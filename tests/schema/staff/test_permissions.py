"""Who may change staff: every mutation, asked by every persona."""

from datetime import date
from typing import Any

import pytest

from backend.accounts.models import Manager
from backend.staff.models import ScheduleException, StaffArea
from tests import factories
from tests.client import gid
from tests.personas import NAMES, Personas
from tests.rows import snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "london")]

MUTATIONS = (
    "createStaffMember",
    "updateStaffMember",
    "deactivateStaffMember",
    "setWorkingHours",
    "removeWorkingDay",
    "setScheduleException",
    "removeScheduleException",
    "assignService",
    "unassignService",
    "addServiceArea",
    "removeServiceArea",
)
HIDDEN = {"removeScheduleException", "removeServiceArea"}
"""What they name is not to be seen by other staff and by a manager of others."""
OWN = HIDDEN | {"setWorkingHours", "removeWorkingDay", "setScheduleException", "addServiceArea"}
"""What a member of staff does for itself."""


def given_for(name: str, personas: Personas) -> dict[str, Any]:
    """A good input of each mutation, all for `staff`."""
    staff = {"staffId": gid(personas.staff)}
    service = factories.service()
    factories.offers(personas.staff, service)
    exception = ScheduleException.objects.create(staff=personas.staff, date=date(2027, 2, 8))
    area = StaffArea.objects.filter(staff=personas.staff).earliest("pk")
    inputs: dict[str, dict[str, Any]] = {
        "createStaffMember": {"name": "Anna", "email": "anna@example.com"},
        "updateStaffMember": staff | {"name": "Anna"},
        "deactivateStaffMember": staff,
        "setWorkingHours": staff | {"hours": []},
        "removeWorkingDay": staff | {"dayOfWeek": "FRIDAY"},
        "setScheduleException": staff | {"date": "2027-03-01"},
        "removeScheduleException": {"exceptionId": gid(exception)},
        "assignService": staff | {"serviceId": gid(service), "durationOverrideMinutes": 30},
        "unassignService": staff | {"serviceId": gid(service)},
        "addServiceArea": staff | {"postcode": "E2", "radiusMiles": 1},
        "removeServiceArea": {"areaId": gid(area, "ServiceArea")},
    }
    return inputs[name]


def expected(mutation: str, persona: str) -> str:
    """OK, a GraphQL error's code, or a user error's."""
    if persona in ("anonymous", "guest"):
        return "UNAUTHENTICATED"
    if persona in ("admin", "manager") or (persona == "other_manager" and mutation == "createStaffMember"):
        return "OK"
    if persona == "staff" and mutation in OWN:
        return "OK"
    if persona in ("other_manager", "other_staff") and mutation in HIDDEN:
        return "NOT_FOUND"
    return "FORBIDDEN"


def outcome(personas: Personas, persona: str, mutation: str, given: dict[str, Any]) -> str:
    kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
    answer = personas[persona](
        f"mutation($input: {kind}) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}", input=given
    )
    if answer.errors:
        return ",".join(answer.codes)
    return ",".join(error["code"] for error in answer.data[mutation]["userErrors"]) or "OK"


@pytest.mark.parametrize("persona", NAMES)
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_each_persona_may_or_changes_nothing(personas: Personas, mutation: str, persona: str) -> None:
    given = given_for(mutation, personas)
    before = snapshot()
    assert outcome(personas, persona, mutation, given) == expected(mutation, persona)
    assert (snapshot() != before) == (expected(mutation, persona) == "OK")


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_manager_without_the_flag_may_not_even_for_its_own(personas: Personas, mutation: str) -> None:
    Manager.objects.filter(pk=personas.manager.pk).update(can_manage_staff=False, can_manage_all=True)
    given = given_for(mutation, personas)
    before = snapshot()
    assert outcome(personas, "manager", mutation, given) == "FORBIDDEN"
    assert snapshot() == before


def test_a_manager_of_all_changes_anybody(personas: Personas) -> None:
    Manager.objects.filter(pk=personas.other_manager.pk).update(can_manage_all=True)
    for mutation in MUTATIONS:
        ScheduleException.objects.all().delete()
        factories.works(personas.staff)
        if mutation == "unassignService":
            personas.staff.services.all().delete()
        assert outcome(personas, "other_manager", mutation, given_for(mutation, personas)) == "OK"
