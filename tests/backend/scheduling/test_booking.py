"""Visits into people's days, and out of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.catalogue.models import Service
from backend.core.errors import InvalidTransition
from backend.core.transactions import OutsideUseCase, use_case
from backend.events.models import Event
from backend.scheduling.actions import book_visits, cancel_visits, claim_time, complete_visits
from backend.scheduling.errors import SlotTaken
from backend.scheduling.models import Appointment, Claim
from backend.scheduling.rules import AppointmentStatus, AppointmentType, VisitPlan
from backend.staff.models import Staff
from tests import factories

pytestmark = pytest.mark.django_db

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
T = TypeVar("T")


@use_case
def in_a_use_case(work: Callable[[], T]) -> T:
    return work()


def plan(staff: Staff, service: Service, start: datetime = NINE, **given: Any) -> VisitPlan:
    values: dict[str, Any] = {
        "service_id": service.pk,
        "staff_id": staff.pk,
        "start": start,
        "end": start + timedelta(minutes=60),
        "buffer_minutes": 15,
        "type": AppointmentType.ORDER_ITEM,
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
    return in_a_use_case(lambda: book_visits(visits=visits, order_id=7, actor_id=8, now=now))


def test_a_booked_visit_has_its_terms_its_claim_and_its_event(now: datetime) -> None:
    service = factories.service()
    staff, customer = factories.staff_member(service), factories.customer()
    (booked,) = book(plan(staff, service, customer_id=customer.pk, extras=[{"name": "Oven"}]), now=now)
    row = Appointment.objects.select_related("booking", "claim").get(pk=booked.pk)
    assert (row.status, row.type, row.version, row.end) == ("CONFIRMED", "ORDER_ITEM", 1, NINE + timedelta(hours=1))
    assert (row.booking.contact_name, row.booking.price, row.booking.extras) == (
        "Ada King",
        Decimal("50.00"),
        [{"name": "Oven"}],
    )
    assert row.booking.cancellation_deadline == NINE - timedelta(hours=24)
    assert (row.claim.period.lower, row.claim.period.upper) == (NINE, NINE + timedelta(minutes=75))
    event = Event.objects.get()
    assert (event.kind, event.staff_id, event.order_id, event.appointment_id, event.customer_id, event.actor_id) == (
        "appointment.booked",
        staff.pk,
        7,
        row.pk,
        customer.pk,
        8,
    )
    assert event.data == {
        "start": "2027-03-01T09:00:00Z",
        "end": "2027-03-01T10:00:00Z",
        "status": "CONFIRMED",
        "previous": None,
    }


def test_a_visit_may_begin_the_very_second_that_the_buffer_of_another_ends(now: datetime) -> None:
    service = factories.service()
    staff = factories.staff_member(service)
    book(plan(staff, service), plan(staff, service, NINE + timedelta(minutes=75)), now=now)
    assert Claim.objects.count() == 2


@pytest.mark.parametrize("minutes", [-74, -1, 0, 30, 74])
def test_a_visit_into_taken_time_is_refused_with_its_path_and_nothing_is_written(now: datetime, minutes: int) -> None:
    service = factories.service()
    staff, other = factories.staff_member(service), factories.staff_member(service)
    book(plan(staff, service), now=now)
    free = plan(other, service, field=("items", 0))
    taken = plan(staff, service, NINE + timedelta(minutes=minutes), field=("items", 1))
    with pytest.raises(SlotTaken) as refused:
        book(free, taken, now=now)
    assert refused.value.field == ("items", 1)
    assert (Appointment.objects.count(), Claim.objects.count(), Event.objects.count()) == (1, 1, 1)


def test_two_visits_of_one_request_may_not_overlap_either(now: datetime) -> None:
    service = factories.service()
    staff = factories.staff_member(service)
    with pytest.raises(SlotTaken):
        book(plan(staff, service), plan(staff, service, NINE + timedelta(minutes=60)), now=now)
    assert Appointment.objects.count() == 0


def test_whoever_does_not_look_meets_the_constraint_and_loses_the_whole_transaction(now: datetime) -> None:
    service = factories.service()
    staff = factories.staff_member(service)
    (booked,) = book(plan(staff, service), now=now)
    claim = Claim.objects.get()
    again = Appointment.objects.create(
        service=service, staff=staff, start=booked.start, end=booked.end, type="SINGLE", created_at=now
    )

    def careless() -> None:
        staff.name = "Changed"
        staff.save()
        claim_time([Claim(staff=staff, period=claim.period, kind="APPOINTMENT", appointment=again)])

    with pytest.raises(SlotTaken):
        in_a_use_case(careless)
    staff.refresh_from_db()
    assert (staff.name == "Changed", Claim.objects.count()) == (False, 1)


def test_cancelling_frees_the_time_and_tells_how_it_stood(now: datetime) -> None:
    service = factories.service()
    staff = factories.staff_member(service)
    (booked,) = book(plan(staff, service), now=now)
    cancelled = in_a_use_case(
        lambda: cancel_visits(appointment_ids=[booked.pk], order_id=7, actor_id=8, reason="Ill", now=now)
    )
    row = Appointment.objects.get()
    assert [each.pk for each in cancelled] == [row.pk]
    assert (row.status, row.version, Claim.objects.count()) == ("CANCELLED", 2, 0)
    event = Event.objects.get(kind="appointment.cancelled")
    assert event.data == {
        "start": "2027-03-01T09:00:00Z",
        "end": "2027-03-01T10:00:00Z",
        "status": "CANCELLED",
        "reason": "Ill",
        "previous": {
            "start": "2027-03-01T09:00:00+00:00",
            "end": "2027-03-01T10:00:00+00:00",
            "status": "CONFIRMED",
            "staff_id": staff.pk,
        },
    }
    book(plan(staff, service), now=now)


def test_what_is_closed_stays_as_it_is(now: datetime) -> None:
    service = factories.service()
    staff = factories.staff_member(service)
    (booked,) = book(plan(staff, service), now=now)
    in_a_use_case(lambda: complete_visits(appointment_ids=[booked.pk], order_id=7, actor_id=8, now=now))
    assert in_a_use_case(lambda: cancel_visits(appointment_ids=[booked.pk], order_id=7, actor_id=8, now=now)) == []
    booked.refresh_from_db()
    assert (booked.status, booked.version) == ("COMPLETED", 2)
    assert list(Event.objects.order_by("pk").values_list("kind", flat=True)) == [
        "appointment.booked",
        "appointment.completed",
    ]


def test_a_visit_that_was_never_confirmed_can_not_be_completed(now: datetime) -> None:
    service = factories.service()
    staff = factories.staff_member(service)
    (booked,) = book(plan(staff, service, status=AppointmentStatus.PENDING), now=now)
    with pytest.raises(InvalidTransition):
        in_a_use_case(lambda: complete_visits(appointment_ids=[booked.pk], order_id=7, actor_id=8, now=now))
    booked.refresh_from_db()
    assert booked.status == "PENDING"


def test_ten_visits_take_as_many_statements_as_one(now: datetime) -> None:
    service = factories.service()
    people = [factories.staff_member(service) for _ in range(10)]

    def statements(*visits: VisitPlan) -> int:
        with CaptureQueriesContext(connection) as captured:
            book(*visits, now=now)
        return len([each for each in captured if "SAVEPOINT" not in each["sql"]])

    one = statements(plan(people[0], service))
    ten = statements(*[plan(person, service, NINE + timedelta(days=1)) for person in people])
    assert (one, ten) == (9, 9)


def test_booking_outside_a_use_case_is_a_programming_error(now: datetime) -> None:
    with pytest.raises(OutsideUseCase):
        book_visits(visits=[], order_id=None, actor_id=None, now=now)
