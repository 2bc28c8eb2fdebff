"""Orders on real commits: confirmed, cancelled and placed by many at once."""

import threading
from collections import Counter
from datetime import date, time
from functools import partial
from typing import Any

import pytest

from backend.accounts.queries import viewer_for_user
from backend.catalogue.models import Service
from backend.core.viewer import NOBODY, Role, Viewer
from backend.customers.rules import Contact, PostalAddress
from backend.events.models import Event
from backend.orders.actions import OrderRequest, cancel_order, confirm, confirm_order, place_order
from backend.orders.models import Order, OrderItem
from backend.orders.rules import CartItem
from backend.scheduling.models import Appointment, Claim, CustomerAppointment
from tests import factories
from tests.concurrency.racing import WON, all_at_once, overlaps
from tests.factories.business import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def service(london: None) -> Service:
    """An hour with a quarter of buffer."""
    return factories.service()


@pytest.fixture
def admin(db: None) -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


def confirming(viewer: Viewer, order: Order) -> partial[Any]:
    return partial(confirm_order, viewer=viewer, order_id=order.pk, now=NOW)


def test_two_confirmations_of_one_order_at_once_make_one_set_of_visits(service: Service, admin: Viewer) -> None:
    order = factories.pending_order(service, service, staff=factories.staff_member(service))
    outcomes = all_at_once([confirming(admin, order)] * 2)
    assert Counter(outcomes) == {WON: 1, "INVALID_TRANSITION": 1}
    assert [model.objects.count() for model in (Appointment, CustomerAppointment, Claim)] == [2, 2, 2]
    assert Event.objects.filter(kind="order.confirmed").count() == 1
    order.refresh_from_db()
    assert (order.status, order.version) == ("CONFIRMED", 2)


def test_fifty_confirmations_for_one_member_of_staff_never_overlap(service: Service, admin: Viewer) -> None:
    anna = factories.staff_member(service)
    orders = [
        factories.pending_order(service, staff=anna, scheduled_time=time(9 + number % 7, 30 * (number % 2)))
        for number in range(50)
    ]
    outcomes = Counter(all_at_once([confirming(admin, order) for order in orders]))
    assert set(outcomes) == {WON, "SLOT_TAKEN"}
    assert overlaps() == 0
    # Three, at ten, half past twelve and three, keep all others out; more fit where the first are luckier.
    assert outcomes[WON] == Appointment.objects.count() == Claim.objects.count() >= 3
    assert Order.objects.filter(status="CONFIRMED").count() == outcomes[WON]
    assert OrderItem.objects.filter(appointment=None, order__status="PENDING").count() == 50 - outcomes[WON]


def test_control_without_lock_and_constraint_confirmations_do_overlap(
    service: Service,
    admin: Viewer,
    without_constraint: None,
    everyone_looks_before_anyone_writes: threading.Barrier,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(confirm, "lock_staff", lambda staff_ids: {})
    anna = factories.staff_member(service)
    parties = everyone_looks_before_anyone_writes.parties
    orders = [factories.pending_order(service, staff=anna) for _ in range(parties)]
    outcomes = all_at_once([confirming(admin, order) for order in orders])
    assert (outcomes, overlaps()) == ([WON] * 5, 10)


def test_open_orders_for_one_time_go_to_as_many_as_there_are_people(service: Service, admin: Viewer) -> None:
    for _ in range(3):
        factories.staff_member(service)
    orders = [factories.pending_order(service) for _ in range(20)]
    outcomes = Counter(all_at_once([confirming(admin, order) for order in orders]))
    assert outcomes == {WON: 3, "NO_STAFF_AVAILABLE": 17}
    assert overlaps() == 0
    assert Appointment.objects.values("staff").distinct().count() == 3


def test_an_order_confirmed_and_cancelled_at_once_holds_nobodys_time(service: Service, admin: Viewer) -> None:
    anna = factories.staff_member(service)
    orders = [factories.pending_order(service, staff=anna, scheduled_time=time(9 + 2 * number)) for number in range(4)]
    cancelling = [
        partial(cancel_order, viewer=NOBODY, tracking_token=order.tracking_token, address=str(order.pk), now=NOW)
        for order in orders
    ]
    outcomes = all_at_once([confirming(admin, order) for order in orders] + cancelling)
    assert set(outcomes[:4]) <= {WON, "INVALID_TRANSITION"}
    assert outcomes[4:] == [WON] * 4
    assert Order.objects.filter(status="CANCELLED").count() == 4
    assert Claim.objects.count() == 0
    assert Appointment.objects.exclude(status="CANCELLED").count() == 0


def test_the_same_key_many_times_at_once_places_one_order(service: Service) -> None:
    factories.staff_member(service)
    request = OrderRequest(
        items=[CartItem(service_id=service.pk)],
        guest=Contact(name="Ada King", email="ada@example.com"),
        address=PostalAddress(line1="10 Downing Street", city="London", postcode="SW1A 2AA"),
        scheduled_date=date(2027, 3, 1),
        scheduled_time=time(9),
    )
    numbers: list[str] = []

    def place() -> None:
        order = place_order(viewer=NOBODY, request=request, idempotency_key="b7c1", now=NOW)
        numbers.append(order.order_number)

    assert all_at_once([place] * 8) == [WON] * 8
    assert numbers == [Order.objects.get().order_number] * 8
    assert Event.objects.filter(kind="order.placed").count() == 1
