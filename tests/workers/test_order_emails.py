"""From an order's fact to a mail in somebody's hands, step by step as the processes do it."""

from datetime import datetime

import pytest
from django.core import mail

from backend.core.facts import Fact
from backend.core.transactions import use_case
from backend.events.actions import emit, lease_deliveries, route_events
from backend.notifications.actions import lease_emails
from backend.notifications.models import EmailLog
from backend.orders.events import OrderCancelled, OrderConfirmed, OrderPlaced
from tests import factories
from workers.actors import broker
from workers.routing import ROUTES

pytestmark = pytest.mark.django_db


def relay_and_work(fact: Fact, now: datetime, *, times: int = 1) -> None:
    """Tell a fact and carry out all that follows, each message delivered `times` times."""
    use_case(emit)([fact], now=now)
    route_events(routes=ROUTES, limit=10, now=now)
    for leased in lease_deliveries(limit=10, now=now):
        for _ in range(times):
            broker.get_actor(leased.handler).fn(event_id=leased.event_id, later="argument")
    for email_id in lease_emails(limit=10, now=now):
        for _ in range(times):
            broker.get_actor("notifications.send_email").fn(email_id=email_id, later="argument")


def test_a_guest_is_told_of_receipt_confirmation_and_cancellation(at_now: datetime) -> None:
    service = factories.service(name="Deep clean")
    order = factories.confirmed_order(service, staff=factories.staff_member(service))
    relay_and_work(OrderPlaced(order_id=order.pk, customer_id=None), at_now)
    relay_and_work(OrderConfirmed(order_id=order.pk, customer_id=None), at_now)
    relay_and_work(OrderCancelled(order_id=order.pk, customer_id=None, reason="", was_confirmed=True), at_now)
    number = order.order_number
    assert [(each.to, each.subject) for each in mail.outbox] == [
        (["Ada King <ada@example.com>"], f"We have your order {number}"),
        (["Ada King <ada@example.com>"], f"Your order {number} is confirmed"),
        (["Ada King <ada@example.com>"], f"Your order {number} is cancelled"),
    ]
    assert set(EmailLog.objects.values_list("status", flat=True)) == {"SENT"}


def test_messages_delivered_three_times_make_one_mail(at_now: datetime) -> None:
    order = factories.pending_order(factories.service())
    relay_and_work(OrderPlaced(order_id=order.pk, customer_id=None), at_now, times=3)
    assert len(mail.outbox) == 1
    assert EmailLog.objects.count() == 1
