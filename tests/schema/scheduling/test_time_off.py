"""Absences through the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.accounts.models import Manager
from backend.events.models import Event
from backend.scheduling.models import Claim
from backend.staff.models import TimeOff
from tests import factories
from tests.client import gid
from tests.personas import NAMES, Personas
from tests.rows import snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

ABSENCE = "timeOff { id start end reason }"
MONDAY = datetime(2027, 3, 1, tzinfo=UTC)


def given(personas: Personas, start: datetime = MONDAY, hours: float = 24, **more: Any) -> dict[str, Any]:
    end = start + timedelta(hours=hours)
    return {"staffId": gid(personas.staff), "start": start.isoformat(), "end": end.isoformat()} | more


def test_an_absence_claims_its_time_and_is_told(personas: Personas) -> None:
    payload = personas["admin"].mutate("addTimeOff", given(personas, reason="Holiday"), ABSENCE)
    row = TimeOff.objects.select_related("claim").get()
    assert payload == {
        "timeOff": {
            "id": gid(row),
            "start": "2027-03-01T00:00:00+00:00",
            "end": "2027-03-02T00:00:00+00:00",
            "reason": "Holiday",
        },
        "userErrors": [],
    }
    assert (row.claim.staff_id, row.claim.kind, row.claim.period.lower, row.claim.period.upper) == (
        personas.staff.pk,
        "TIME_OFF",
        MONDAY,
        MONDAY + timedelta(days=1),
    )
    assert Event.objects.filter(kind="staff.time_off_recorded", staff_id=personas.staff.pk).count() == 1


def test_visits_in_the_way_are_named_and_nothing_changes(personas: Personas) -> None:
    service = factories.service(name="Deep clean")
    factories.offers(personas.staff, service)
    factories.confirmed_order(service, staff=personas.staff)
    before = snapshot()
    query = """mutation($input: AddTimeOffInput!) { addTimeOff(input: $input) {
      timeOff { id } userErrors { code field message } } }"""
    payload = personas["admin"](query, input=given(personas)).data["addTimeOff"]
    assert payload == {
        "timeOff": None,
        "userErrors": [
            {
                "code": "TIME_OFF_CONFLICT",
                "field": ["start"],
                "message": "This time is taken: Deep clean for Ada King on 1 Mar 2027 at 09:00.",
            }
        ],
    }
    assert snapshot() == before


def test_the_buffer_of_a_visit_is_in_the_way_and_its_end_is_not(personas: Personas) -> None:
    factories.confirmed_order(factories.service(), staff=personas.staff)
    free_at = MONDAY + timedelta(hours=10, minutes=15)
    early = given(personas, free_at - timedelta(minutes=1), hours=1)
    assert personas["admin"].mutate("addTimeOff", early, ABSENCE)["userErrors"] == [("TIME_OFF_CONFLICT", "start")]
    assert personas["admin"].mutate("addTimeOff", given(personas, free_at, hours=1), ABSENCE)["userErrors"] == []


def test_two_absences_of_one_person_never_overlap(personas: Personas) -> None:
    factories.time_off(personas.staff, MONDAY, hours=24)
    payload = personas["admin"].mutate("addTimeOff", given(personas, hours=1), ABSENCE)
    assert payload["userErrors"] == [("TIME_OFF_CONFLICT", "start")]
    assert Claim.objects.count() == 1


def test_a_cancelled_visit_is_not_in_the_way(personas: Personas) -> None:
    order = factories.confirmed_order(factories.service(), staff=personas.staff)
    Claim.objects.filter(appointment__order_item__order=order).delete()
    assert personas["admin"].mutate("addTimeOff", given(personas), ABSENCE)["userErrors"] == []


def test_somebody_who_fell_ill_this_morning_can_be_entered(personas: Personas, now: datetime) -> None:
    payload = personas["admin"].mutate("addTimeOff", given(personas, now - timedelta(hours=1), hours=9), ABSENCE)
    assert payload["userErrors"] == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"end": "2027-03-01T00:00:00Z"}, ("INVALID_INPUT", "end")),
        ({"end": "2027-02-28T00:00:00Z"}, ("INVALID_INPUT", "end")),
        ({"start": "2027-01-04T09:00:00Z", "end": "2027-01-04T17:00:00Z"}, ("IN_THE_PAST", "end")),
        ({"start": "2020-01-04T09:00:00Z", "end": "2020-01-04T17:00:00Z"}, ("OUT_OF_RANGE", "start")),
        ({"end": "2029-03-02T00:00:00Z"}, ("OUT_OF_RANGE", "end")),
        ({"reason": "x" * 201}, ("TOO_LONG", "reason")),
        ({"reason": "a\u0007b"}, ("INVALID_INPUT", "reason")),
        ({"staffId": "U3RhZmY6OTk5OTk5"}, ("NOT_FOUND", "staffId")),
        ({"staffId": "garbage"}, ("NOT_FOUND", "staffId")),
    ],
)
def test_bad_input_is_named_and_changes_nothing(
    personas: Personas, change: dict[str, Any], error: tuple[str, str]
) -> None:
    before = snapshot()
    payload = personas["admin"].mutate("addTimeOff", given(personas) | change, ABSENCE)
    assert (payload["timeOff"], payload["userErrors"]) == (None, [error])
    assert snapshot() == before


def test_a_repeated_request_makes_one_absence_and_other_input_is_a_conflict(personas: Personas) -> None:
    wanted = given(personas, idempotencyKey="once")
    first = personas["admin"].mutate("addTimeOff", wanted, ABSENCE)
    assert personas["admin"].mutate("addTimeOff", wanted, ABSENCE) == first
    assert TimeOff.objects.count() == 1
    other = personas["admin"].mutate("addTimeOff", wanted | {"reason": "Other"}, ABSENCE)
    assert other["userErrors"] == [("IDEMPOTENCY_CONFLICT", "idempotencyKey")]


def test_taking_an_absence_back_frees_its_time(personas: Personas) -> None:
    absence = factories.time_off(personas.staff, MONDAY)
    payload = personas["admin"].mutate("removeTimeOff", {"timeOffId": gid(absence)}, "staff { id timeOff { id } }")
    assert payload == {"staff": {"id": gid(personas.staff), "timeOff": []}, "userErrors": []}
    assert (TimeOff.objects.count(), Claim.objects.count()) == (0, 0)
    assert Event.objects.filter(kind="staff.time_off_erased", staff_id=personas.staff.pk).count() == 1
    again = personas["admin"].mutate("removeTimeOff", {"timeOffId": gid(absence)}, "staff { id }")
    assert again["userErrors"] == [("NOT_FOUND", "timeOffId")]


@pytest.mark.parametrize("mutation", ["addTimeOff", "removeTimeOff"])
@pytest.mark.parametrize("persona", NAMES)
def test_only_who_is_away_and_the_office_that_manages_it_enter_absences(
    personas: Personas, persona: str, mutation: str
) -> None:
    absence = factories.time_off(personas.staff, MONDAY + timedelta(days=7))
    wanted = given(personas) if mutation == "addTimeOff" else {"timeOffId": gid(absence)}
    kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
    query = f"mutation($input: {kind}) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}"
    before = snapshot()
    answer = personas[persona](query, input=wanted)
    if persona in ("admin", "manager", "staff"):
        assert answer.data[mutation]["userErrors"] == []
        return
    if persona in ("other_manager", "other_staff") and mutation == "removeTimeOff":
        assert answer.data[mutation]["userErrors"] == [{"code": "NOT_FOUND"}]
    else:
        assert answer.codes == ["UNAUTHENTICATED" if persona in ("anonymous", "guest") else "FORBIDDEN"]
    assert snapshot() == before


def test_a_manager_without_the_flag_enters_none(personas: Personas) -> None:
    Manager.objects.update(can_manage_staff=False)
    query = "mutation($input: AddTimeOffInput!) { addTimeOff(input: $input) { userErrors { code } } }"
    assert personas["manager"](query, input=given(personas)).codes == ["FORBIDDEN"]
    assert TimeOff.objects.count() == 0
