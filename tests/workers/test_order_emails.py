"""From an order's fact to a mail in somebody's hands, step by step as the processes do it."""

from datetime import datetime

import pytest
from django.core import mail

from backend.core.facts import Fact
from backend.core.transactions import use_case
from backend.events.actions import emit
from backend.notifications.models import EmailLog
from backend.orders.events import OrderCancelled, OrderConfirmed, OrderPlaced
from tests import factories
from tests.relaying import relay_and_work

pytestmark = pytest.mark.django_db


def tell(fact: Fact, now: datetime, *, times: int = 1) -> None:
    """Tell a fact and carry out all that follows."""
    use_case(emit)([fact], now=now)
    relay_and_work(now, times=times)


def test_a_guest_is_told_of_receipt_confirmation_and_cancellation(at_now: datetime) -> None:
    service = factories.service(name="Deep clean")
    order = factories.confirmed_order(service, staff=factories.staff_member(service))
    tell(OrderPlaced(order_id=order.pk, customer_id=None), at_now)
    tell(OrderConfirmed(order_id=order.pk, customer_id=None), at_now)
    tell(OrderCancelled(order_id=order.pk, customer_id=None, reason="", was_confirmed=True), at_now)
    number = order.order_number
    assert [(each.to, each.subject) for each in mail.outbox] == [
        (["Ada King <ada@example.com>"], f"We have your order {number}"),
        (["Ada King <ada@example.com>"], f"Your order {number} is confirmed"),
        (["Ada King <ada@example.com>"], f"Your order {number} is cancelled"),
    ]
    assert set(EmailLog.objects.values_list("status", flat=True)) == {"SENT"}


def test_messages_delivered_three_times_make_one_mail(at_now: datetime) -> None:
    order = factories.pending_order(factories.service())
    tell(OrderPlaced(order_id=order.pk, customer_id=None), at_now, times=3)
    assert len(mail.outbox) == 1
    assert EmailLog.objects.count() == 1
