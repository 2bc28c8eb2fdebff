"""Visits that change hands, people who leave and changes that are decided, on real commits."""

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest

from backend.accounts.queries import viewer_for_user
from backend.catalogue.models import Service
from backend.core.viewer import NOBODY, Role, Viewer
from backend.orders.actions import approve_change, assign_staff, confirm_order, withdraw_change
from backend.orders.models import ChangeRequest, Order
from backend.scheduling.actions import add_time_off, moving, reassigning, room
from backend.scheduling.models import Appointment, Claim
from backend.scheduling.rules import Stay
from backend.staff.actions import deactivate_staff_member
from backend.staff.models import Staff, TimeOff
from tests import factories
from tests.concurrency.racing import WON, all_at_once, overlaps
from tests.factories.business import NOW

pytestmark = pytest.mark.django_db(transaction=True)

MONDAY = datetime(2027, 3, 1, tzinfo=UTC)


@pytest.fixture
def service(london: None) -> Service:
    """An hour with a quarter of buffer."""
    return factories.service()


@pytest.fixture
def admin(db: None) -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


def assigning(viewer: Viewer, order: Order, to: Staff) -> partial[Any]:
    return partial(assign_staff, viewer=viewer, order_item_id=order.items.get().pk, staff_id=to.pk, now=NOW)


def away(viewer: Viewer, staff: Staff) -> partial[Any]:
    period: dict[str, Any] = {"start": MONDAY, "end": MONDAY + timedelta(days=1)}
    return partial(add_time_off, viewer=viewer, staff_id=staff.pk, reassign=True, now=NOW, **period)


def visits_of_several(service: Service, number: int) -> list[Order]:
    """At one time, each of somebody else."""
    return [factories.confirmed_order(service, staff=factories.staff_member(service)) for _ in range(number)]


def test_of_visits_given_to_one_colleague_at_once_one_wins(service: Service, admin: Viewer) -> None:
    colleague = factories.staff_member(service)
    outcomes = all_at_once([assigning(admin, order, colleague) for order in visits_of_several(service, 6)])
    assert Counter(outcomes) == {WON: 1, "SLOT_TAKEN": 5}
    assert (overlaps(), Appointment.objects.filter(staff=colleague).count(), Claim.objects.count()) == (0, 1, 6)


def test_control_without_lock_and_constraint_they_overlap(
    service: Service, admin: Viewer, without_constraint: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    barrier = threading.Barrier(3)
    look = room.require_room

    def look_and_wait(stays: Sequence[Stay], **given: Any) -> None:
        look(stays, **given)
        barrier.wait(timeout=60)

    def unlocked(staff_ids: Any) -> dict[int, Staff]:
        return {row.pk: row for row in Staff.objects.filter(pk__in=set(staff_ids))}

    monkeypatch.setattr(moving, "require_room", look_and_wait)
    monkeypatch.setattr(moving, "lock_staff", unlocked)
    monkeypatch.setattr(reassigning, "lock_staff", unlocked)
    colleague = factories.staff_member(service)
    outcomes = all_at_once([assigning(admin, order, colleague) for order in visits_of_several(service, 3)])
    assert (outcomes, overlaps()) == ([WON] * 3, 3)


@pytest.mark.parametrize("attempt", range(3))
def test_an_absence_that_needs_a_colleague_and_a_confirmation_that_names_it_never_both_win(
    service: Service, admin: Viewer, attempt: int
) -> None:
    """Bob alone could take Anna's visit, and is wanted for an order at that very time."""
    anna, bob = factories.staff_member(service), factories.staff_member(service)
    theirs = factories.confirmed_order(service, staff=anna)
    wanted = factories.pending_order(service, staff=bob)
    confirming = partial(confirm_order, viewer=admin, order_id=wanted.pk, now=NOW)
    outcomes = all_at_once([away(admin, anna), confirming])
    visit = Appointment.objects.get(order_item__order=theirs)
    if outcomes[0] == WON:
        assert (outcomes[1], visit.staff, TimeOff.objects.count()) == ("SLOT_TAKEN", bob, 1)
    else:
        assert (outcomes, visit.staff, TimeOff.objects.count()) == (["NO_STAFF_AVAILABLE", WON], anna, 0)
    assert (overlaps(), Claim.objects.count()) == (0, 2)


def test_an_absence_and_confirmations_for_the_same_person_leave_no_visit_in_it(service: Service, admin: Viewer) -> None:
    """What was confirmed before goes to a colleague, what comes after finds the person away."""
    anna = factories.staff_member(service)
    for _ in range(4):
        factories.staff_member(service)
    orders = [factories.pending_order(service, staff=anna, scheduled_time=time(9 + 2 * each)) for each in range(4)]
    works = [partial(confirm_order, viewer=admin, order_id=order.pk, now=NOW) for order in orders]
    outcomes = all_at_once([away(admin, anna), *works])
    assert outcomes[0] == WON
    assert set(outcomes[1:]) <= {WON, "NOT_WORKING"}
    assert Appointment.objects.count() == outcomes[1:].count(WON)
    assert (overlaps(), Appointment.objects.filter(staff=anna).count()) == (0, 0)


def test_people_who_leave_at_once_never_lock_each_other_out_and_the_last_stays(service: Service, admin: Viewer) -> None:
    """Each has a visit at the same time of another day; colleagues who have left take none."""
    people = [factories.staff_member(service) for _ in range(4)]
    for number, who in enumerate(people):
        factories.confirmed_order(service, staff=who, scheduled_date=date(2027, 3, 1 + number))
    works = [partial(deactivate_staff_member, viewer=admin, staff_id=who.pk, reassign=True, now=NOW) for who in people]
    outcomes = Counter(all_at_once(works))
    assert outcomes == {WON: 3, "NO_STAFF_AVAILABLE": 1}
    last = Staff.objects.get(is_active=True)
    assert set(Appointment.objects.values_list("staff", flat=True)) == {last.pk}
    assert overlaps() == 0


def asked(order: Order) -> ChangeRequest:
    return ChangeRequest.objects.create(
        order=order, requested_date=date(2027, 3, 2), requested_time=time(10, 30), created_at=NOW
    )


def test_of_two_approvals_of_one_change_one_wins_and_the_visit_moves_once(service: Service, admin: Viewer) -> None:
    order = factories.confirmed_order(service, staff=factories.staff_member(service))
    change = asked(order)
    outcomes = all_at_once([partial(approve_change, viewer=admin, change_id=change.pk, now=NOW)] * 2)
    assert Counter(outcomes) == {WON: 1, "INVALID_TRANSITION": 1}
    visit = Appointment.objects.get()
    assert (visit.version, visit.start) == (2, datetime(2027, 3, 2, 10, 30, tzinfo=UTC))


@pytest.mark.parametrize("attempt", range(3))
def test_of_an_approval_and_a_withdrawal_exactly_one_wins(service: Service, admin: Viewer, attempt: int) -> None:
    order = factories.confirmed_order(service, staff=factories.staff_member(service))
    change = asked(order)
    withdrawing = partial(
        withdraw_change, viewer=NOBODY, tracking_token=order.tracking_token, address=f"192.0.2.{attempt}", now=NOW
    )
    outcomes = all_at_once([partial(approve_change, viewer=admin, change_id=change.pk, now=NOW), withdrawing])
    change.refresh_from_db()
    moved = Appointment.objects.get().version == 2
    assert (outcomes, change.status, moved) in [
        ([WON, "NOT_FOUND"], "APPROVED", True),
        (["INVALID_TRANSITION", WON], "WITHDRAWN", False),
    ]
