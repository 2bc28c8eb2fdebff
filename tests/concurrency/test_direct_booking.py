"""Direct bookings on real commits: booked, moved and called off by many at once, beside confirmations."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest

from backend.accounts.queries import viewer_for_user
from backend.catalogue.models import Service
from backend.core import transactions
from backend.core.errors import Overtaken, Refusal, Refusals
from backend.core.transactions import use_case
from backend.core.viewer import NOBODY, Role, Viewer
from backend.customers.rules import Contact, PostalAddress
from backend.events.models import Event
from backend.orders.actions import confirm_order
from backend.scheduling.actions import (
    BookingRequest,
    RescheduleRequest,
    book_appointment,
    cancel_appointment,
    give_visit_to,
    moving,
    reassigning,
    reschedule_appointment,
    rescheduling,
)
from backend.scheduling.errors import NoTime
from backend.scheduling.models import Appointment, Claim, CustomerAppointment
from backend.staff.models import Staff
from backend.staff.queries import lock_staff
from backend.subscriptions.actions import create_subscription
from backend.subscriptions.models import Subscription, SubscriptionAppointment
from backend.subscriptions.queries.asking import PlanRequest
from backend.subscriptions.rules import Frequency
from tests import factories
from tests.concurrency.racing import WON, all_at_once, overlaps
from tests.factories.business import NOW

pytestmark = pytest.mark.django_db(transaction=True)

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
ADA = Contact(name="Ada King", email="ada@example.com")
HOME = PostalAddress(line1="10 Downing Street", city="London", postcode="SW1A 2AA")


@pytest.fixture
def service(london: None) -> Service:
    """An hour with a quarter of buffer."""
    return factories.service()


@pytest.fixture
def admin(db: None) -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


def wish(service: Service, start: datetime, staff: Staff | None = None) -> BookingRequest:
    staff_id = None if staff is None else staff.pk
    return BookingRequest(service_id=service.pk, start=start, staff_id=staff_id, guest=ADA, address=HOME)


def booking(service: Service, start: datetime, staff: Staff | None = None) -> partial[Any]:
    return partial(book_appointment, viewer=NOBODY, request=wish(service, start, staff), now=NOW)


def moving_to(row: Appointment, start: datetime, staff: Staff | None = None) -> partial[Any]:
    """By the guest; each from an address of its own, so that none is slowed down for the others."""
    request = RescheduleRequest(
        tracking_token=row.booking.tracking_token, start=start, staff_id=None if staff is None else staff.pk
    )
    return partial(reschedule_appointment, viewer=NOBODY, request=request, address=f"visit {row.pk}", now=NOW)


def test_fifty_who_book_one_slot_have_one_winner_and_the_others_get_other_times(service: Service) -> None:
    anna = factories.staff_member(service)
    offered: list[int] = []

    def book() -> None:
        try:
            booking(service, NINE, anna)()
        except NoTime as refusal:
            offered.append(len(refusal.alternatives))
            raise

    outcomes = Counter(all_at_once([book] * 50))
    assert outcomes == {WON: 1, "SLOT_TAKEN": 49}
    assert offered == [5] * 49
    assert (Appointment.objects.count(), CustomerAppointment.objects.count(), Claim.objects.count()) == (1, 1, 1)
    assert Event.objects.count() == 1


def test_fifty_who_book_with_anyone_get_as_many_visits_as_there_are_people(service: Service) -> None:
    for _ in range(3):
        factories.staff_member(service)
    outcomes = Counter(all_at_once([booking(service, NINE)] * 50))
    assert outcomes == {WON: 3, "NO_STAFF_AVAILABLE": 47}
    assert (overlaps(), Appointment.objects.values("staff").distinct().count()) == (0, 3)


def test_the_same_key_many_times_at_once_books_one_visit(service: Service) -> None:
    factories.staff_member(service)
    ids: list[int] = []

    def book() -> None:
        row = book_appointment(viewer=NOBODY, request=wish(service, NINE), idempotency_key="b7c1", now=NOW)
        ids.append(row.pk)

    assert all_at_once([book] * 8) == [WON] * 8
    assert ids == [Appointment.objects.get().pk] * 8


def test_two_who_move_into_each_other_s_slots_neither_deadlock_nor_overlap(service: Service) -> None:
    anna, bea = factories.staff_member(service), factories.staff_member(service)
    for day in range(5):
        nine, noon = NINE + timedelta(days=day), NINE + timedelta(days=day, hours=3)
        first = factories.direct_booking(service, staff=anna, start=nine)
        second = factories.direct_booking(service, staff=bea, start=noon)
        outcomes = all_at_once([moving_to(first, noon, bea), moving_to(second, nine, anna)])
        # Whoever comes first finds the other's place taken, and so does the second: nobody may hold both.
        assert outcomes == ["SLOT_TAKEN"] * 2
        first.refresh_from_db()
        second.refresh_from_db()
        assert ((first.staff_id, first.start), (second.staff_id, second.start)) == ((anna.pk, nine), (bea.pk, noon))


def test_a_ring_of_visits_that_move_up_one_after_the_other_does_not_deadlock(service: Service) -> None:
    people = [factories.staff_member(service) for _ in range(6)]
    rows = [factories.direct_booking(service, staff=person) for person in people]
    nexts = [*people[1:], people[0]]
    later = NINE + timedelta(hours=3)
    outcomes = all_at_once([moving_to(row, later, person) for row, person in zip(rows, nexts, strict=True)])
    assert outcomes == [WON] * 6
    assert (overlaps(), Claim.objects.count()) == (0, 6)
    assert sorted(Appointment.objects.values_list("staff_id", flat=True)) == sorted(person.pk for person in people)


def test_many_who_move_to_one_slot_have_one_winner_and_the_others_keep_theirs(service: Service) -> None:
    people = [factories.staff_member(service) for _ in range(10)]
    rows = [factories.direct_booking(service, staff=person) for person in people]
    wanted = factories.staff_member(service)
    outcomes = Counter(all_at_once([moving_to(row, NINE, wanted) for row in rows]))
    assert outcomes == {WON: 1, "SLOT_TAKEN": 9}
    assert (overlaps(), Claim.objects.count(), Appointment.objects.filter(staff=wanted).count()) == (0, 10, 1)


def test_a_visit_moved_and_cancelled_at_once_ends_cancelled_without_a_claim(service: Service) -> None:
    anna = factories.staff_member(service)
    rows = [factories.direct_booking(service, staff=anna, start=NINE + timedelta(days=day)) for day in range(4)]
    cancelling = [
        partial(
            cancel_appointment,
            viewer=NOBODY,
            tracking_token=row.booking.tracking_token,
            address=f"cancel {row.pk}",
            now=NOW,
        )
        for row in rows
    ]
    outcomes = all_at_once([moving_to(row, row.start + timedelta(hours=2)) for row in rows] + cancelling)
    assert set(outcomes[:4]) <= {WON, "INVALID_TRANSITION"}
    assert outcomes[4:] == [WON] * 4
    assert set(Appointment.objects.values_list("status", flat=True)) == {"CANCELLED"}
    assert Claim.objects.count() == 0


def test_two_moves_of_one_visit_with_one_version_have_one_winner(service: Service) -> None:
    row = factories.direct_booking(service, staff=factories.staff_member(service))

    def move(hour: int) -> None:
        request = RescheduleRequest(
            tracking_token=row.booking.tracking_token, start=NINE + timedelta(hours=hour), version=1
        )
        reschedule_appointment(viewer=NOBODY, request=request, address=str(hour), now=NOW)

    outcomes = Counter(all_at_once([partial(move, hour) for hour in (2, 3, 4, 5)]))
    assert outcomes == {WON: 1, "STALE_VERSION": 3}
    assert CustomerAppointment.objects.get().reschedules == 1


def hand_over_before_locking(
    monkeypatch: pytest.MonkeyPatch, module: Any, row: Appointment, to: Staff
) -> list[set[int]]:
    """Somebody else gets the visit after the first look of `module` and before its locks; whom it locks then."""
    handing_over = iter([lambda: Appointment.objects.filter(pk=row.pk).update(staff=to)])
    locked: list[set[int]] = []

    def lock_late(staff_ids: Any) -> Any:
        for hand_over in handing_over:
            assert all_at_once([hand_over]) == [WON]
        locked.append(set(staff_ids))
        return lock_staff(locked[-1])

    monkeypatch.setattr(module, "lock_staff", lock_late)
    return locked


@pytest.fixture
def handed_over_meanwhile(service: Service, monkeypatch: pytest.MonkeyPatch) -> partial[Any]:
    """Anna's visit, to be moved to Cleo by its guest; Bea gets it meanwhile."""
    anna, bea, cleo = (factories.staff_member(service) for _ in range(3))
    row = factories.direct_booking(service, staff=anna)
    hand_over_before_locking(monkeypatch, rescheduling, row, to=bea)
    return moving_to(row, NINE + timedelta(hours=3), cleo)


def test_a_visit_that_somebody_else_got_between_the_look_and_the_locks_is_looked_at_again(
    handed_over_meanwhile: partial[Any],
) -> None:
    moved = handed_over_meanwhile()
    assert (moved.start, moved.version) == (NINE + timedelta(hours=3), 2)
    assert Claim.objects.get().staff_id == moved.staff_id == handed_over_meanwhile.keywords["request"].staff_id


def test_control_who_looks_once_refuses_a_wish_for_no_fault_of_its_own(
    handed_over_meanwhile: partial[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "LOOKS", 1)
    with pytest.raises(Overtaken):
        handed_over_meanwhile()


def test_a_visit_given_to_two_people_at_once_goes_to_one_after_the_other(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without looking again, the second would lock a third person after two others, out of the order of ids."""
    anna, bea, cleo = (factories.staff_member(service) for _ in range(3))
    row = factories.direct_booking(service, staff=anna)
    locked = hand_over_before_locking(monkeypatch, reassigning, row, to=bea)
    moved = use_case(give_visit_to)(appointment_id=row.pk, staff_id=cleo.pk, actor_id=None, now=NOW)
    assert (moved.staff_id, Claim.objects.get().staff_id) == (cleo.pk, cleo.pk)
    assert locked == [{anna.pk, cleo.pk}, {bea.pk, cleo.pk}]


def planning(service: Service, start: datetime, staff: Staff | None) -> partial[Any]:
    """A month of weekly visits, from the date and at the time of `start`."""
    request = PlanRequest(
        service_id=service.pk,
        frequency=Frequency.WEEKLY,
        duration_months=1,
        start_date=start.date(),
        preferred_time=start.time(),
        preferred_staff_id=None if staff is None else staff.pk,
        guest=ADA,
        address=HOME,
    )
    return partial(create_subscription, viewer=NOBODY, request=request, now=NOW)


def mixed_works(service: Service, admin: Viewer, people: list[Staff]) -> list[Callable[[], Any]]:
    """200 of everything that takes time, over few people and days, in a fixed shuffle."""
    dice = random.Random(11)  # noqa: S311 - a fixed shuffle

    def some_time(days: int = 3) -> datetime:
        return NINE + timedelta(days=dice.randrange(days), minutes=15 * dice.randrange(28))

    works: list[Callable[[], Any]] = []
    moved = [
        factories.direct_booking(service, staff=person, start=NINE + timedelta(days=day, hours=hour))
        for person in people
        for day in range(3, 5)
        for hour in range(0, 8, 2)
    ]
    for number in range(200):
        if number % 5 == 0:
            works.append(booking(service, some_time(), dice.choice([None, *people])))
        elif number % 5 == 1:
            start = some_time()
            order = factories.pending_order(
                service,
                service,
                staff=dice.choice([None, *people]),
                scheduled_date=start.date(),
                scheduled_time=time(start.hour, start.minute),
            )
            works.append(partial(confirm_order, viewer=admin, order_id=order.pk, now=NOW))
        elif number % 5 == 2:
            works.append(moving_to(moved[number // 5 % len(moved)], some_time(5), dice.choice([None, *people])))
        elif number % 5 == 3:
            works.append(planning(service, some_time(), dice.choice([None, *people])))
        else:
            row = moved[number // 5 % len(moved)]
            request = RescheduleRequest(appointment_id=row.pk, start=some_time(5))
            works.append(partial(reschedule_appointment, viewer=admin, request=request, address="office", now=NOW))
    dice.shuffle(works)
    return works


def waves(works: list[Callable[[], Any]], size: int = 40) -> Counter[str]:
    """Outcomes of many works, so many at once as the server has connections for."""
    outcomes: Counter[str] = Counter()
    for first in range(0, len(works), size):
        outcomes.update(all_at_once(works[first : first + size]))
    return outcomes


def test_two_hundred_bookings_confirmations_plans_and_moves_neither_deadlock_nor_overlap(
    service: Service, admin: Viewer
) -> None:
    people = [factories.staff_member(service) for _ in range(4)]
    works = mixed_works(service, admin, people)
    before = Appointment.objects.count()
    outcomes = waves(works)  # a deadlock would be raised here
    refused = {"SLOT_TAKEN", "NO_STAFF_AVAILABLE", "NOT_WORKING", "TOO_MANY_RESCHEDULES", "INVALID_INPUT"}
    assert set(outcomes) <= {WON} | refused
    assert sum(outcomes.values()) == 200
    assert outcomes[WON] >= 30
    assert overlaps() == 0
    assert Claim.objects.count() == Appointment.objects.count() > before
    assert Subscription.objects.count() == 40
    visits = SubscriptionAppointment.objects.all()
    assert visits.filter(appointment=None, status="SCHEDULED").count() == 0
    assert visits.filter(status="UNPLACED", reason="").count() == 0


def test_control_without_the_order_of_locks_moves_deadlock(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each locks its own person first and the other's when it gets there: two who swap wait for each other."""
    anna, bea = factories.staff_member(service), factories.staff_member(service)
    first = factories.direct_booking(service, staff=anna)
    second = factories.direct_booking(service, staff=bea)
    barrier = threading.Barrier(2)
    lock = lock_staff
    own = {first.pk: anna.pk, second.pk: bea.pk}
    mine = threading.local()

    def lock_own_first(staff_ids: Any) -> Any:
        lock([mine.staff_id])
        barrier.wait(timeout=60)
        return lock(staff_ids)

    monkeypatch.setattr(rescheduling, "lock_staff", lock_own_first)
    monkeypatch.setattr(moving, "lock_staff", lock)

    def swap(row: Appointment, other: Staff) -> str:
        mine.staff_id = own[row.pk]
        try:
            moving_to(row, NINE + timedelta(hours=3), other)()
        except (Refusal, Refusals):
            return "refused"
        return WON

    with pytest.raises(Exception, match="deadlock detected"):
        all_at_once([partial(swap, first, bea), partial(swap, second, anna)])
