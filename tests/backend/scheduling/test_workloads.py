"""What is known of everybody over a window: the ground that availability and confirmation stand on."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.core.business import business
from backend.geography.queries import locate
from backend.geography.rules import Place
from backend.scheduling import queries
from backend.scheduling.rules import Busy, Offer, Workload, day_of
from backend.staff.models import ScheduleException
from tests import factories
from tests.factories.business import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london")]

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def everyone(*service_ids: int, place: Place | None = None, staff_ids: list[int] | None = None) -> list[Workload]:
    return queries.workloads(
        place=place, service_ids=service_ids, start=NINE, end=NINE + HOUR, staff_ids=staff_ids, now=NOW
    )


def test_without_names_it_is_the_active_who_offer_any_of_the_services() -> None:
    one, two, three = factories.service(), factories.service(), factories.service()
    first, second = factories.staff_member(one), factories.staff_member(one, two)
    factories.staff_member(three)
    factories.staff_member(one, is_active=False)
    assert [each.staff_id for each in everyone(one.pk, two.pk)] == [first.pk, second.pk]
    assert set(everyone(one.pk, two.pk)[1].offers) == {one.pk, two.pk}


def test_who_is_named_is_there_whatever_it_offers_and_whether_it_is_active() -> None:
    service = factories.service()
    retired, other = factories.staff_member(is_active=False), factories.staff_member(service)
    factories.staff_member(service)
    found = everyone(service.pk, staff_ids=[other.pk, retired.pk])
    assert [(each.staff_id, each.is_active, each.offers_service(service.pk)) for each in found] == [
        (retired.pk, False, False),
        (other.pk, True, True),
    ]
    assert everyone(service.pk, staff_ids=[]) == []


def test_own_terms_come_along() -> None:
    service, staff = factories.service(), factories.staff_member()
    factories.offers(staff, service, price_override="70.00", duration_override_minutes=75)
    (found,) = everyone(service.pk)
    assert (found.staff_name, found.offers) == (staff.name, {service.pk: Offer(Decimal("70.00"), 75)})


@pytest.mark.parametrize(
    ("centre", "radius", "covers"),
    [("SW1A", "0.1", True), ("N1", "3.1", True), ("N1", "3.0", False), ("M1", "150.0", False), ("M1", "200.0", True)],
)
def test_a_place_is_covered_where_it_lies_within_the_radius_of_any_area(
    centre: str, radius: str, *, covers: bool
) -> None:
    staff = factories.staff_member(factories.service(), postcode=None)
    factories.area(staff, "E2", "0.5")
    factories.area(staff, centre, radius)
    (found,) = everyone(staff.services.get().service_id, place=locate("SW1A 2AA"))
    assert found.covers is covers


def test_who_has_no_area_covers_nothing() -> None:
    service = factories.service()
    factories.staff_member(service, postcode=None)
    (found,) = everyone(service.pk, place=locate("SW1A 2AA"))
    assert not found.covers


def test_hours_breaks_exceptions_visits_and_absences_are_all_there() -> None:
    service = factories.service()
    staff = factories.staff_member(service)
    factories.works(staff, [0], "09:00", "17:00", breaks=[["12:00", "12:30"]])
    ScheduleException.objects.create(staff=staff, date=date(2027, 3, 2), start="10:00", end="11:00")
    ScheduleException.objects.create(staff=staff, date=date(2027, 3, 8))
    factories.confirmed_order(service, staff=staff)
    factories.time_off(staff, NINE + timedelta(hours=30), hours=1)
    days = queries.workloads(place=None, service_ids=[service.pk], start=NINE, end=NINE + timedelta(days=8), now=NOW)
    (found,) = days
    assert list(found.work) == [
        (seconds(NINE), seconds(NINE + 3 * HOUR)),
        (seconds(NINE + 3.5 * HOUR), seconds(NINE + 8 * HOUR)),
        (seconds(NINE + 25 * HOUR), seconds(NINE + 26 * HOUR)),
    ]
    assert [claim._replace(claim_id=0) for claim in found.busy] == [
        Busy(seconds(NINE), seconds(NINE + 1.25 * HOUR), is_time_off=False),
        Busy(seconds(NINE + 30 * HOUR), seconds(NINE + 31 * HOUR), is_time_off=True),
    ]


def test_what_reaches_into_the_window_counts() -> None:
    service = factories.service()
    staff = factories.staff_member(service)
    factories.time_off(staff, NINE - timedelta(days=10), hours=24 * 20)
    factories.time_off(staff, NINE - timedelta(days=30), hours=24)
    (found,) = everyone(service.pk)
    assert [(claim.start, claim.end) for claim in found.busy] == [
        (seconds(NINE - timedelta(days=10)), seconds(NINE + timedelta(days=10)))
    ]


def test_a_person_is_free_up_to_the_second_and_works_through_no_break() -> None:
    work = [(seconds(NINE), seconds(NINE + HOUR)), (seconds(NINE + 2 * HOUR), seconds(NINE + 3 * HOUR))]
    claim = Busy(seconds(NINE + HOUR), seconds(NINE + 2 * HOUR))
    person = Workload(staff_id=1, staff_name="Anna", work=work, busy=[claim])
    assert person.is_free(NINE, NINE + HOUR)
    assert person.in_the_way(NINE, NINE + HOUR + timedelta(seconds=1)) == claim
    assert person.is_free(NINE + 2 * HOUR, NINE + 3 * HOUR)
    assert person.works_through(NINE, NINE + HOUR)
    assert not person.works_through(NINE, NINE + 3 * HOUR)
    assert not person.works_through(NINE - timedelta(seconds=1), NINE + HOUR)


def test_only_the_visits_of_a_day_make_it_a_busy_one() -> None:
    day = day_of(date(2027, 3, 1), business().zone)
    busy = [
        Busy(day.start - 3600, day.start + 1800),
        Busy(day.start + 7200, day.start + 9000),
        Busy(day.start + 9000, day.start + 12600, is_time_off=True),
        Busy(day.end, day.end + 3600),
    ]
    assert Workload(staff_id=1, staff_name="Anna", busy=busy).booked_seconds(day) == 3600


def test_a_hundred_days_of_ten_people_take_as_many_statements_as_an_hour_of_one() -> None:
    service = factories.service()

    def statements(end: datetime) -> int:
        with CaptureQueriesContext(connection) as captured:
            queries.workloads(place=None, service_ids=[service.pk], start=NINE, end=end, now=NOW)
        return len(captured)

    factories.staff_member(service)
    one = statements(NINE + HOUR)
    for _ in range(9):
        factories.time_off(factories.staff_member(service), NINE)
    assert (one, statements(NINE + timedelta(days=100))) == (2, 2)
