"""Bookable times through the API."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from backend.catalogue.models import Service
from backend.staff.models import ScheduleException, Staff
from tests import factories
from tests.client import Api, gid
from tests.factories import extra as add_extra
from tests.personas import Personas
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


def test_a_slot_tells_date_and_time_on_the_wall_as_orders_take_them(api: Api) -> None:
    service = factories.service()
    factories.works(factories.staff_member(service), start="00:15", end="02:00")
    query = """query($service: ID!) { availability(
        serviceId: $service, postcode: "SW1A 2AA", from: "2027-06-01", to: "2027-06-01"
    ) { slots { start date time } } }"""
    (day,) = api(query, service=gid(service)).data["availability"]
    assert day["slots"][0] == {"start": "2027-05-31T23:15:00+00:00", "date": "2027-06-01", "time": "00:15"}


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


def test_twenty_people_over_two_months_take_as_many_statements_as_one_on_a_day(api: Api) -> None:
    service = factories.service()

    def add() -> Staff:
        staff = factories.staff_member(service)
        factories.time_off(staff, datetime(2027, 3, 1, 12, tzinfo=UTC), hours=1)
        return staff

    add()
    variables = {"service": gid(service), "postcode": "SW1A 2AA", "from": MONDAY}
    one = count_statements(api, QUERY, **variables, to=MONDAY)
    for _ in range(19):
        add()
    twenty = count_statements(api, QUERY, **variables, to="2027-05-01")
    assert (one, twenty) == (5, 5)


EXPLAIN = """query($service: ID!, $staff: ID, $from: Date!, $to: Date!, $explain: Boolean) {
  availability(serviceId: $service, postcode: "SW1A 2AA", from: $from, to: $to, staffId: $staff, explain: $explain) {
    date slots { start } candidates { start reasons {
      reason staff { id } blockers { kind start end appointmentId timeOffId } } } } }"""


def explained(api: Api, service: Service, at: str, **given: Any) -> list[dict[str, Any]]:
    """What is in the way at a time of that Monday."""
    variables = {"service": gid(service), "from": MONDAY, "to": MONDAY, "explain": True} | given
    (day,) = api(EXPLAIN, **variables).data["availability"]
    (candidate,) = [each for each in day["candidates"] if each["start"][11:16] == at]
    reasons: list[dict[str, Any]] = candidate["reasons"]
    return reasons


def test_each_time_of_the_grid_says_why_it_is_not_offered_and_is_offered_where_it_does_not(personas: Personas) -> None:
    service = factories.service()
    factories.offers(personas.staff, service)
    factories.works(personas.staff, start="09:00", end="12:00")
    factories.confirmed_order(service, staff=personas.staff)
    variables = {"service": gid(service), "from": MONDAY, "to": TUESDAY}
    for name in ("anonymous", "customer", "staff", "other_manager", "admin"):
        for day in personas[name](EXPLAIN, **variables, explain=True).data["availability"]:
            assert len(day["candidates"]) == 96
            free = [each["start"] for each in day["candidates"] if not each["reasons"]]
            assert free == [slot["start"] for slot in day["slots"]] != []
    assert {day["candidates"] for day in personas["admin"](EXPLAIN, **variables).data["availability"]} == {None}


def test_staff_and_office_learn_what_is_in_the_way_and_others_only_that_something_is(personas: Personas) -> None:
    service = factories.service()
    factories.offers(personas.staff, service)
    order = factories.confirmed_order(service, staff=personas.staff)
    visit = order.items.get().appointment
    assert visit is not None
    absence = factories.time_off(personas.staff, datetime(2027, 3, 1, 10, 30, tzinfo=UTC), hours=1)
    person = {"staff": {"id": gid(personas.staff)}}
    booked = {
        "kind": "APPOINTMENT",
        "start": "2027-03-01T09:00:00+00:00",
        "end": "2027-03-01T10:15:00+00:00",
        "appointmentId": gid(visit),
        "timeOffId": None,
    }
    away = {
        "kind": "TIME_OFF",
        "start": "2027-03-01T10:30:00+00:00",
        "end": "2027-03-01T11:30:00+00:00",
        "appointmentId": None,
        "timeOffId": gid(absence),
    }
    whole = [
        {"reason": "BOOKED", "blockers": [booked]} | person,
        {"reason": "TIME_OFF", "blockers": [away]} | person,
    ]
    general: list[dict[str, Any]] = [{"reason": "FULLY_BOOKED", "staff": None, "blockers": []}]
    for name, api in personas.apis.items():
        knows = name in ("staff", "manager", "admin")
        assert explained(api, service, "10:00") == (whole if knows else general), name


def test_an_explanation_takes_one_statement_more_however_many_people_and_days(personas: Personas) -> None:
    service = factories.service()

    def add() -> None:
        factories.time_off(factories.staff_member(service), datetime(2027, 3, 1, 12, tzinfo=UTC), hours=1)

    add()
    variables = {"service": gid(service), "from": MONDAY, "explain": True}
    without_people = EXPLAIN.replace("staff { id }", "")
    one = count_statements(personas["admin"], without_people, **variables, to=MONDAY)
    for _ in range(9):
        add()
    assert one == count_statements(personas["admin"], without_people, **variables, to="2027-03-31")


def test_too_much_to_explain_is_refused_before_it_is_worked_out(api: Api) -> None:
    service = factories.service()
    for _ in range(11):
        factories.staff_member(service)
    (error,) = api(EXPLAIN, service=gid(service), **{"from": MONDAY, "to": "2027-05-01"}, explain=True).errors
    assert (error["extensions"]["code"], error["extensions"]["field"]) == ("OUT_OF_RANGE", ["to"])


NEXT = """query($service: ID!, $after: DateTime, $count: Int! = 5, $staff: ID) {
  nextAvailable(serviceId: $service, postcode: "SW1A 2AA", after: $after, count: $count, staffId: $staff) {
    start staff { name } } }"""


def next_starts(api: Api, service: Service, **given: Any) -> list[str]:
    return [slot["start"][:16] for slot in api(NEXT, service=gid(service), **given).data["nextAvailable"]]


def test_the_next_times_begin_at_the_instant_and_go_on_over_days(api: Api) -> None:
    service = factories.service(buffer_minutes=0)
    factories.works(factories.staff_member(service), start="09:00", end="10:15")
    assert next_starts(api, service, after="2027-03-01T09:15:00Z", count=3) == [
        "2027-03-01T09:15",
        "2027-03-02T09:00",
        "2027-03-02T09:15",
    ]
    assert next_starts(api, service, after="2027-03-01T09:15:01Z", count=1) == ["2027-03-02T09:00"]


def test_without_an_instant_they_begin_after_the_notice_and_they_end_at_the_horizon(api: Api) -> None:
    service = factories.service(buffer_minutes=0)
    staff = factories.staff_member(service)
    assert next_starts(api, service, count=1) == ["2027-02-01T10:00"]
    factories.time_off(staff, datetime(2027, 2, 1, 8, tzinfo=UTC), hours=24 * 178)
    # Only the last two days before the horizon are left, half a year on: the last start lies exactly on it.
    assert next_starts(api, service, count=20)[:1] == ["2027-07-29T08:00"]
    assert next_starts(api, service, after="2027-12-01T00:00:00Z") == []
    assert next_starts(api, service, after="0001-01-01T00:00:00Z", count=1) == ["2027-07-29T08:00"]
    assert next_starts(api, service, after="9999-12-31T00:00:00Z") == []


@pytest.mark.parametrize("count", [0, 21, -1])
def test_one_asks_for_one_to_twenty_times(api: Api, count: int) -> None:
    service = factories.service()
    (error,) = api(NEXT, service=gid(service), count=count).errors
    assert (error["extensions"]["code"], error["extensions"]["field"]) == ("OUT_OF_RANGE", ["count"])


def test_the_next_times_take_as_many_statements_for_twenty_people_as_for_one(api: Api) -> None:
    service = factories.service()
    factories.staff_member(service)
    one = count_statements(api, NEXT, service=gid(service), count=1)
    for _ in range(19):
        factories.staff_member(service)
    assert (one, count_statements(api, NEXT, service=gid(service), count=20)) == (5, 5)
