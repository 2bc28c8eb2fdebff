"""setWorkingHours, setScheduleException and removeScheduleException."""

from datetime import date, time
from typing import Any

import pytest

from backend.events.models import Event
from backend.staff.models import ScheduleException, StaffSchedule
from backend.staff.queries import rosters
from tests.client import gid
from tests.personas import Personas
from tests.rows import snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

WEEK = "staff { id workingHours { dayOfWeek start end breaks { start end } } }"
EXCEPTION = "scheduleException { id date start end reason }"


def day(name: str = "MONDAY", start: str = "09:00", end: str = "17:00", *breaks: tuple[str, str]) -> dict[str, Any]:
    return {
        "dayOfWeek": name,
        "start": start,
        "end": end,
        "breaks": [{"start": low, "end": high} for low, high in breaks],
    }


def test_the_whole_week_is_replaced_and_comes_back_from_monday_with_breaks_in_order(personas: Personas) -> None:
    hours = [
        day("SUNDAY", "10:00", "14:00"),
        day("TUESDAY", "09:00", "17:00", ("15:00", "15:15"), ("12:00", "12:30")),
    ]
    payload = personas["manager"].mutate("setWorkingHours", {"staffId": gid(personas.staff), "hours": hours}, WEEK)
    assert payload == {
        "staff": {
            "id": gid(personas.staff),
            "workingHours": [
                day("TUESDAY", "09:00", "17:00", ("12:00", "12:30"), ("15:00", "15:15")),
                day("SUNDAY", "10:00", "14:00"),
            ],
        },
        "userErrors": [],
    }
    assert Event.objects.filter(kind="staff.working_time_changed", staff_id=personas.staff.pk).count() == 1
    assert StaffSchedule.objects.filter(staff=personas.other_staff).count() == 5


def test_what_was_entered_is_what_scheduling_reads(personas: Personas) -> None:
    hours = [day("TUESDAY", "09:00", "17:00", ("12:00", "12:30"))]
    personas["manager"].mutate("setWorkingHours", {"staffId": gid(personas.staff), "hours": hours}, WEEK)
    monday = date(2027, 2, 1)
    (roster,) = rosters(service_ids=[], staff_ids=[personas.staff.pk], first_day=monday, last_day=monday)
    assert list(roster.week) == [1]
    tuesday = roster.week[1]
    assert (tuesday.start, tuesday.end, list(tuesday.breaks)) == (time(9), time(17), [(time(12), time(12, 30))])


def test_an_empty_week_is_one_without_work(personas: Personas) -> None:
    payload = personas["manager"].mutate("setWorkingHours", {"staffId": gid(personas.staff), "hours": []}, WEEK)
    assert payload["staff"]["workingHours"] == []
    assert not StaffSchedule.objects.filter(staff=personas.staff).exists()


BAD_WEEKS: dict[str, tuple[list[dict[str, Any]], list[tuple[str, str]]]] = {
    "a day twice": ([day(), day("TUESDAY"), day()], [("INVALID_INPUT", "hours.2.dayOfWeek")]),
    "ends before it starts": ([day("MONDAY", "17:00", "09:00")], [("INVALID_INPUT", "hours.0.end")]),
    "no time at all": ([day("MONDAY", "09:00", "09:00")], [("INVALID_INPUT", "hours.0.end")]),
    "break ends first": (
        [day("MONDAY", "09:00", "17:00", ("13:00", "12:00"))],
        [("INVALID_INPUT", "hours.0.breaks.0.end")],
    ),
    "break outside": (
        [day("MONDAY", "09:00", "17:00", ("08:30", "09:30"))],
        [("OUT_OF_RANGE", "hours.0.breaks.0.start")],
    ),
    "breaks overlap": (
        [day("MONDAY", "09:00", "17:00", ("12:00", "13:00"), ("12:30", "13:30"))],
        [("INVALID_INPUT", "hours.0.breaks.1.start")],
    ),
    "too many breaks": (
        [day("MONDAY", "09:00", "17:00", *[(f"10:{n:02}", f"10:{n + 1:02}") for n in range(11)])],
        [("OUT_OF_RANGE", "hours.0.breaks")],
    ),
    "several": (
        [day("MONDAY", "17:00", "09:00"), day("MONDAY", "09:00", "17:00", ("13:00", "13:00"))],
        [
            ("INVALID_INPUT", "hours.0.end"),
            ("INVALID_INPUT", "hours.1.dayOfWeek"),
            ("INVALID_INPUT", "hours.1.breaks.0.end"),
        ],
    ),
}


@pytest.mark.parametrize("case", BAD_WEEKS)
def test_a_week_that_can_not_be_is_refused_by_field_and_the_old_one_stays(personas: Personas, case: str) -> None:
    hours, expected = BAD_WEEKS[case]
    before = snapshot()
    payload = personas["manager"].mutate("setWorkingHours", {"staffId": gid(personas.staff), "hours": hours}, WEEK)
    assert payload == {"staff": None, "userErrors": expected}
    assert snapshot() == before


def test_breaks_may_touch_each_other_and_the_ends_of_the_day(personas: Personas) -> None:
    hours = [day("MONDAY", "09:00", "12:00", ("09:00", "10:00"), ("10:00", "11:00"), ("11:30", "12:00"))]
    payload = personas["manager"].mutate("setWorkingHours", {"staffId": gid(personas.staff), "hours": hours}, WEEK)
    assert payload["userErrors"] == []


@pytest.mark.parametrize("value", ["25:00", "9:00", "09:00:30", "noon", 9, None])
def test_a_time_that_is_none_is_a_graphql_error(personas: Personas, value: Any) -> None:
    before = snapshot()
    answer = personas["manager"](
        "mutation($input: SetWorkingHoursInput!) { setWorkingHours(input: $input) { userErrors { code } } }",
        input={"staffId": gid(personas.staff), "hours": [day() | {"start": value}]},
    )
    assert len(answer.errors) == 1
    assert snapshot() == before


def test_a_date_becomes_one_off_then_one_with_other_hours_then_an_ordinary_one(personas: Personas) -> None:
    api, given = personas["manager"], {"staffId": gid(personas.staff), "date": "2027-02-01"}
    off = api.mutate("setScheduleException", given | {"reason": "Moving"}, EXCEPTION)["scheduleException"]
    assert (off["date"], off["start"], off["end"], off["reason"]) == ("2027-02-01", None, None, "Moving")
    other = api.mutate("setScheduleException", given | {"start": "10:00", "end": "12:00"}, EXCEPTION)
    assert other["scheduleException"] == {
        "id": off["id"],
        "date": "2027-02-01",
        "start": "10:00",
        "end": "12:00",
        "reason": "",
    }
    removed = api.mutate("removeScheduleException", {"exceptionId": off["id"]}, "staff { scheduleExceptions { id } }")
    assert removed == {"staff": {"scheduleExceptions": []}, "userErrors": []}
    assert not ScheduleException.objects.exists()


BAD_DATES: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "yesterday": ({"date": "2027-01-31"}, [("OUT_OF_RANGE", "date")]),
    "in many years": ({"date": "2031-01-01"}, [("OUT_OF_RANGE", "date")]),
    "only a start": ({"start": "09:00"}, [("REQUIRED", "end")]),
    "only an end": ({"end": "09:00"}, [("REQUIRED", "start")]),
    "ends before it starts": ({"start": "10:00", "end": "09:00"}, [("INVALID_INPUT", "end")]),
    "long reason": ({"reason": "x" * 201, "end": "09:00"}, [("REQUIRED", "start"), ("TOO_LONG", "reason")]),
    "unknown member": ({"staffId": "U3RhZmY6OTk5OTk5"}, [("NOT_FOUND", "staffId")]),
}


@pytest.mark.parametrize("case", BAD_DATES)
def test_an_exception_that_can_not_be_is_refused_by_field(personas: Personas, case: str) -> None:
    change, expected = BAD_DATES[case]
    before = snapshot()
    given = {"staffId": gid(personas.staff), "date": "2027-02-08"} | change
    payload = personas["admin"].mutate("setScheduleException", given, EXCEPTION)
    assert payload == {"scheduleException": None, "userErrors": expected}
    assert snapshot() == before


def test_an_exception_of_somebody_unmanaged_is_not_there(personas: Personas) -> None:
    row = ScheduleException.objects.create(staff=personas.other_staff, date=date(2027, 2, 8))
    payload = personas["manager"].mutate("removeScheduleException", {"exceptionId": gid(row)}, "staff { id }")
    assert payload == {"staff": None, "userErrors": [("NOT_FOUND", "exceptionId")]}
    assert ScheduleException.objects.filter(pk=row.pk).exists()
