"""What staff change of themselves: at once, or, where the business says so, when the office approves."""

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from django.conf import settings

from backend.accounts.models import Manager
from backend.events.models import Event
from backend.scheduling.models import Appointment, Claim
from backend.staff.models import ScheduleException, StaffArea, StaffChange, StaffSchedule, TimeOff
from tests import factories
from tests.client import gid
from tests.factories.business import NOW
from tests.personas import Personas
from tests.rows import snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "london")]

WAITS = "outcome pendingChange { id kind status payload }"
HOURS = [{"dayOfWeek": "MONDAY", "start": "08:00", "end": "12:00", "breaks": [{"start": "10:00", "end": "10:15"}]}]


@pytest.fixture
def approval(settings: Any) -> None:
    """Changes of staff wait for the office."""
    settings.ROTA_BUSINESS = replace(settings.ROTA_BUSINESS, staff_changes_need_approval=True)


def wishes(personas: Personas) -> dict[str, dict[str, Any]]:
    """One input of each mutation that staff use for themselves."""
    staff = {"staffId": gid(personas.staff)}
    exception = ScheduleException.objects.create(staff=personas.staff, date=date(2027, 2, 8))
    area = StaffArea.objects.get(staff=personas.staff)
    absence = factories.time_off(personas.staff, NOW.replace(month=6))
    return {
        "setWorkingHours": staff | {"hours": HOURS},
        "removeWorkingDay": staff | {"dayOfWeek": "FRIDAY"},
        "setScheduleException": staff | {"date": "2027-03-01", "start": "10:00", "end": "12:00", "reason": "Dentist"},
        "removeScheduleException": {"exceptionId": gid(exception)},
        "addServiceArea": staff | {"postcode": "n1 9gu", "radiusMiles": 2.5},
        "removeServiceArea": {"areaId": gid(area, "ServiceArea")},
        "addTimeOff": staff | {"start": "2027-04-05T08:00:00Z", "end": "2027-04-06T08:00:00Z", "reason": "Easter"},
        "removeTimeOff": {"timeOffId": gid(absence)},
    }


def times(personas: Personas) -> list[Any]:
    """All that availability reads of the member of staff."""
    own = {"staff": personas.staff}
    return [
        list(StaffSchedule.objects.filter(**own).values_list("day_of_week", "start", "end", "breaks")),
        list(ScheduleException.objects.filter(**own).order_by("date").values_list("date", "start", "end", "reason")),
        list(StaffArea.objects.filter(**own).values_list("postcode", "radius_miles")),
        list(TimeOff.objects.filter(**own).values_list("start", "end", "reason")),
        list(Claim.objects.filter(**own).order_by("period").values_list("period", "kind")),
    ]


@pytest.mark.parametrize("name", ["setWorkingHours", "addTimeOff", "removeServiceArea"])
def test_staff_change_their_own_time_at_once_where_nothing_else_is_said(personas: Personas, name: str) -> None:
    given = wishes(personas)[name]
    before = times(personas)
    payload = personas["staff"].mutate(name, given, WAITS)
    assert payload == {"outcome": "APPLIED", "pendingChange": None, "userErrors": []}
    assert times(personas) != before
    assert not StaffChange.objects.exists()


NAMES = tuple(
    [
        "setWorkingHours",
        "removeWorkingDay",
        "setScheduleException",
        "removeScheduleException",
        "addServiceArea",
        "removeServiceArea",
        "addTimeOff",
        "removeTimeOff",
    ]
)


@pytest.mark.usefixtures("approval")
@pytest.mark.parametrize("name", NAMES)
def test_a_wish_waits_and_when_approved_does_what_the_office_could_have_done(personas: Personas, name: str) -> None:
    given = wishes(personas)[name]
    before = times(personas)
    payload = personas["staff"].mutate(name, given, WAITS)
    assert (payload["outcome"], payload["pendingChange"]["status"]) == ("PENDING", "PENDING")
    assert times(personas) == before
    change = {"changeId": payload["pendingChange"]["id"], "note": "Fine"}
    approved = personas["manager"].mutate("approveStaffChange", change, "change { status reviewNote reviewedAt }")
    assert approved["change"] == {"status": "APPROVED", "reviewNote": "Fine", "reviewedAt": NOW.isoformat()}
    after = times(personas)
    assert after != before
    kinds = list(Event.objects.filter(kind__startswith="staff.change_").order_by("id").values_list("kind", flat=True))
    assert kinds == ["staff.change_requested", "staff.change_approved"]

    # The same by the office itself, on a person that looks like this one did.
    StaffChange.objects.all().delete()
    for model in (StaffSchedule, ScheduleException, StaffArea, Claim, TimeOff):
        model.objects.filter(staff=personas.staff).delete()
    factories.works(personas.staff)
    factories.area(personas.staff)
    again = wishes(personas)[name]
    assert times(personas) == before
    assert personas["admin"].mutate(name, again, WAITS)["outcome"] == "APPLIED"
    assert times(personas) == after


@pytest.mark.usefixtures("approval")
def test_what_the_office_changes_never_waits(personas: Personas) -> None:
    payload = personas["manager"].mutate("setWorkingHours", wishes(personas)["setWorkingHours"], WAITS)
    assert (payload["outcome"], StaffChange.objects.count()) == ("APPLIED", 0)


@pytest.mark.usefixtures("approval")
def test_one_wish_of_a_kind_waits_at_a_time_until_it_is_withdrawn(personas: Personas) -> None:
    given = wishes(personas)
    first = personas["staff"].mutate("setWorkingHours", given["setWorkingHours"], WAITS)["pendingChange"]
    second = personas["staff"].mutate("setWorkingHours", given["setWorkingHours"], WAITS)
    assert (second["outcome"], second["userErrors"]) == (None, [("ALREADY_EXISTS", "")])
    assert personas["staff"].mutate("addServiceArea", given["addServiceArea"], WAITS)["outcome"] == "PENDING"
    withdrawn = personas["staff"].mutate("withdrawStaffChange", {"changeId": first["id"]}, "change { status }")
    assert withdrawn["change"] == {"status": "WITHDRAWN"}
    assert personas["staff"].mutate("setWorkingHours", given["setWorkingHours"], WAITS)["outcome"] == "PENDING"


@pytest.mark.usefixtures("approval")
def test_a_wish_that_makes_no_sense_is_refused_when_it_is_made(personas: Personas) -> None:
    given = wishes(personas)
    bad: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
        "setWorkingHours": ({"hours": [HOURS[0] | {"end": "07:00", "breaks": []}]}, [("INVALID_INPUT", "hours.0.end")]),
        "addServiceArea": (
            {"postcode": "ZE1", "radiusMiles": 0},
            [("UNKNOWN_POSTCODE", "postcode"), ("OUT_OF_RANGE", "radiusMiles")],
        ),
        "addTimeOff": ({"end": "2027-04-01T08:00:00Z"}, [("INVALID_INPUT", "end")]),
    }
    before = snapshot()
    for name, (change, errors) in bad.items():
        assert personas["staff"].mutate(name, given[name] | change, WAITS)["userErrors"] == errors
    assert snapshot() == before


@pytest.mark.usefixtures("approval")
def test_a_wish_that_does_not_fit_any_more_goes_on_waiting(personas: Personas) -> None:
    given = wishes(personas)["addTimeOff"]
    change = personas["staff"].mutate("addTimeOff", given, WAITS)["pendingChange"]
    service = factories.service()
    day = date(2027, 4, 5)
    factories.confirmed_order(service, staff=personas.staff, scheduled_date=day, scheduled_time=time(10))
    before = snapshot()
    payload = personas["manager"].mutate("approveStaffChange", {"changeId": change["id"]}, "change { id }")
    assert payload == {"change": None, "userErrors": [("TIME_OFF_CONFLICT", "changeId")]}
    assert snapshot() == before


@pytest.mark.usefixtures("approval")
def test_what_is_decided_is_decided(personas: Personas) -> None:
    given = wishes(personas)["setWorkingHours"]
    before = times(personas)
    change = {"changeId": personas["staff"].mutate("setWorkingHours", given, WAITS)["pendingChange"]["id"]}
    no_reason = personas["manager"].mutate("rejectStaffChange", change | {"note": " "}, "change { id }")
    assert no_reason["userErrors"] == [("REQUIRED", "note")]
    rejected = personas["manager"].mutate("rejectStaffChange", change | {"note": "Too short"}, "change { status }")
    assert rejected["change"] == {"status": "REJECTED"}
    for who, name, more in (
        ("manager", "approveStaffChange", {}),
        ("admin", "rejectStaffChange", {"note": "x"}),
        ("staff", "withdrawStaffChange", {}),
    ):
        payload = personas[who].mutate(name, change | more, "change { id }")
        assert payload["userErrors"] == [("INVALID_TRANSITION", "changeId")]
    assert times(personas) == before


@pytest.mark.usefixtures("approval")
def test_a_manager_without_the_flag_decides_nothing(personas: Personas) -> None:
    change = personas["staff"].mutate("setWorkingHours", wishes(personas)["setWorkingHours"], WAITS)["pendingChange"]
    Manager.objects.update(can_manage_staff=False)
    query = "mutation($i: ApproveStaffChangeInput!) { approveStaffChange(input: $i) { userErrors { code } } }"
    assert personas["manager"](query, i={"changeId": change["id"]}).codes == ["FORBIDDEN"]
    assert StaffChange.objects.get().status == "PENDING"


def test_the_setting_is_off_unless_the_business_turns_it_on() -> None:
    assert settings.ROTA_BUSINESS.staff_changes_need_approval is False


def test_a_day_without_hours_can_not_lose_them(personas: Personas) -> None:
    given = {"staffId": gid(personas.staff), "dayOfWeek": "SUNDAY"}
    payload = personas["staff"].mutate("removeWorkingDay", given, "staff { id }")
    assert payload == {"staff": None, "userErrors": [("NOT_FOUND", "dayOfWeek")]}


def test_visits_stay_when_the_service_is_taken_from_their_member_of_staff(personas: Personas) -> None:
    service = factories.service()
    factories.offers(personas.staff, service)
    factories.confirmed_order(service, staff=personas.staff)
    visits = snapshot()["scheduling.Appointment"]
    given = {"staffId": gid(personas.staff), "serviceId": gid(service)}
    assert personas["admin"].mutate("unassignService", given, "staff { id }")["userErrors"] == []
    assert (snapshot()["scheduling.Appointment"], len(visits)) == (visits, 1)


@pytest.mark.usefixtures("approval")
def test_a_wish_for_time_off_over_visits_is_approved_once_colleagues_take_them_all(personas: Personas) -> None:
    given = wishes(personas)["addTimeOff"]
    change = personas["staff"].mutate("addTimeOff", given, WAITS)["pendingChange"]
    service = factories.service()
    factories.offers(personas.staff, service)
    factories.confirmed_order(service, staff=personas.staff, scheduled_date=date(2027, 4, 5), scheduled_time=time(10))
    visit = Appointment.objects.get()
    before = snapshot()

    def approved(**more: Any) -> dict[str, Any]:
        wanted = {"changeId": change["id"]} | more
        return personas["manager"].mutate("approveStaffChange", wanted, "change { status } visits { id }")

    in_the_way = {"change": None, "visits": [{"id": gid(visit)}]}
    assert approved() == in_the_way | {"userErrors": [("TIME_OFF_CONFLICT", "changeId")]}
    assert approved(reassign=True) == in_the_way | {"userErrors": [("NO_STAFF_AVAILABLE", "reassign")]}
    assert snapshot() == before
    bob = factories.staff_member(service, name="Bob")
    assert approved(reassign=True) == {"change": {"status": "APPROVED"}, "visits": [], "userErrors": []}
    visit.refresh_from_db()
    assert visit.staff == bob
    assert TimeOff.objects.filter(staff=personas.staff, start__gt=NOW, start__month=4).exists()
