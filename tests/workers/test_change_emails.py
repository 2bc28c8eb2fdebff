"""Mails about changes: to the office what is asked for, to whoever ordered what the office decided or did."""

from datetime import date, datetime, time

import pytest
from django.core import mail

from backend.accounts.queries import viewer_for_user
from backend.core.viewer import NOBODY, Role, Viewer
from backend.notifications.models import EmailLog
from backend.orders.actions import (
    OrderChanges,
    approve_change,
    reject_change,
    request_change,
    update_order,
    withdraw_change,
)
from backend.orders.models import ChangeRequest, Order
from tests import factories
from tests.relaying import relay_and_work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london")]


@pytest.fixture
def admin(db: None) -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


@pytest.fixture
def order(london: None) -> Order:
    """A guest's, pending, for Monday at 09:00."""
    service = factories.service(name="Deep clean")
    factories.staff_member(service)
    return factories.pending_order(service)


def ask(order: Order, now: datetime) -> ChangeRequest:
    return request_change(
        viewer=NOBODY,
        tracking_token=order.tracking_token,
        requested_date=date(2027, 3, 2),
        requested_time=time(10, 30),
        reason="Flight <moved>",
        address="192.0.2.1",
        now=now,
    )


def sent(now: datetime) -> list[tuple[str, str, str]]:
    """To whom, subject and text of the mails that have followed, the newest last."""
    mail.outbox.clear()
    relay_and_work(now, times=2)
    return [(each.to[0], str(each.subject), str(each.body)) for each in mail.outbox]


def test_the_office_hears_of_a_wish_and_where_to_decide(order: Order, at_now: datetime) -> None:
    change = ask(order, at_now)
    [(to, subject, text)] = sent(at_now)
    assert to == "Rota <office@rota.test>"
    assert subject == f"Another time is wanted for order {order.order_number}"
    assert "Ada King asks for another time" in text
    assert "Now:    Monday 1 March 2027 at 09:00" in text
    assert "Wanted: Tuesday 2 March 2027 at 10:30" in text
    assert "Reason: Flight <moved>" in text
    assert f"http://localhost:8000/admin/orders/changerequest/{change.pk}/change/" in text
    assert order.tracking_token not in text
    html = EmailLog.objects.get().html
    assert "Flight &lt;moved&gt;" in html
    assert order.tracking_token not in html


def test_whoever_ordered_hears_of_the_approval(admin: Viewer, order: Order, at_now: datetime) -> None:
    change = ask(order, at_now)
    sent(at_now)
    approve_change(viewer=admin, change_id=change.pk, note="See you then", now=at_now)
    [(to, subject, text)] = sent(at_now)
    assert (to, subject) == ("Ada King <ada@example.com>", f"Your order {order.order_number} has another time")
    assert "now is for Tuesday 2 March 2027 at 10:30, as you asked" in text
    assert "We add: See you then" in text


def test_whoever_ordered_hears_of_the_rejection_and_its_note(admin: Viewer, order: Order, at_now: datetime) -> None:
    change = ask(order, at_now)
    sent(at_now)
    reject_change(viewer=admin, change_id=change.pk, note="We are full", now=at_now)
    [(to, subject, text)] = sent(at_now)
    assert (to, subject) == ("Ada King <ada@example.com>", f"Your order {order.order_number} keeps its time")
    assert "you asked for Tuesday 2 March 2027 at 10:30" in text
    assert "it stays on Monday 1 March 2027 at 09:00" in text
    assert "We add: We are full" in text


def test_a_wish_that_the_office_takes_back_is_told_and_ones_own_is_not(
    admin: Viewer, order: Order, at_now: datetime
) -> None:
    ask(order, at_now)
    sent(at_now)
    withdraw_change(viewer=NOBODY, tracking_token=order.tracking_token, address="192.0.2.1", now=at_now)
    assert sent(at_now) == []
    ask(order, at_now)
    sent(at_now)
    withdraw_change(viewer=admin, order_id=order.pk, address="", now=at_now)
    [(to, subject, text)] = sent(at_now)
    assert (to, subject) == ("Ada King <ada@example.com>", f"Your order {order.order_number} keeps its time")
    assert "We have taken this off the table" in text


def test_what_the_office_changes_is_told_and_ones_own_changes_and_internal_notes_are_not(
    admin: Viewer, order: Order, at_now: datetime
) -> None:
    own = OrderChanges(notes="Ring twice")
    update_order(viewer=NOBODY, tracking_token=order.tracking_token, changes=own, address="192.0.2.1", now=at_now)
    internal = OrderChanges(internal_notes="Pays late")
    update_order(viewer=admin, order_id=order.pk, changes=internal, address="", now=at_now)
    assert sent(at_now) == []
    moved = OrderChanges(scheduled_time=time(11), internal_notes="Agreed on the phone")
    update_order(viewer=admin, order_id=order.pk, changes=moved, address="", now=at_now)
    [(to, subject, text)] = sent(at_now)
    assert (to, subject) == ("Ada King <ada@example.com>", f"Your order {order.order_number} was changed")
    assert "Monday 1 March 2027 at 11:00" in text
    assert "1 × Deep clean: 50.00" in text
    assert "Notes: Ring twice" in text
    assert "Agreed on the phone" not in text
