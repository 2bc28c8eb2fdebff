"""Travel, daily limits and whose turn it is, where visits of plans find their places and where they get one by hand."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from backend.accounts.queries import viewer_for_user
from backend.catalogue.models import Service
from backend.core.errors import ErrorCode
from backend.core.fairness import Assignment
from backend.core.viewer import NOBODY, Role, Viewer
from backend.customers.rules import Contact, PostalAddress
from backend.scheduling.models import Appointment
from backend.staff.models import Staff
from backend.subscriptions.actions import (
    Scope,
    approve_visit_change,
    change_visits,
    create_subscription,
    place_visit,
    request_visit_change,
)
from backend.subscriptions.models import Subscription
from backend.subscriptions.queries import PlanRequest
from backend.subscriptions.rules import Frequency
from tests import factories
from tests.factories.business import CENTROIDS
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london")]

MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)
WEEK, HOUR = timedelta(days=7), timedelta(hours=1)
FAR = "E2 0AA"
"""Nearly four miles from SW1A: with five minutes a mile it takes 20."""


@pytest.fixture
def service() -> Service:
    return factories.service()


@pytest.fixture
def admin() -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


@pytest.fixture
def travelling() -> Iterator[None]:
    with factories.configured(travel_minutes_per_mile=Decimal(5)):
        yield


def plan(service: Service, now: datetime, **given: Any) -> Subscription:
    """A guest's weekly plan of a month from Monday at 09:00, five visits."""
    wanted: dict[str, Any] = {
        "service_id": service.pk,
        "frequency": Frequency.WEEKLY,
        "duration_months": 1,
        "start_date": MONDAY.date(),
        "preferred_time": time(9),
        "guest": Contact(name="Ada King", email="ada@example.com"),
        "address": PostalAddress(line1="10 Downing Street", city="London", postcode="SW1A 2AA"),
    }
    return create_subscription(viewer=NOBODY, request=PlanRequest(**wanted | given), now=now)


def places(made: Subscription) -> list[tuple[str, int | None, str]]:
    """When, with whom, and what was in the way, of each visit."""
    return [
        (
            f"{row.appointment.start:%d %b %H:%M}" if row.appointment else row.status,
            row.appointment.staff_id if row.appointment else None,
            row.reason,
        )
        for row in made.visits.select_related("appointment")
    ]


def booked(service: Service, staff: Staff, start: datetime, postcode: str = "SW1A 2AA") -> Appointment:
    """A visit that stands in the way, with its claim where it is."""
    north, east = CENTROIDS[postcode.split()[0]]
    row = factories.direct_booking(service, staff=staff, start=start)
    row.claim.latitude, row.claim.longitude = north, east
    row.claim.save()
    return row


@pytest.mark.usefixtures("travelling")
def test_a_visit_of_a_plan_waits_until_somebody_can_be_there(service: Service, now: datetime) -> None:
    anna = factories.staff_member(service)
    booked(service, anna, MONDAY + HOUR + timedelta(minutes=15), FAR)  # right after the plan's visit and its pause
    made = plan(service, now)
    # At 11:30 the visit far away and its pause end; the way takes twenty minutes, and the grid has quarters.
    assert places(made)[0] == ("01 Mar 12:00", anna.pk, "FULLY_BOOKED")
    assert [at for at, *_ in places(made)[1:]] == ["08 Mar 12:00", "15 Mar 12:00", "22 Mar 12:00", "29 Mar 11:00"]


def test_without_travel_the_same_plan_begins_at_nine(service: Service, now: datetime) -> None:
    anna = factories.staff_member(service)
    booked(service, anna, MONDAY + HOUR + timedelta(minutes=15), FAR)
    assert places(plan(service, now))[0] == ("01 Mar 09:00", anna.pk, "")


def test_visits_of_a_plan_count_towards_the_daily_limit_of_whoever_comes(service: Service, now: datetime) -> None:
    anna = factories.staff_member(service, max_visits_per_day=1)
    ben = factories.staff_member(service)
    booked(service, anna, MONDAY + WEEK + timedelta(hours=6))
    made = plan(service, now, preferred_staff_id=anna.pk)
    assert [who for _, who, _ in places(made)] == [anna.pk, ben.pk, anna.pk, anna.pk, anna.pk]
    assert places(made)[1] == ("08 Mar 09:00", ben.pk, "FULLY_BOOKED")
    second = plan(service, now, preferred_staff_id=anna.pk, preferred_time=time(15))
    assert [who for _, who, _ in places(second)] == [ben.pk] * 5


def test_where_the_limit_leaves_nobody_the_visit_goes_to_the_next_day(service: Service, now: datetime) -> None:
    anna = factories.staff_member(service, max_visits_per_day=1)
    booked(service, anna, MONDAY + WEEK + timedelta(hours=6))
    assert places(plan(service, now))[1] == ("09 Mar 09:00", anna.pk, "FULLY_BOOKED")


@pytest.mark.parametrize(
    ("assignment", "order"), [(Assignment.LONGEST_IDLE, [1, 0, 1]), (Assignment.LEAST_BOOKED, [0, 1, 0])]
)
def test_the_rule_of_the_business_says_who_begins_a_plan_and_the_plan_stays_with_it(
    service: Service, now: datetime, assignment: Assignment, order: list[int]
) -> None:
    """Ben's last visit is longest ago, Anna's id is lower; each plan counts when the next is made."""
    people = [factories.staff_member(service), factories.staff_member(service)]
    booked(service, people[0], MONDAY - timedelta(days=1))
    booked(service, people[1], MONDAY - timedelta(days=4))
    with factories.configured(assignment=assignment):
        plans = [plan(service, now, preferred_time=time(hour)) for hour in (9, 12, 15)]
    assert [{who for _, who, _ in places(made)} for made in plans] == [{people[each].pk} for each in order]


class TestByHand:
    """The office gives a visit its time, and hears what is in the way."""

    def unplaced(self, service: Service, anna: Staff) -> Any:
        """Due in the week of the 22nd."""
        return factories.unplaced_visit(factories.active_plan(service, staff=anna))

    def test_a_full_day_is_another_s(self, service: Service, admin: Viewer, now: datetime) -> None:
        """Anna, whose plan it is, takes no more visits that day; Ben does."""
        anna = factories.staff_member(service, max_visits_per_day=1)
        visit = self.unplaced(service, anna)
        booked(service, anna, MONDAY + 3 * WEEK + 6 * HOUR)
        start = MONDAY + 3 * WEEK
        given: dict[str, Any] = {"viewer": admin, "visit_id": visit.pk, "start": start, "now": now}
        assert refused(place_visit, **given) == [(ErrorCode.NO_STAFF_AVAILABLE, "start")]
        assert refused(place_visit, **given, staff_id=anna.pk) == [(ErrorCode.DAILY_LIMIT, "start")]
        ben = factories.staff_member(service)
        placed = place_visit(**given)
        assert placed.appointment is not None
        assert (placed.appointment.staff_id, placed.appointment.start) == (ben.pk, start)

    @pytest.mark.usefixtures("travelling")
    def test_the_way_is_named_as_what_is_in_the_way(self, service: Service, admin: Viewer, now: datetime) -> None:
        anna = factories.staff_member(service)
        visit = self.unplaced(service, anna)
        start = MONDAY + 3 * WEEK
        booked(service, anna, start + HOUR + timedelta(minutes=15), FAR)
        given: dict[str, Any] = {"viewer": admin, "visit_id": visit.pk, "start": start, "now": now}
        assert refused(place_visit, **given, staff_id=anna.pk) == [(ErrorCode.TRAVEL_TIME, "start")]
        assert refused(place_visit, **given) == [(ErrorCode.NO_STAFF_AVAILABLE, "start")]
        early = given | {"start": start - timedelta(minutes=30)}
        assert refused(place_visit, **early, staff_id=anna.pk) == [(ErrorCode.NOT_WORKING, "start")]
        assert place_visit(**early, outside_hours=True).status == "SCHEDULED"

    def test_in_turn_a_visit_without_its_person_goes_to_who_is_idle_longest(
        self, service: Service, admin: Viewer, now: datetime
    ) -> None:
        anna = factories.staff_member(service)
        visit = self.unplaced(service, anna)
        start = MONDAY + 3 * WEEK
        factories.time_off(anna, start, hours=8)
        ben, cleo = factories.staff_member(service), factories.staff_member(service)
        booked(service, ben, start - 4 * HOUR - timedelta(days=3))
        booked(service, cleo, start - timedelta(days=4))
        with factories.configured(assignment=Assignment.LONGEST_IDLE):
            placed = place_visit(viewer=admin, visit_id=visit.pk, start=start, now=now)
        assert placed.appointment is not None
        assert placed.appointment.staff_id == cleo.pk  # the control: least booked, it would be Ben by his lower id

    def test_moving_all_later_visits_keeps_limit_and_way(self, service: Service, admin: Viewer, now: datetime) -> None:
        anna = factories.staff_member(service)
        made = factories.active_plan(service, staff=anna)
        ben = factories.staff_member(service, max_visits_per_day=1)
        other = booked(service, ben, MONDAY + WEEK + 6 * HOUR, FAR)
        first = made.visits.get(sequence=1)
        given: dict[str, Any] = {"viewer": admin, "visit_id": first.pk, "scope": Scope.THIS_AND_LATER, "now": now}
        assert refused(change_visits, **given, staff_id=ben.pk) == [(ErrorCode.DAILY_LIMIT, "")]
        Staff.objects.filter(pk=ben.pk).update(max_visits_per_day=2)
        assert set(made.visits.values_list("appointment__staff", flat=True)) == {anna.pk}
        with factories.configured(travel_minutes_per_mile=Decimal(5)):
            at = (other.start - HOUR - timedelta(minutes=15)).time()
            assert refused(change_visits, **given, staff_id=ben.pk, at=at) == [(ErrorCode.TRAVEL_TIME, "")]
        change_visits(**given, staff_id=ben.pk, at=at)
        assert set(made.visits.values_list("appointment__staff", flat=True)) == {ben.pk}

    @pytest.mark.usefixtures("travelling")
    def test_an_approval_keeps_the_way_and_the_wish_stays(self, service: Service, admin: Viewer, now: datetime) -> None:
        anna = factories.staff_member(service)
        first = factories.active_plan(service, staff=anna).visits.get(sequence=1)
        booked(service, anna, MONDAY + timedelta(days=1), FAR)
        change = request_visit_change(
            viewer=admin,
            visit_id=first.pk,
            requested_date=date(2027, 3, 2),
            requested_time=time(10, 15),
            address="10.0.0.1",
            now=now,
        )
        given: dict[str, Any] = {"viewer": admin, "change_id": change.pk, "now": now}
        assert refused(approve_visit_change, **given) == [(ErrorCode.TRAVEL_TIME, "")]
        change.refresh_from_db()
        assert change.status == "PENDING"
