"""cartAvailability: when a whole order could be confirmed."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction

from backend.accounts.queries import viewer_for_user
from backend.catalogue.models import Service
from backend.core.errors import Refusal, Refusals
from backend.core.viewer import Role
from backend.orders.actions import confirm_order
from tests import factories
from tests.client import Api, gid
from tests.factories.orders import MONDAY
from tests.statements import count_statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london", "at_now")]

QUERY = """query($items: [OrderItemInput!]!, $from: Date!, $to: Date!, $postcode: String! = "SW1A 2AA") {
  cartAvailability(items: $items, postcode: $postcode, from: $from, to: $to) {
    date times { start end staff { name } } } }"""


def ask(api: Api, *services: Service, last: str = "2027-03-01", **given: Any) -> list[dict[str, Any]]:
    items = [{"serviceId": gid(service)} for service in services]
    variables = {"items": items, "from": "2027-03-01", "to": last} | given
    days: list[dict[str, Any]] = api(QUERY, **variables).data["cartAvailability"]
    return days


def starts(day: dict[str, Any]) -> list[str]:
    return [each["start"][11:16] for each in day["times"]]


def test_one_person_does_the_items_one_after_the_other(api: Api) -> None:
    service = factories.service()
    factories.works(factories.staff_member(service, name="Anna"), start="09:00", end="12:00")
    (day,) = ask(api, service, service)
    assert day["date"] == "2027-03-01"
    assert starts(day) == ["09:00", "09:15", "09:30", "09:45"]
    assert day["times"][0] == {
        "start": "2027-03-01T09:00:00+00:00",
        "end": "2027-03-01T11:15:00+00:00",
        "staff": {"name": "Anna"},
    }


def test_two_people_do_them_side_by_side(api: Api) -> None:
    service = factories.service()
    for _ in range(2):
        factories.works(factories.staff_member(service), start="09:00", end="10:15")
    assert starts(ask(api, service, service)[0]) == ["09:00", "09:15"]


def test_what_is_offered_can_be_confirmed_and_what_is_not_can_not(api: Api) -> None:
    """Each time of the grid is ordered and confirmed, and undone again."""
    cleaning, windows = factories.service(), factories.service(duration_minutes=45)
    anna = factories.staff_member(cleaning, windows, max_visits_per_day=3)
    ben = factories.staff_member(windows)
    factories.works(anna, start="09:00", end="13:00", breaks=[["11:00", "11:15"]])
    factories.works(ben, start="09:30", end="12:00")
    factories.confirmed_order(cleaning, staff=anna)
    viewer = viewer_for_user(factories.user(Role.ADMIN).pk)
    offered = starts(ask(api, cleaning, windows)[0])
    confirmed = []
    for minute in range(8 * 60, 14 * 60, 15):
        point = transaction.savepoint()
        at = time(minute // 60, minute % 60)
        order = factories.pending_order(cleaning, windows, scheduled_date=MONDAY, scheduled_time=at)
        try:
            confirm_order(viewer=viewer, order_id=order.pk, now=datetime(2027, 2, 1, 8, tzinfo=UTC))
            confirmed.append(f"{at:%H:%M}")
        except (Refusal, Refusals):
            pass
        transaction.savepoint_rollback(point)
    assert offered == confirmed != []


def test_notice_absences_and_days_count(api: Api) -> None:
    service = factories.service(buffer_minutes=0)
    anna = factories.staff_member(service)
    factories.works(anna, start="09:00", end="10:00")
    factories.time_off(anna, datetime(2027, 3, 2, 9, tzinfo=UTC), hours=1)
    assert [starts(day) for day in ask(api, service, last="2027-03-03")] == [["09:00"], [], ["09:00"]]
    today = ask(api, service, **{"from": "2027-02-01", "to": "2027-02-01"})
    assert starts(today[0]) == []  # it is eight, and the notice is two hours


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"items": []}, "REQUIRED", ["items"]),
        ({"to": "2027-02-28"}, "INVALID_INPUT", ["to"]),
        ({"to": "2027-05-02"}, "OUT_OF_RANGE", ["to"]),
        ({"postcode": "nonsense"}, "INVALID_INPUT", ["postcode"]),
        ({"items": [{"serviceId": "U2VydmljZTo5OTk5OTk="}]}, "NOT_FOUND", ["items", "0", "serviceId"]),
    ],
)
def test_bad_input_names_its_argument(api: Api, given: dict[str, Any], code: str, field: list[str]) -> None:
    variables = {"items": [{"serviceId": gid(factories.service())}], "from": "2027-03-01", "to": "2027-03-01"}
    (error,) = api(QUERY, **variables | given).errors
    assert (error["extensions"]["code"], error["extensions"]["field"]) == (code, field)


def test_twenty_people_over_two_months_take_as_many_statements_as_one_on_a_day(api: Api) -> None:
    service = factories.service()
    factories.staff_member(service)
    query = QUERY.replace("staff { name }", "")
    variables = {"items": [{"serviceId": gid(service)}], "from": "2027-03-01"}
    one = count_statements(api, query, **variables, to="2027-03-01")
    for _ in range(19):
        factories.staff_member(service)
    assert one == count_statements(api, query, **variables, to=f"{MONDAY + timedelta(days=61)}") <= 8
