"""Bookable times through the API."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from backend.catalogue.models import Service
from backend.staff.models import ScheduleException, Staff
from tests import factories
from tests.client import Api, gid
from tests.factories import extra as add_extra
from tests.statements import count_statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london", "at_now")]

QUERY = """query($service: ID!, $postcode: String!, $from: Date!, $to: Date!, $extras: [ID!], $staff: ID) {
  availability(serviceId: $service, postcode: $postcode, from: $from, to: $to, extraIds: $extras, staffId: $staff) {
    date reason slots { start end staff { id name } price { amount currency } } } }"""
MONDAY, TUESDAY = "2027-03-01", "2027-03-02"


def ask(api: Api, service: Service, first: str = MONDAY, last: str | None = None, **given: Any) -> list[dict[str, Any]]:
    variables = {"service": gid(service), "postcode": "SW1A 2AA", "from": first, "to": last or first} | given
    days: list[dict[str, Any]] = api(QUERY, **variables).data["availability"]
    return days


def reasons(days: list[dict[str, Any]]) -> list[str | None]:
    return [day["reason"] for day in days]


def starts(day: dict[str, Any]) -> list[str]:
    return [slot["start"][11:16] for slot in day["slots"]]


def test_a_slot_names_time_person_and_price(api: Api) -> None:
    service = factories.service()
    staff = factories.staff_member(service)
    (day,) = ask(api, service)
    assert (day["date"], day["reason"], len(day["slots"])) == (MONDAY, None, 28)
    assert day["slots"][0] == {
        "start": "2027-03-01T09:00:00+00:00",
        "end": "2027-03-01T10:00:00+00:00",
        "staff": {"id": gid(staff), "name": staff.name},
        "price": {"amount": "50.00", "currency": "GBP"},
    }
    assert day["slots"][-1]["start"] == "2027-03-01T15:45:00+00:00"


def test_extras_and_own_terms_count(api: Api) -> None:
    service = factories.service()
    extra = add_extra(service)
    staff = factories.staff_member()
    factories.offers(staff, service, price_override="80.00", duration_override_minutes=120)
    (day,) = ask(api, service, extras=[gid(extra)])
    assert day["slots"][0]["end"] == "2027-03-01T11:30:00+00:00"
    assert day["slots"][0]["price"]["amount"] == "95.00"


def test_what_is_booked_is_not_offered_and_its_buffer_neither(api: Api) -> None:
    service = factories.service()
    staff = factories.staff_member(service)
    factories.works(staff, start="09:00", end="12:00")
    factories.confirmed_order(service, staff=staff)
    assert starts(ask(api, service)[0]) == ["10:15", "10:30", "10:45"]


def test_breaks_and_exceptions_shape_the_day(api: Api) -> None:
    service = factories.service(buffer_minutes=0)
    staff = factories.staff_member(service)
    factories.works(staff, start="09:00", end="13:00", breaks=[["10:00", "12:00"]])
    ScheduleException.objects.create(staff=staff, date=date(2027, 3, 2))
    ScheduleException.objects.create(staff=staff, date=date(2027, 3, 3), start="18:00", end="19:00")
    days = ask(api, service, MONDAY, "2027-03-03")
    assert [starts(day) for day in days] == [["09:00", "12:00"], [], ["18:00"]]
    assert reasons(days) == [None, "NOT_WORKING", None]


def test_every_reason_is_told(api: Api) -> None:
    service = factories.service()
    assert reasons(ask(api, service)) == ["NO_STAFF_FOR_SERVICE"]
    staff = factories.staff_member(service, postcode="M1")
    assert reasons(ask(api, service)) == ["OUT_OF_AREA"]
    factories.area(staff, "N1")
    assert reasons(ask(api, service, "2027-02-28")) == ["NOT_WORKING"]
    factories.time_off(staff, datetime(2027, 3, 1, tzinfo=UTC), hours=24)
    assert reasons(ask(api, service)) == ["TIME_OFF"]
    factories.works(staff, start="09:00", end="10:30")
    factories.confirmed_order(service, staff=staff, scheduled_date=date(2027, 3, 2))
    assert reasons(ask(api, service, TUESDAY)) == ["FULLY_BOOKED"]
    assert reasons(ask(api, service, "2027-02-01")) == ["TOO_SOON"]
    assert reasons(ask(api, service, "2027-09-01")) == ["BEYOND_HORIZON"]


def test_notice_and_horizon_cut_their_days(api: Api) -> None:
    service = factories.service(buffer_minutes=0)
    factories.staff_member(service)
    assert starts(ask(api, service, "2027-02-01")[0])[0] == "10:00"  # it is eight, and the notice is two hours
    last = date(2027, 2, 1) + timedelta(days=180)
    assert reasons(ask(api, service, f"{last - timedelta(days=1)}", f"{last + timedelta(days=2)}")) == [
        None,
        "NOT_WORKING",
        "BEYOND_HORIZON",
        "BEYOND_HORIZON",
    ]


def test_one_member_of_staff_can_be_asked_for(api: Api) -> None:
    service = factories.service()
    staff, other = factories.staff_member(service), factories.staff_member(service)
    retired = factories.staff_member(service, is_active=False)
    names = {slot["staff"]["name"] for slot in ask(api, service, staff=gid(other))[0]["slots"]}
    assert names == {other.name} != {staff.name}
    assert reasons(ask(api, service, staff=gid(factories.staff_member()))) == ["NO_STAFF_FOR_SERVICE"]
    assert reasons(ask(api, service, staff=gid(retired))) == ["NO_STAFF_FOR_SERVICE"]


@pytest.mark.parametrize("day", ["2027-03-27", "2027-03-28", "2027-06-01"])
def test_nine_o_clock_in_london_stays_nine_o_clock(api: Api, day: str) -> None:
    service = factories.service(buffer_minutes=0)
    factories.works(factories.staff_member(service), range(7), "09:00", "10:00")
    start = ask(api, service, day)[0]["slots"][0]["start"]
    assert start == f"{day}T{'09' if day == '2027-03-27' else '08'}:00:00+00:00"


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"postcode": "nonsense"}, "INVALID_INPUT", ["postcode"]),
        ({"postcode": ""}, "REQUIRED", ["postcode"]),
        ({"postcode": "AB10 1AB"}, "UNKNOWN_POSTCODE", ["postcode"]),
        ({"from": "2027-03-02"}, "INVALID_INPUT", ["to"]),
        ({"to": "2027-05-02"}, "OUT_OF_RANGE", ["to"]),
        ({"from": "9999-12-31", "to": "9999-12-31"}, "OUT_OF_RANGE", ["from"]),
        ({"from": "0001-01-01", "to": "0001-01-01"}, "OUT_OF_RANGE", ["from"]),
        ({"service": "U2VydmljZTo5OTk5OTk="}, "NOT_FOUND", ["serviceId"]),
        ({"service": "garbage"}, "NOT_FOUND", ["serviceId"]),
        ({"staff": "U3RhZmY6OTk5OTk5"}, "NOT_FOUND", ["staffId"]),
        ({"extras": ["U2VydmljZUV4dHJhOjk5OTk5OQ=="]}, "NOT_FOUND", ["extraIds", "0"]),
    ],
)
def test_bad_input_names_its_argument(api: Api, given: dict[str, Any], code: str, field: list[str]) -> None:
    variables = {"service": gid(factories.service()), "postcode": "SW1A 2AA", "from": MONDAY, "to": MONDAY} | given
    (error,) = api(QUERY, **variables).errors
    assert (error["extensions"]["code"], error["extensions"]["field"]) == (code, field)


def test_what_can_not_be_booked_has_no_times(api: Api, at_now: datetime) -> None:
    service = factories.service()
    extra, inactive = add_extra(service), add_extra(service, is_active=False)
    foreign = add_extra(factories.service())
    variables = {"postcode": "SW1A 2AA", "from": MONDAY, "to": MONDAY}
    for extras, code in (
        ([gid(inactive)], "INACTIVE"),
        ([gid(foreign)], "NOT_FOUND"),
        ([gid(extra)] * 2, "INVALID_INPUT"),
    ):
        (error,) = api(QUERY, service=gid(service), extras=extras, **variables).errors
        assert (error["extensions"]["code"], error["extensions"]["field"]) == (code, ["extraIds", f"{len(extras) - 1}"])
    hidden = factories.service(is_active=False)
    assert api(QUERY, service=gid(hidden), **variables).codes == ["NOT_FOUND"]


def test_ten_people_over_two_months_take_as_many_statements_as_one_on_a_day(api: Api) -> None:
    service = factories.service()

    def add() -> Staff:
        staff = factories.staff_member(service)
        factories.time_off(staff, datetime(2027, 3, 1, 12, tzinfo=UTC), hours=1)
        return staff

    add()
    variables = {"service": gid(service), "postcode": "SW1A 2AA", "from": MONDAY}
    one = count_statements(api, QUERY, **variables, to=MONDAY)
    for _ in range(9):
        add()
    ten = count_statements(api, QUERY, **variables, to="2027-05-01")
    assert (one, ten) == (9, 9)
