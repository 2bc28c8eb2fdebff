"""Visits to colleagues at their own times, on real rows."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import TypeVar

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.catalogue.models import Service
from backend.core.errors import Refusals
from backend.core.transactions import OutsideUseCase, use_case
from backend.geography.models import Postcode
from backend.scheduling.actions import give_visit_to, reassign_visits
from backend.scheduling.errors import NobodyTakesVisit, SlotTaken
from backend.scheduling.models import Appointment, Claim
from backend.scheduling.queries import colleagues_who_could
from backend.staff.models import Staff
from tests import factories
from tests.world import digest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london")]
T = TypeVar("T")


@use_case
def in_a_use_case(work: Callable[[], T]) -> T:
    return work()


def give_away(staff: Staff, now: datetime) -> list[Appointment]:
    ids = list(Appointment.objects.filter(staff=staff).values_list("pk", flat=True))
    return in_a_use_case(lambda: reassign_visits(appointment_ids=ids, field=("reassign",), actor_id=8, now=now))


@pytest.fixture
def service() -> Service:
    return factories.service(name="Deep clean")


@pytest.fixture
def anna(service: Service) -> Staff:
    return factories.staff_member(service, name="Anna")


def people_of_visits() -> list[str]:
    return list(Appointment.objects.order_by("start", "pk").values_list("staff__name", flat=True))


def test_visits_on_several_days_go_to_the_least_booked_of_each_day(
    service: Service, anna: Staff, now: datetime
) -> None:
    bob, cat = factories.staff_member(service, name="Bob"), factories.staff_member(service, name="Cat")
    factories.confirmed_order(service, staff=anna)
    factories.confirmed_order(service, staff=bob, scheduled_time=time(14))
    factories.confirmed_order(service, staff=anna, scheduled_date=date(2027, 3, 2))
    factories.confirmed_order(service, staff=cat, scheduled_date=date(2027, 3, 2), scheduled_time=time(14))
    moved = give_away(anna, now)
    assert len(moved) == 2
    assert people_of_visits() == ["Cat", "Bob", "Bob", "Cat"]
    assert list(Claim.objects.order_by("period").values_list("staff__name", flat=True)) == people_of_visits()


def test_who_is_inactive_unqualified_far_taken_or_off_takes_none_and_each_visit_says_why(
    service: Service, anna: Staff, now: datetime
) -> None:
    factories.staff_member(service, is_active=False)
    factories.staff_member()
    factories.staff_member(service, postcode="M1")
    busy = factories.staff_member(service)
    factories.confirmed_order(service, staff=busy)
    factories.confirmed_order(service, staff=anna)
    factories.confirmed_order(service, staff=anna, scheduled_date=date(2027, 3, 6))
    factories.confirmed_order(service, staff=anna, scheduled_date=date(2027, 3, 8))
    before = digest()
    with pytest.raises(Refusals) as refused:
        give_away(anna, now)
    assert digest() == before
    ids = list(Appointment.objects.filter(staff=anna).order_by("start").values_list("pk", flat=True))
    assert [(str(each), each.field) for each in refused.value.refusals] == [
        ("Deep clean for Ada King on 1 Mar 2027 at 09:00: everybody else who could come is taken then.", ("reassign",)),
        ("Deep clean for Ada King on 6 Mar 2027 at 09:00: nobody else who could come works then.", ("reassign",)),
    ]
    named = [each.appointment_ids for each in refused.value.refusals if isinstance(each, NobodyTakesVisit)]
    assert named == [[ids[0]], [ids[1]]]


def test_work_that_has_begun_stays_and_keeps_the_others(service: Service, anna: Staff, now: datetime) -> None:
    factories.staff_member(service)
    factories.confirmed_order(service, staff=anna, status="IN_PROGRESS")
    Appointment.objects.update(status="IN_PROGRESS")
    factories.confirmed_order(service, staff=anna, scheduled_time=time(12))
    with pytest.raises(NobodyTakesVisit, match="the work has begun"):
        give_away(anna, now)
    assert people_of_visits() == ["Anna", "Anna"]


def test_closed_visits_are_passed_over(service: Service, anna: Staff, now: datetime) -> None:
    factories.confirmed_order(service, staff=anna)
    Appointment.objects.update(status="COMPLETED")
    assert give_away(anna, now) == []


def test_an_address_that_is_on_no_map_any_more_is_nobodys(service: Service, anna: Staff, now: datetime) -> None:
    factories.staff_member(service)
    factories.confirmed_order(service, staff=anna)
    Postcode.objects.all().delete()
    with pytest.raises(NobodyTakesVisit, match="nobody else who offers it serves the address"):
        give_away(anna, now)


def test_sixteen_visits_take_as_many_statements_as_one(service: Service, anna: Staff, now: datetime) -> None:
    for _ in range(4):
        factories.staff_member(service)
    factories.confirmed_order(service, staff=anna, postcode="N1 9GU")

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            give_away(anna, now)
        return len([each for each in captured if "SAVEPOINT" not in each["sql"]])

    one = statements()
    for number in range(16):
        day, at = date(2027, 3, 2 + number // 4), time(9 + 2 * (number % 4))
        place = "SW1A 2AA" if number % 2 else "E2 7DG"
        factories.confirmed_order(service, staff=anna, scheduled_date=day, scheduled_time=at, postcode=place)
    assert statements() == one


def test_reassigning_is_a_part_of_a_use_case(now: datetime) -> None:
    with pytest.raises(OutsideUseCase):
        reassign_visits(appointment_ids=[], actor_id=None, now=now)


def test_a_hold_that_is_over_keeps_no_colleague_from_a_visit_though_nobody_swept_it(
    service: Service, anna: Staff, now: datetime
) -> None:
    bob = factories.staff_member(service, name="Bob")
    visit = factories.confirmed_order(service, staff=anna).items.get().appointment
    assert visit is not None
    hold = factories.held_slot(bob, service, visit.start)
    with pytest.raises(NobodyTakesVisit):
        give_away(anna, now + timedelta(minutes=9))
    assert give_away(anna, now + timedelta(minutes=10)) == [visit]
    assert people_of_visits() == ["Bob"]
    assert not Claim.objects.filter(hold=hold).exists()


def test_a_hold_that_is_over_keeps_nobody_from_being_named(service: Service, anna: Staff, now: datetime) -> None:
    bob = factories.staff_member(service, name="Bob")
    visit = factories.confirmed_order(service, staff=anna).items.get().appointment
    assert visit is not None
    factories.held_slot(bob, service, visit.start)

    def give(at: datetime) -> Appointment:
        return in_a_use_case(
            lambda: give_visit_to(appointment_id=visit.pk, staff_id=bob.pk, actor_id=8, now=at),
        )

    with pytest.raises(SlotTaken):
        give(now + timedelta(minutes=9))
    assert colleagues_who_could(visit.pk, at_most=5, now=now + timedelta(minutes=9)) == []
    assert [each.staff_name for each in colleagues_who_could(visit.pk, at_most=5, now=now + timedelta(minutes=10))] == [
        "Bob"
    ]
    assert give(now + timedelta(minutes=10)).staff == bob
