"""A daily limit, and time to get from one visit to the next: kept by what is offered and by what is booked."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.accounts.queries import viewer_for_user
from backend.catalogue.models import Service
from backend.core.errors import ErrorCode
from backend.core.transactions import use_case
from backend.core.viewer import NOBODY, Role
from backend.geography.rules import Place, miles_between
from backend.orders.actions import confirm_order
from backend.scheduling.actions import Move, book_visits, cancel_visits, complete_visits, move_visits
from backend.scheduling.errors import DailyLimit, NoStaffAvailable, TravelTime
from backend.scheduling.models import Appointment, Claim
from backend.scheduling.queries.searching import Wish, availability
from backend.scheduling.rules import AppointmentType, VisitPlan, travel_seconds
from backend.staff.models import Staff
from tests import factories
from tests.factories.business import CENTROIDS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london")]

MONDAY = date(2027, 3, 1)
NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIVE_A_MILE = Decimal(5)
N1_WAY = 16
"""Minutes from SW1A to N1 at five a mile: 3.05 miles."""
T = TypeVar("T")


@use_case
def in_a_use_case(work: Callable[[], T]) -> T:
    return work()


@pytest.fixture
def service() -> Service:
    """An hour, without a buffer."""
    return factories.service(buffer_minutes=0)


@pytest.fixture
def anna(service: Service) -> Staff:
    """Works 09:00 to 17:00, and serves all of London."""
    return factories.staff_member(service, name="Anna")


def plan(staff: Staff, service: Service, start: datetime = NINE, **given: Any) -> VisitPlan:
    values: dict[str, Any] = {
        "service_id": service.pk,
        "staff_id": staff.pk,
        "start": start,
        "end": start + HOUR,
        "buffer_minutes": service.buffer_minutes,
        "type": AppointmentType.SINGLE,
        "customer_id": None,
        "contact_name": "Ada King",
        "contact_email": "ada@example.com",
        "line1": "10 Downing Street",
        "city": "London",
        "postcode": "SW1A 2AA",
        "price": Decimal("50.00"),
        "currency": "GBP",
        "policy_hours": 24,
    }
    return VisitPlan(**values | given)


def book(*visits: VisitPlan, now: datetime) -> list[Appointment]:
    return in_a_use_case(lambda: book_visits(visits=visits, order_id=None, actor_id=None, now=now))


def offered(service: Service, now: datetime, postcode: str = "SW1A 2AA", day: date = MONDAY) -> list[str]:
    wish = Wish(service_id=service.pk, postcode=postcode)
    (found,) = availability(viewer=NOBODY, wish=wish, first=day, last=day, now=now)
    return [f"{slot.start:%H:%M}" for slot in found.slots]


# --- Daily limit ------------------------------------------------------------------------------------------------------


def test_a_day_that_holds_as_many_visits_as_somebody_takes_is_not_offered_and_not_booked(
    service: Service, anna: Staff, now: datetime
) -> None:
    anna.max_visits_per_day = 2
    anna.save()
    book(plan(anna, service), now=now)
    assert offered(service, now)
    book(plan(anna, service, NINE + 3 * HOUR), now=now)
    assert offered(service, now) == []
    assert offered(service, now, day=MONDAY + timedelta(days=1))
    with pytest.raises(DailyLimit) as refused:
        book(plan(anna, service, NINE + 5 * HOUR, field=("start",)), now=now)
    assert (refused.value.code, refused.value.field) == (ErrorCode.DAILY_LIMIT, ("start",))
    assert Appointment.objects.count() == 2


def test_visits_of_one_request_count_towards_the_limit_together(service: Service, anna: Staff, now: datetime) -> None:
    anna.max_visits_per_day = 1
    anna.save()
    with pytest.raises(DailyLimit):
        book(plan(anna, service), plan(anna, service, NINE + 2 * HOUR), now=now)
    assert Appointment.objects.count() == 0
    book(plan(anna, service), plan(anna, service, NINE + timedelta(days=1)), now=now)


def test_the_limit_is_of_the_walls_date(service: Service, anna: Staff, now: datetime) -> None:
    """In June 23:30 UTC is half past midnight in London."""
    anna.max_visits_per_day = 1
    anna.save()
    book(plan(anna, service, datetime(2027, 6, 1, 23, 30, tzinfo=UTC)), now=now)
    assert offered(service, now, day=date(2027, 6, 1))
    assert offered(service, now, day=date(2027, 6, 2)) == []


def test_a_visit_that_is_done_counts_and_one_that_is_called_off_does_not(
    service: Service, anna: Staff, now: datetime
) -> None:
    anna.max_visits_per_day = 1
    anna.save()
    (first,) = book(plan(anna, service), now=now)
    in_a_use_case(lambda: cancel_visits(appointment_ids=[first.pk], order_id=None, actor_id=None, now=now))
    assert offered(service, now)
    (second,) = book(plan(anna, service), now=now)
    in_a_use_case(lambda: complete_visits(appointment_ids=[second.pk], order_id=None, actor_id=None, now=now))
    assert Claim.objects.count() == 0
    assert offered(service, now) == []
    with pytest.raises(DailyLimit):
        book(plan(anna, service, NINE + 3 * HOUR), now=now)


def test_an_absence_is_no_visit(service: Service, anna: Staff, now: datetime) -> None:
    anna.max_visits_per_day = 1
    anna.save()
    factories.time_off(anna, NINE, hours=1)
    book(plan(anna, service, NINE + HOUR), now=now)


def test_a_visit_moves_within_a_full_day_but_not_into_one(service: Service, anna: Staff, now: datetime) -> None:
    anna.max_visits_per_day = 1
    anna.save()
    (monday,) = book(plan(anna, service), now=now)
    (tuesday,) = book(plan(anna, service, NINE + timedelta(days=1)), now=now)

    def move(row: Appointment, start: datetime) -> None:
        in_a_use_case(lambda: move_visits(moves={row.pk: Move(start=start)}, actor_id=None, now=now))

    move(monday, NINE + 2 * HOUR)
    with pytest.raises(DailyLimit):
        move(tuesday, NINE + 5 * HOUR)
    tuesday.refresh_from_db()
    assert (tuesday.start, Claim.objects.count()) == (NINE + timedelta(days=1), 2)


def test_a_confirmation_keeps_the_limit_and_sends_somebody_else(service: Service, anna: Staff, now: datetime) -> None:
    anna.max_visits_per_day = 1
    anna.save()
    ben = factories.staff_member(service, name="Ben")
    viewer = viewer_for_user(factories.user(Role.ADMIN).pk)
    order = factories.pending_order(service, service, service)
    # Ben alone could do the rest: Anna takes one of three.
    confirm_order(viewer=viewer, order_id=order.pk, now=now)
    assert sorted(order.items.values_list("staff__name", flat=True)) == ["Anna", "Ben", "Ben"]
    ben.max_visits_per_day = 2
    ben.save()
    late = factories.pending_order(service, scheduled_time=time(15))
    with pytest.raises(NoStaffAvailable) as refused:
        confirm_order(viewer=viewer, order_id=late.pk, now=now)
    assert [each.start.date() for each in refused.value.alternatives][:1] == [date(2027, 3, 2)]


def test_a_named_member_whose_day_is_full_is_named_so(service: Service, anna: Staff, now: datetime) -> None:
    anna.max_visits_per_day = 1
    anna.save()
    factories.confirmed_order(service, staff=anna)
    viewer = viewer_for_user(factories.user(Role.ADMIN).pk)
    order = factories.pending_order(service, staff=anna, scheduled_time=time(15))
    with pytest.raises(DailyLimit) as refused:
        confirm_order(viewer=viewer, order_id=order.pk, now=now)
    assert refused.value.field == ("items", 0)


# --- Travel -----------------------------------------------------------------------------------------------------------


def test_the_way_is_counted_in_whole_minutes_rounded_up_and_never_longer_than_a_day() -> None:
    assert travel_seconds(3.05, FIVE_A_MILE) == N1_WAY * 60
    assert travel_seconds(2.0, Decimal("2.5")) == 300
    assert travel_seconds(0.0001, Decimal("2.5")) == 60
    assert travel_seconds(0.0, FIVE_A_MILE) == 0
    assert travel_seconds(5000.0, FIVE_A_MILE) == 86_400


def test_off_visits_may_follow_each_other_wherever_they_are(service: Service, anna: Staff, now: datetime) -> None:
    book(plan(anna, service, NINE + 2 * HOUR), now=now)
    assert offered(service, now, "N1 1AA")[:5] == ["09:00", "09:15", "09:30", "09:45", "10:00"]
    book(plan(anna, service, NINE + HOUR, postcode="N1 1AA"), now=now)


@factories.configured(travel_minutes_per_mile=FIVE_A_MILE)
def test_on_offers_keep_the_way_before_and_after_a_visit(service: Service, anna: Staff, now: datetime) -> None:
    book(plan(anna, service, NINE + 3 * HOUR), now=now)  # 12:00 to 13:00 in SW1A
    near, far = offered(service, now), offered(service, now, "N1 1AA")
    assert [at for at in near if "10:30" < at < "13:30"] == ["10:45", "11:00", "13:00", "13:15"]
    # 16 minutes: not from 10:45 on, and not before 13:16.
    assert [at for at in far if "10:15" < at < "13:45"] == ["10:30", "13:30"]


@factories.configured(travel_minutes_per_mile=FIVE_A_MILE)
@pytest.mark.parametrize("minutes", [-60 - N1_WAY, 60 + N1_WAY])
def test_on_bookings_keep_the_way_to_the_minute(service: Service, anna: Staff, now: datetime, minutes: int) -> None:
    noon = NINE + 3 * HOUR
    book(plan(anna, service, noon), now=now)
    towards = timedelta(minutes=1 if minutes < 0 else -1)
    start = noon + timedelta(minutes=minutes)
    with pytest.raises(TravelTime) as refused:
        book(plan(anna, service, start + towards, postcode="N1 1AA"), now=now)
    assert refused.value.code == ErrorCode.TRAVEL_TIME
    book(plan(anna, service, start, postcode="N1 1AA"), now=now)


@factories.configured(travel_minutes_per_mile=FIVE_A_MILE)
def test_the_buffer_comes_before_the_way(anna: Staff, now: datetime) -> None:
    service = factories.service(buffer_minutes=10)
    factories.offers(anna, service)
    book(plan(anna, service), now=now)
    free = NINE + timedelta(minutes=70 + N1_WAY)
    with pytest.raises(TravelTime):
        book(plan(anna, service, free - timedelta(minutes=1), postcode="N1 1AA"), now=now)
    book(plan(anna, service, free, postcode="N1 1AA"), now=now)


@factories.configured(travel_minutes_per_mile=FIVE_A_MILE)
def test_nobody_travels_to_an_absence(service: Service, anna: Staff, now: datetime) -> None:
    factories.time_off(anna, NINE + HOUR, hours=1)
    assert offered(service, now, "N1 1AA")[:2] == ["09:00", "11:00"]


@factories.configured(travel_minutes_per_mile=FIVE_A_MILE)
def test_two_visits_of_one_request_keep_the_way_between_them(service: Service, anna: Staff, now: datetime) -> None:
    with pytest.raises(TravelTime):
        book(plan(anna, service), plan(anna, service, NINE + HOUR, postcode="N1 1AA"), now=now)
    assert Appointment.objects.count() == 0


@factories.configured(travel_minutes_per_mile=FIVE_A_MILE)
def test_a_visit_moves_only_where_there_is_time_to_get_there(service: Service, anna: Staff, now: datetime) -> None:
    book(plan(anna, service), now=now)
    (far,) = book(plan(anna, service, NINE + 4 * HOUR, postcode="N1 1AA"), now=now)

    def move(start: datetime) -> None:
        in_a_use_case(lambda: move_visits(moves={far.pk: Move(start=start)}, actor_id=None, now=now))

    with pytest.raises(TravelTime):
        move(NINE + HOUR + timedelta(minutes=N1_WAY - 1))
    far.refresh_from_db()
    assert far.start == NINE + 4 * HOUR
    move(NINE + HOUR + timedelta(minutes=N1_WAY))
    claim = Claim.objects.get(appointment=far)
    assert (claim.latitude, claim.longitude) == CENTROIDS["N1"]


@factories.configured(travel_minutes_per_mile=FIVE_A_MILE)
def test_a_confirmation_and_its_alternatives_keep_the_way(service: Service, anna: Staff, now: datetime) -> None:
    book(plan(anna, service), now=now)
    viewer = viewer_for_user(factories.user(Role.ADMIN).pk)
    order = factories.pending_order(service, staff=anna, scheduled_time=time(10), postcode="N1 1AA")
    with pytest.raises(TravelTime) as refused:
        confirm_order(viewer=viewer, order_id=order.pk, now=now)
    assert f"{refused.value.alternatives[0].start:%H:%M}" == "10:30"
    order.scheduled_time = time(10, 30)
    order.save()
    confirm_order(viewer=viewer, order_id=order.pk, now=now)


@factories.configured(travel_minutes_per_mile=Decimal(600))
def test_a_way_that_takes_all_night_keeps_the_next_morning_free(service: Service, anna: Staff, now: datetime) -> None:
    """3.05 miles at ten hours each: more than a day, so a day. The claim lies outside the date that is searched."""
    book(plan(anna, service, NINE + 6 * HOUR), now=now)  # 15:00 to 16:00 on Monday
    assert offered(service, now, "N1 1AA", MONDAY + timedelta(days=1)) == ["16:00"]


LONDON_PLACES = st.sampled_from(["SW1A", "N1", "E2"])


@given(st.lists(st.tuples(st.integers(0, 100), LONDON_PLACES), max_size=5), LONDON_PLACES, st.integers(0, 12))
def test_what_is_offered_keeps_every_gap_and_what_is_not_keeps_some_gap_not(
    visits: list[tuple[int, str]], asked: str, per_mile: int
) -> None:
    """Without a database: marks every five minutes, visits of half an hour, against the definition."""
    from backend.core.business import business
    from backend.scheduling.rules import Busy, Need, Offer, Window, Workload, days_between, find_slots, with_travel

    (day,) = days_between(MONDAY, MONDAY, business().zone)
    half = 30 * 60
    claims: list[tuple[Busy, str]] = []
    for mark, where in sorted(visits):
        start = day.start + mark * 600
        if not claims or claims[-1][0].end <= start:
            latitude, longitude = CENTROIDS[where]
            claims.append((Busy(start, start + half, latitude=latitude, longitude=longitude), where))
    here = Place("", *CENTROIDS[asked])
    person = Workload(
        staff_id=1,
        staff_name="Anna",
        offers={1: Offer()},
        work=[(day.start, day.end)],
        busy=with_travel([claim for claim, _ in claims], here, Decimal(per_mile)),
    )
    need = Need(service_id=1, duration_minutes=30, price=Decimal(1))
    (found,) = find_slots([day], [person], need, window=Window(0, 2**40), grid_minutes=5)

    def is_reachable(start: int, claim: Busy, where: str) -> bool:
        way = _way(where, asked, per_mile)
        return start - claim.end >= way or claim.start - start - half >= way

    starts = range(day.start, day.end - half + 1, 300)
    expected = [start for start in starts if all(is_reachable(start, *each) for each in claims)]
    assert [int(slot.start.timestamp()) for slot in found.slots] == expected


def _way(one: str, other: str, per_mile: int) -> int:
    """Seconds: the minutes of the way, the first whole one that is enough."""
    miles = miles_between(*CENTROIDS[one], *CENTROIDS[other])
    return 60 * next(minute for minute in range(2000) if minute >= miles * per_mile)
