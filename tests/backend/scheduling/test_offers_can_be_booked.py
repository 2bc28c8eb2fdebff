"""Whatever is offered can be booked: every offer of random days, by the real booking step, each undone again."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from backend.core.transactions import use_case
from backend.core.viewer import NOBODY
from backend.scheduling.actions import book_visits
from backend.scheduling.models import Appointment
from backend.scheduling.queries.searching import Wish, availability
from backend.scheduling.rules import AppointmentType, Slot, VisitPlan
from backend.staff.models import ScheduleException
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london")]


@use_case
def book(slot: Slot, service_id: int, postcode: str, now: datetime) -> None:
    visit = VisitPlan(
        service_id=service_id,
        staff_id=slot.staff_id,
        start=slot.start,
        end=slot.end,
        buffer_minutes=15,
        type=AppointmentType.SINGLE,
        customer_id=None,
        contact_name="Ada King",
        contact_email="ada@example.com",
        line1="10 Downing Street",
        city="London",
        postcode=postcode,
        price=slot.price,
        currency="GBP",
        policy_hours=24,
    )
    book_visits(visits=[visit], order_id=None, actor_id=None, now=now)


@pytest.mark.parametrize(
    ("seed", "first", "zone"),
    [
        (1, date(2027, 3, 27), "Europe/London"),
        (2, date(2027, 3, 13), "America/New_York"),
        (3, date(2027, 4, 3), "Australia/Lord_Howe"),
    ],
)
def test_every_offer_of_random_days_can_be_booked(seed: int, first: date, zone: str, now: datetime) -> None:
    rng = random.Random(seed)  # noqa: S311 - a fixed shuffle
    with factories.configured(zone=ZoneInfo(zone), travel_minutes_per_mile=Decimal(4)):
        service = factories.service()
        midnight = datetime(first.year, first.month, first.day, tzinfo=UTC)
        for number in range(3):
            person = factories.staff_member(service, max_visits_per_day=rng.choice([None, 2, 3]))
            factories.works(person, range(7), "00:00", f"{rng.randrange(4, 10):02}:30", breaks=[["03:00", "03:20"]])
            factories.time_off(person, midnight + timedelta(minutes=rng.randrange(0, 2880, 7)), hours=1.2)
            if number == 2:
                ScheduleException.objects.create(staff=person, date=first + timedelta(days=1))
        wishes = {place: Wish(service_id=service.pk, postcode=place) for place in ("SW1A 2AA", "N1 1AA", "E2 0AA")}
        last = first + timedelta(days=1)

        def offers(place: str) -> list[Slot]:
            days = availability(viewer=NOBODY, wish=wishes[place], first=first, last=last, now=now)
            return [slot for day in days for slot in day.slots]

        for _ in range(5):  # some of the days are taken, near and far
            place = rng.choice(list(wishes))
            book(rng.choice(offers(place)), service.pk, place, now)
        found = offers("N1 1AA")
        for slot in found:
            point = transaction.savepoint()
            book(slot, service.pk, "N1 1AA", now)
            assert Appointment.objects.count() == 6
            transaction.savepoint_rollback(point)
        assert len(found) >= 10
