"""One person's time on real commits: fifty at once never overlap, and without our guards they do."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection

from backend.accounts.queries import viewer_for_user
from backend.catalogue.models import Service
from backend.core.transactions import use_case
from backend.core.viewer import NOBODY, Role
from backend.orders.actions import confirm_order
from backend.scheduling.actions import HeldSlot, SlotRequest, add_time_off, book_visits, hold_slot, take_hold
from backend.scheduling.errors import SlotTaken
from backend.scheduling.models import Appointment, Claim, Hold
from backend.scheduling.rules import AppointmentType, VisitPlan
from backend.staff.models import Staff, TimeOff
from tests import factories
from tests.concurrency.racing import WON, all_at_once, overlaps
from tests.factories.business import NOW

pytestmark = pytest.mark.django_db(transaction=True)

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
AT_ONCE = 50


def plan(staff: Staff, service: Service, start: datetime) -> VisitPlan:
    """An hour with a quarter of buffer."""
    return VisitPlan(
        service_id=service.pk,
        staff_id=staff.pk,
        start=start,
        end=start + timedelta(hours=1),
        buffer_minutes=15,
        type=AppointmentType.SINGLE,
        customer_id=None,
        contact_name="Ada King",
        contact_email="ada@example.com",
        line1="10 Downing Street",
        city="London",
        postcode="SW1A 2AA",
        price=Decimal("50.00"),
        currency="GBP",
        policy_hours=24,
    )


@use_case
def book(*visits: VisitPlan) -> None:
    book_visits(visits=visits, order_id=None, actor_id=None, now=NOW)


@pytest.fixture
def staff(db: None) -> Staff:
    return factories.staff_member(factories.service())


def test_fifty_bookings_of_one_slot_have_one_winner(staff: Staff) -> None:
    service = Service.objects.get()
    outcomes = all_at_once([partial(book, plan(staff, service, NINE))] * AT_ONCE)
    assert Counter(outcomes) == {WON: 1, "SLOT_TAKEN": AT_ONCE - 1}
    assert (Appointment.objects.count(), Claim.objects.count()) == (1, 1)


def test_fifty_bookings_absences_and_confirmations_of_one_person_never_overlap(staff: Staff) -> None:
    service = Service.objects.get()
    factories.add_postcodes()
    viewer = viewer_for_user(factories.user(Role.ADMIN).pk)
    rng = random.Random(7)  # noqa: S311 - a fixed shuffle
    works: list[Callable[[], Any]] = []
    for number in range(AT_ONCE):
        start = NINE + timedelta(minutes=15 * rng.randrange(28))
        if number % 3 == 0:
            works.append(partial(book, plan(staff, service, start)))
        elif number % 3 == 1:
            absence: dict[str, Any] = {"staff_id": staff.pk, "start": start, "end": start + timedelta(minutes=30)}
            works.append(partial(add_time_off, viewer=viewer, now=NOW, **absence))
        else:
            order = factories.pending_order(service, staff=staff, scheduled_time=time(start.hour, start.minute))
            works.append(partial(confirm_order, viewer=viewer, order_id=order.pk, now=NOW))
    outcomes = Counter(all_at_once(works))
    # An order whose member of staff is away by then is told so: NOT_WORKING.
    assert set(outcomes) <= {WON, "SLOT_TAKEN", "TIME_OFF_CONFLICT", "NOT_WORKING"}
    assert (overlaps(), Claim.objects.count()) == (0, outcomes[WON])
    # Of these works five at least find room, whoever comes first.
    assert Appointment.objects.count() + TimeOff.objects.count() == outcomes[WON] >= 5


def test_two_people_named_in_opposite_order_do_not_lock_each_other_out(staff: Staff) -> None:
    service = Service.objects.get()
    other = factories.staff_member(service)
    works: list[Callable[[], Any]] = []
    for number in range(20):
        pair = [staff, other] if number % 2 else [other, staff]
        start = NINE + timedelta(hours=2 * (number // 4))
        works.append(partial(book, *[plan(each, service, start) for each in pair]))
    assert Counter(all_at_once(works)) == {WON: 5, "SLOT_TAKEN": 15}
    assert (overlaps(), Claim.objects.count()) == (0, 10)


def hold(service: Service, number: int, now: datetime = NOW) -> HeldSlot:
    """As one of many visitors, each at an address of its own."""
    request = SlotRequest(service_id=service.pk, start=NINE, postcode="SW1A 2AA")
    return hold_slot(viewer=NOBODY, request=request, address=f"203.0.113.{number}", now=now)


def test_fifty_holds_of_one_slot_have_one_winner(staff: Staff) -> None:
    service = Service.objects.get()
    factories.add_postcodes()
    outcomes = all_at_once([partial(hold, service, number) for number in range(AT_ONCE)])
    assert Counter(outcomes) == {WON: 1, "NO_STAFF_AVAILABLE": AT_ONCE - 1}
    assert (Hold.objects.count(), Claim.objects.count()) == (1, 1)


def test_one_visitor_with_many_windows_holds_no_more_than_one_may(staff: Staff) -> None:
    service = Service.objects.get()
    factories.add_postcodes()
    starts = [NINE + timedelta(days=number) for number in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)]
    requests = [SlotRequest(service_id=service.pk, start=start, postcode="SW1A 2AA") for start in starts]
    works = [partial(hold_slot, viewer=NOBODY, request=each, address="203.0.113.1", now=NOW) for each in requests]
    assert Counter(all_at_once(works)) == {WON: 5, "TOO_MANY_HOLDS": 5}
    assert Hold.objects.count() == 5


def test_a_hold_that_ends_while_others_book_its_time_leaves_one_winner(staff: Staff) -> None:
    """Its owner's request came in just in time, the others' when it was over: whoever locks first has it."""
    service = Service.objects.get()
    factories.add_postcodes()
    held = hold(service, 1)
    last, over = NOW + timedelta(minutes=10, seconds=-1), NOW + timedelta(minutes=10)

    @use_case
    def book_what_is_held() -> None:
        given: dict[str, Any] = {"service_id": service.pk, "staff_id": None, "start": NINE, "extra_ids": ()}
        take_hold(token=held.token, postcode="SW1A 2AA", now=last, **given)
        book_visits(visits=[plan(staff, service, NINE)], order_id=None, actor_id=None, now=last)

    @use_case
    def book_later() -> None:
        book_visits(visits=[plan(staff, service, NINE)], order_id=None, actor_id=None, now=over)

    outcomes = all_at_once([book_what_is_held, *[book_later] * 20])
    assert outcomes.count(WON) == 1
    assert outcomes[0] in (WON, "HOLD_EXPIRED")
    assert set(outcomes[1:]) <= {WON, "SLOT_TAKEN"}
    assert (overlaps(), Claim.objects.count(), Appointment.objects.count()) == (0, 1, 1)


def test_control_without_lock_and_constraint_they_do_overlap(
    staff: Staff, without_constraint: None, everyone_looks_before_anyone_writes: threading.Barrier
) -> None:
    service = Service.objects.get()
    outcomes = all_at_once([partial(book, plan(staff, service, NINE))] * everyone_looks_before_anyone_writes.parties)
    assert (outcomes, overlaps()) == ([WON] * 5, 10)


def test_the_lock_alone_keeps_the_queue_orderly(staff: Staff, without_constraint: None) -> None:
    service = Service.objects.get()
    outcomes = all_at_once([partial(book, plan(staff, service, NINE))] * 20)
    assert (Counter(outcomes), overlaps()) == ({WON: 1, "SLOT_TAKEN": 19}, 0)


def test_the_constraint_alone_has_the_last_word(
    staff: Staff, everyone_looks_before_anyone_writes: threading.Barrier
) -> None:
    service = Service.objects.get()

    def book_or_lose() -> None:
        try:
            book(plan(staff, service, NINE))
        except OperationalError as error:  # bare concurrent inserts also deadlock: what the lock is there against
            raise SlotTaken("Lost in a deadlock.") from error

    outcomes = all_at_once([book_or_lose] * everyone_looks_before_anyone_writes.parties)
    assert (Counter(outcomes), overlaps()) == ({WON: 1, "SLOT_TAKEN": 4}, 0)


def test_the_constraint_is_back(staff: Staff) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE conname = 'claim_no_overlap' AND contype = 'x'")
        assert cursor.fetchone() == (1,)
