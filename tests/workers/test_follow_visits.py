"""Orders move on with their visits: heard of twice, late, or in another order."""

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from django.core import mail

from backend.accounts.queries import viewer_for_user
from backend.core.transactions import use_case
from backend.core.viewer import Role, Viewer
from backend.events.models import Event
from backend.orders.actions import complete_order, follow_visits
from backend.orders.models import Order
from backend.orders.queries import order_of_visit
from backend.scheduling.actions import cancel_visits, complete_appointment, mark_no_show, start_appointment
from backend.scheduling.models import Appointment, Claim
from tests import factories
from tests.factories.events import happened
from tests.relaying import relay_and_work

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(db: None) -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


@pytest.fixture
def order(db: None) -> Order:
    """A guest's, confirmed, with two visits and a coupon's use."""
    service = factories.service()
    return factories.confirmed_order(service, service, staff=factories.staff_member(service))


def visits(order: Order) -> list[int]:
    return [item.appointment_id or 0 for item in order.items.order_by("position")]


def done(order: Order, now: datetime, *, times: int = 1) -> Order:
    """The order after everything that was told is carried out, and what follows of that."""
    for _ in range(2):
        relay_and_work(now, times=times)
    order.refresh_from_db()
    return order


def call_off(visit: int, now: datetime, reason: str = "") -> None:
    """A visit of its own, not the order, is called off."""
    use_case(cancel_visits)(appointment_ids=[visit], order_id=None, actor_id=None, reason=reason, now=now)


def kinds() -> list[str]:
    return list(Event.objects.filter(kind__startswith="order.").order_by("pk").values_list("kind", flat=True))


def test_an_order_begins_with_its_first_visit_and_is_done_with_its_last(
    admin: Viewer, order: Order, at_now: datetime
) -> None:
    first, second = visits(order)
    start_appointment(viewer=admin, appointment_id=first, now=at_now)
    assert (done(order, at_now).status, order.version) == ("IN_PROGRESS", 3)
    complete_appointment(viewer=admin, appointment_id=first, now=at_now)
    assert done(order, at_now).status == "IN_PROGRESS"
    complete_appointment(viewer=admin, appointment_id=second, now=at_now)
    assert (done(order, at_now).status, order.payment_status) == ("COMPLETED", "DUE")
    assert (order.completed_at, order.version) == (at_now, 4)
    assert kinds() == ["order.started", "order.completed"]


def test_messages_delivered_three_times_move_an_order_once(admin: Viewer, order: Order, at_now: datetime) -> None:
    for visit in visits(order):
        complete_appointment(viewer=admin, appointment_id=visit, now=at_now)
    assert (done(order, at_now, times=3).status, order.version) == ("COMPLETED", 3)
    assert kinds() == ["order.completed"]


@pytest.mark.parametrize("turn", list(permutations(range(4))))
def test_in_whatever_order_it_is_told_the_end_is_the_same(
    admin: Viewer, order: Order, at_now: datetime, turn: tuple[int, ...]
) -> None:
    for visit in visits(order):
        start_appointment(viewer=admin, appointment_id=visit, now=at_now)
        complete_appointment(viewer=admin, appointment_id=visit, now=at_now)
    told = list(Event.objects.order_by("pk"))
    for number in turn:
        use_case(follow_visits)(event=happened(told[number]), now=at_now)
    order.refresh_from_db()
    assert (order.status, order.version, order.payment_status) == ("COMPLETED", 3, "DUE")
    assert kinds() == ["order.completed"]


def test_what_was_paid_stays_paid(admin: Viewer, order: Order, at_now: datetime) -> None:
    Order.objects.update(payment_status="PAID")
    for visit in visits(order):
        complete_appointment(viewer=admin, appointment_id=visit, now=at_now)
    assert done(order, at_now).payment_status == "PAID"


def test_an_order_whose_visits_were_all_called_off_is_cancelled_and_its_owner_told_once_of_the_last(
    order: Order, at_now: datetime
) -> None:
    first, second = visits(order)
    call_off(first, at_now)
    assert done(order, at_now).status == "CONFIRMED"
    call_off(second, at_now, reason="The road is flooded")
    assert (done(order, at_now).status, order.cancellation_reason) == ("CANCELLED", "The road is flooded")
    event = Event.objects.get(kind="order.cancelled")
    assert event.data == {"reason": "The road is flooded", "was_confirmed": True}
    assert [each.subject for each in mail.outbox] == [
        "Your visit is cancelled",
        f"Your order {order.order_number} is cancelled",
    ]


def test_a_confirmed_orders_coupon_stays_used(order: Order, at_now: datetime) -> None:
    coupon = factories.coupon(max_uses=1, used_count=1)
    coupon.usages.create(order=order, person="ada@example.com", ordinal=1, amount=1, used_at=at_now)
    for visit in visits(order):
        call_off(visit, at_now)
    done(order, at_now)
    coupon.refresh_from_db()
    assert (coupon.used_count, coupon.usages.get().given_back_at) == (1, None)


def start_of(appointment_id: int) -> datetime:
    """Nobody is missed before it."""
    return Appointment.objects.get(pk=appointment_id).start


def test_where_nobody_was_in_the_order_is_off_and_nothing_is_due(admin: Viewer, order: Order, at_now: datetime) -> None:
    first, second = visits(order)
    call_off(first, at_now)
    mark_no_show(viewer=admin, appointment_id=second, now=start_of(second))
    assert (done(order, at_now).status, order.payment_status) == ("CANCELLED", "UNPAID")
    assert order.cancellation_reason == "Nobody was in when we came."


def test_a_missed_visit_beside_a_done_one_leaves_the_order_done(admin: Viewer, order: Order, at_now: datetime) -> None:
    first, second = visits(order)
    mark_no_show(viewer=admin, appointment_id=first, now=start_of(first))
    assert done(order, at_now).status == "CONFIRMED"
    complete_appointment(viewer=admin, appointment_id=second, now=at_now)
    assert done(order, at_now).status == "COMPLETED"


def test_an_order_that_the_office_completes_is_told_once(admin: Viewer, order: Order, at_now: datetime) -> None:
    complete_order(viewer=admin, order_id=order.pk, now=at_now)
    assert (done(order, at_now).status, order.version) == ("COMPLETED", 3)
    assert kinds() == ["order.completed"]


def test_the_end_withdraws_a_wish_for_another_time(admin: Viewer, order: Order, at_now: datetime) -> None:
    change = order.change_requests.create(
        requested_date=order.scheduled_date + timedelta(days=1), requested_time=order.scheduled_time, created_at=at_now
    )
    for visit in visits(order):
        complete_appointment(viewer=admin, appointment_id=visit, now=at_now)
    done(order, at_now)
    change.refresh_from_db()
    assert change.status == "WITHDRAWN"


def test_a_visit_of_no_order_moves_nothing(admin: Viewer, order: Order, at_now: datetime) -> None:
    stray = visits(order)[0]
    order.items.update(appointment=None)
    start_appointment(viewer=admin, appointment_id=stray, now=at_now)
    assert order_of_visit(stray) is None
    assert done(order, at_now).status == "CONFIRMED"


def test_a_called_off_line_shows_it_while_the_order_goes_on(order: Order, api: Any, at_now: datetime) -> None:
    call_off(visits(order)[0], at_now)
    track = "query($t: String!) { trackOrder(trackingToken: $t) { status items { status } total { amount } } }"
    found = api(track, t=order.tracking_token).data["trackOrder"]
    assert found == {
        "status": "CONFIRMED",
        "items": [{"status": "CANCELLED"}, {"status": "CONFIRMED"}],
        "total": {"amount": "100.00"},
    }
    assert Claim.objects.count() == 1
    assert Appointment.objects.filter(status="CANCELLED").count() == 1
