"""Visits to another time, or to somebody else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.catalogue.models import Service
from backend.core.errors import InvalidTransition
from backend.core.transactions import OutsideUseCase, use_case
from backend.events.models import Event
from backend.orders.models import Order
from backend.scheduling.actions import Move, move_visits
from backend.scheduling.errors import NotWorking, SlotTaken
from backend.scheduling.models import Appointment, Claim
from backend.staff.models import Staff
from tests import factories
from tests.world import digest

pytestmark = pytest.mark.django_db

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
T = TypeVar("T")


@use_case
def in_a_use_case(work: Callable[[], T]) -> T:
    return work()


def move(moves: dict[int, Move], *, now: datetime, **given: Any) -> list[Appointment]:
    return in_a_use_case(lambda: move_visits(moves=moves, actor_id=8, now=now, **given))


@pytest.fixture
def service() -> Service:
    """An hour with a quarter of buffer."""
    return factories.service()


@pytest.fixture
def anna(service: Service) -> Staff:
    return factories.staff_member(service, name="Anna")


@pytest.fixture
def ben(service: Service) -> Staff:
    """Takes two hours for what takes Anna one."""
    row = factories.staff_member(name="Ben")
    factories.offers(row, service, duration_override_minutes=120)
    return row


def visit_of(order: Order) -> Appointment:
    found = order.items.get().appointment
    assert found is not None
    return found


def claims() -> list[tuple[int, datetime, datetime]]:
    return [(row.staff_id, row.period.lower, row.period.upper) for row in Claim.objects.order_by("staff", "period")]


def test_a_visit_that_goes_to_somebody_else_keeps_its_time_and_the_length_that_was_booked(
    service: Service, anna: Staff, ben: Staff, now: datetime
) -> None:
    order = factories.confirmed_order(service, staff=anna)
    visit = visit_of(order)
    (moved,) = move({visit.pk: Move(staff_id=ben.pk)}, now=now)
    visit.refresh_from_db()
    assert moved.pk == visit.pk
    assert (visit.staff, visit.start, visit.end, visit.version) == (ben, NINE, NINE + timedelta(hours=1), 2)
    assert visit.booking.cancellation_deadline == NINE - timedelta(hours=24)
    assert claims() == [(ben.pk, NINE, NINE + timedelta(minutes=75))]


def test_time_and_person_change_in_one_move_and_the_deadline_counts_from_the_new_start(
    service: Service, anna: Staff, ben: Staff, now: datetime
) -> None:
    visit = visit_of(factories.confirmed_order(service, staff=anna))
    later = NINE + timedelta(days=1, hours=2)
    move({visit.pk: Move(start=later, staff_id=ben.pk)}, now=now)
    visit.refresh_from_db()
    assert (visit.staff, visit.start) == (ben, later)
    assert visit.booking.cancellation_deadline == later - timedelta(hours=24)
    assert claims() == [(ben.pk, later, later + timedelta(minutes=75))]


def test_one_fact_tells_how_it_was_and_is_with_the_order_that_it_came_from(
    service: Service, anna: Staff, ben: Staff, now: datetime
) -> None:
    order = factories.confirmed_order(service, staff=anna)
    visit = visit_of(order)
    move({visit.pk: Move(staff_id=ben.pk)}, now=now)
    event = Event.objects.get()
    assert (event.kind, event.staff_id, event.order_id, event.appointment_id, event.actor_id) == (
        "appointment.moved",
        ben.pk,
        order.pk,
        visit.pk,
        8,
    )
    assert event.data["previous"] == {
        "start": "2027-03-01T09:00:00+00:00",
        "end": "2027-03-01T10:00:00+00:00",
        "status": "CONFIRMED",
        "staff_id": anna.pk,
    }


def test_two_people_swap_their_visits(service: Service, anna: Staff, ben: Staff, now: datetime) -> None:
    hers = visit_of(factories.confirmed_order(service, staff=anna))
    his = visit_of(factories.confirmed_order(service, staff=ben))
    move({hers.pk: Move(staff_id=ben.pk), his.pk: Move(staff_id=anna.pk)}, now=now)
    hers.refresh_from_db()
    his.refresh_from_db()
    assert (hers.staff, his.staff) == (ben, anna)
    assert [staff_id for staff_id, _, _ in claims()] == [anna.pk, ben.pk]


def test_a_taken_colleague_gets_nothing_and_nothing_moves(
    service: Service, anna: Staff, ben: Staff, now: datetime
) -> None:
    mine = visit_of(factories.confirmed_order(service, staff=anna))
    factories.confirmed_order(service, staff=ben)
    before = digest()
    with pytest.raises(SlotTaken):
        move({mine.pk: Move(staff_id=ben.pk)}, now=now)
    assert digest() == before


def test_a_colleague_who_is_off_then_takes_the_offices_word(service: Service, anna: Staff, now: datetime) -> None:
    visit = visit_of(factories.confirmed_order(service, staff=anna))
    late = factories.staff_member(service)
    factories.works(late, start="12:00")
    with pytest.raises(NotWorking):
        move({visit.pk: Move(staff_id=late.pk)}, now=now)
    move({visit.pk: Move(staff_id=late.pk)}, outside_hours=True, now=now)
    visit.refresh_from_db()
    assert visit.staff == late


def test_work_that_has_begun_stays_with_whoever_began_it(
    service: Service, anna: Staff, ben: Staff, now: datetime
) -> None:
    visit = visit_of(factories.confirmed_order(service, staff=anna))
    Appointment.objects.update(status="IN_PROGRESS")
    with pytest.raises(InvalidTransition):
        move({visit.pk: Move(staff_id=ben.pk)}, now=now)


def test_what_is_closed_stays_where_it_was(service: Service, anna: Staff, ben: Staff, now: datetime) -> None:
    visit = visit_of(factories.confirmed_order(service, staff=anna))
    Appointment.objects.update(status="COMPLETED")
    Claim.objects.all().delete()
    assert move({visit.pk: Move(staff_id=ben.pk)}, now=now) == []
    visit.refresh_from_db()
    assert (visit.staff, Event.objects.count()) == (anna, 0)


def test_ten_visits_take_as_many_statements_as_one(service: Service, anna: Staff, now: datetime) -> None:
    people = [factories.staff_member(service) for _ in range(11)]
    visits = [visit_of(factories.confirmed_order(service, staff=person)) for person in people]
    others = [factories.staff_member(service) for _ in range(11)]

    def statements(moves: dict[int, Move]) -> int:
        with CaptureQueriesContext(connection) as captured:
            move(moves, now=now)
        return len([each for each in captured if "SAVEPOINT" not in each["sql"]])

    one = statements({visits[0].pk: Move(staff_id=others[0].pk)})
    ten = statements({v.pk: Move(staff_id=o.pk) for v, o in zip(visits[1:], others[1:], strict=True)})
    assert one == ten <= 17


def test_moving_is_a_part_of_a_use_case(service: Service, anna: Staff, ben: Staff, now: datetime) -> None:
    visit = visit_of(factories.confirmed_order(service, staff=anna))
    with pytest.raises(OutsideUseCase):
        move_visits(moves={visit.pk: Move(staff_id=ben.pk)}, actor_id=8, now=now)


def test_a_hold_that_is_over_keeps_no_visit_from_moving(service: Service, anna: Staff, now: datetime) -> None:
    visit = visit_of(factories.confirmed_order(service, staff=anna))
    eleven = NINE + timedelta(hours=2)
    factories.held_slot(anna, service, eleven)
    with pytest.raises(SlotTaken):
        move({visit.pk: Move(start=eleven)}, now=now + timedelta(minutes=9))
    (moved,) = move({visit.pk: Move(start=eleven)}, now=now + timedelta(minutes=10))
    assert (moved.start, Claim.objects.get().appointment) == (eleven, visit)
