"""With travel, daily limits and either rule of assignment on: what is offered can be had by every door, and no door
goes beyond them. Random businesses, filled through the doors themselves."""

import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from backend.accounts.queries import viewer_for_user
from backend.catalogue.models import Service
from backend.core.business import business
from backend.core.errors import Refusal, Refusals
from backend.core.fairness import Assignment
from backend.core.viewer import NOBODY, Role, Viewer
from backend.customers.rules import Contact, PostalAddress
from backend.geography.rules import miles_between
from backend.orders.actions import confirm_order, place_order
from backend.orders.actions.place import OrderRequest
from backend.orders.queries.carts import cart_availability
from backend.orders.rules import CartItem
from backend.scheduling.actions import BookingRequest, book_appointment
from backend.scheduling.models import Appointment
from backend.scheduling.queries.searching import Wish, availability
from backend.scheduling.rules import Slot
from backend.subscriptions.actions import create_subscription
from backend.subscriptions.queries import PlanRequest
from backend.subscriptions.rules import Frequency
from tests import factories
from tests.factories.business import CENTROIDS
from tests.stateful.ground import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london")]

MONDAY = date(2027, 3, 1)
PLACES = ("SW1A 2AA", "N1 1AA", "E2 0AA")
PER_MILE = 7
GUEST = Contact(name="Ada King", email="ada@example.com")


class Town:
    """Three people with limits of their own, and two services, of an hour and of half an hour."""

    def __init__(self, rng: random.Random, admin: Viewer, now: datetime) -> None:
        self.rng, self.admin, self.now = rng, admin, now
        self.hour = factories.service()
        self.half = factories.service(duration_minutes=30, buffer_minutes=0)
        for _ in range(3):
            limit = rng.choice([None, 2, 3])
            person = factories.staff_member(self.hour, self.half, max_visits_per_day=limit)
            factories.works(person, range(7), "09:00", f"{rng.randrange(13, 16)}:00", breaks=[["12:00", "12:20"]])

    def offers(self, service: Service, place: str, first: date, days: int = 1) -> list[Slot]:
        wish = Wish(service_id=service.pk, postcode=place)
        last = first + timedelta(days=days - 1)
        found = availability(viewer=NOBODY, wish=wish, first=first, last=last, now=self.now)
        return [slot for day in found for slot in day.slots]

    def book(self, service: Service, place: str, start: datetime, staff_id: int | None) -> Appointment:
        request = BookingRequest(
            service_id=service.pk, start=start, staff_id=staff_id, guest=GUEST, address=address(place)
        )
        return book_appointment(viewer=NOBODY, request=request, now=self.now)

    def order(self, place: str, start: datetime) -> None:
        items = [CartItem(service_id=self.hour.pk), CartItem(service_id=self.half.pk, quantity=2)]
        request = OrderRequest(
            items=items,
            guest=GUEST,
            address=address(place),
            scheduled_date=start.date(),
            scheduled_time=start.time(),
        )
        order = place_order(viewer=NOBODY, request=request, now=self.now)
        confirm_order(viewer=self.admin, order_id=order.pk, now=self.now)

    def cart_offers(self, place: str) -> list[datetime]:
        items = [CartItem(service_id=self.hour.pk), CartItem(service_id=self.half.pk, quantity=2)]
        days = cart_availability(items=items, postcode=place, first=MONDAY, last=MONDAY, now=self.now)
        return [each.start for day in days for each in day.times]

    def plan(self, place: str, start: datetime, staff_id: int | None) -> Any:
        request = PlanRequest(
            service_id=self.hour.pk,
            frequency=Frequency.WEEKLY,
            duration_months=1,
            start_date=start.date(),
            preferred_time=start.time(),
            preferred_staff_id=staff_id,
            guest=GUEST,
            address=address(place),
        )
        return create_subscription(viewer=NOBODY, request=request, now=self.now)

    def fill(self) -> None:
        """Bookings, an order and plans, some of them refused: whatever comes of them keeps the rules."""
        for _ in range(8):
            place, day = self.rng.choice(PLACES), MONDAY + timedelta(days=self.rng.choice([0, 0, 0, 7]))
            start = datetime.combine(day, self.now.time(), self.now.tzinfo) + timedelta(
                minutes=15 * self.rng.randrange(4, 24)
            )
            with suppress(Refusal, Refusals):
                match self.rng.randrange(3):
                    case 0:
                        self.plan(place, start, None)
                    case 1:
                        self.book(self.hour, place, start, None)
                    case _:
                        self.order(place, start)


def address(place: str) -> PostalAddress:
    return PostalAddress(line1="10 Downing Street", city="London", postcode=place)


def broken_promises(rows: Sequence[Appointment]) -> list[str]:
    """Days with more visits than somebody takes, and visits that nobody could come to in time from the one before."""
    found, zone = [], business().zone
    for who in {row.staff for row in rows}:
        mine = sorted((row for row in rows if row.staff == who), key=lambda row: row.start)
        days = [row.start.astimezone(zone).date() for row in mine]
        limit = who.max_visits_per_day
        found += [f"{who} on {day}" for day in set(days) if limit is not None and days.count(day) > limit]
        for one, other in pairwise(mine):
            miles = miles_between(*spot(one), *spot(other))
            free = one.end + timedelta(minutes=one.buffer_minutes + miles * PER_MILE)
            found += [f"{who} from {one.end} to {other.start}"] if other.start < free else []
    return found


def spot(row: Appointment) -> tuple[float, float]:
    return CENTROIDS[row.booking.postcode.split()[0]]


@pytest.mark.parametrize("assignment", Assignment)
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_offered_can_be_had_by_every_door_and_no_door_goes_beyond_it(
    seed: int, assignment: Assignment, now: datetime
) -> None:
    admin = viewer_for_user(factories.user(Role.ADMIN).pk)
    with factories.configured(travel_minutes_per_mile=Decimal(PER_MILE), assignment=assignment):
        town = Town(random.Random(seed), admin, now)  # noqa: S311 - a fixed shuffle
        town.fill()
        place = town.rng.choice(PLACES)
        offers, carts = town.offers(town.hour, place, MONDAY), town.cart_offers(place)
        assert min(len(offers), len(carts)) >= 3
        for slot in offers:
            with undone():
                assert town.book(town.hour, place, slot.start, slot.staff_id).staff_id == slot.staff_id
            with undone():
                town.book(town.hour, place, slot.start, None)
            with undone():
                first = town.plan(place, slot.start, slot.staff_id).visits.select_related("appointment").first()
                assert (first.appointment.start, first.appointment.staff_id) == (slot.start, slot.staff_id)
                assert not first.is_moved
        for start in carts:
            with undone():
                town.order(place, start)
                assert broken_promises(visits()) == []
        assert broken_promises(visits()) == []
        assert len(visits()) >= 6


def visits() -> list[Appointment]:
    return list(Appointment.objects.select_related("staff", "booking"))
