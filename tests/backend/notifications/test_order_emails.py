"""What the mails about an order say, and to whom."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.core.transactions import use_case
from backend.events.rules import Happened
from backend.notifications.actions import tell_of_order
from backend.notifications.models import EmailLog
from backend.notifications.rules import MessageKind
from backend.orders.models import Order
from tests import factories
from tests.factories.events import event, happened

pytestmark = pytest.mark.django_db


def written(kind: MessageKind, order: Order, now: datetime) -> EmailLog:
    """The one mail that a fresh event about `order` makes."""
    happening = happened(event("order.x", order_id=order.pk))
    use_case(tell_of_order)(kind=kind, event=happening, now=now)
    return EmailLog.objects.get(event_id=happening.event_id)


def test_an_order_received_mail_names_the_wish_the_lines_and_the_link(now: datetime) -> None:
    order = factories.pending_order(factories.service(name="Deep clean"))
    email = written(MessageKind.ORDER_RECEIVED, order, now)
    assert (email.recipient, email.recipient_name, email.status) == ("ada@example.com", "Ada King", "QUEUED")
    assert email.subject == f"We have your order {order.order_number}"
    assert "Dear Ada King," in email.text
    assert "Monday 1 March 2027 at 09:00" in email.text
    assert "10 Downing Street, London, SW1A 2AA" in email.text
    assert "1 × Deep clean: 50.00" in email.text
    assert "Total: 50.00 GBP" in email.text
    assert f"http://localhost:8000/track/{order.tracking_token}" in email.text
    assert f'href="http://localhost:8000/track/{order.tracking_token}"' in email.html


def test_a_customer_is_written_to_at_the_address_of_its_record(now: datetime) -> None:
    customer = factories.customer(name="Grace Hopper", email="grace@example.com")
    email = written(MessageKind.ORDER_RECEIVED, factories.pending_order(factories.service(), customer=customer), now)
    assert (email.recipient, email.recipient_name) == ("grace@example.com", "Grace Hopper")


def test_a_confirmation_lists_visits_in_the_business_zone_in_summer_too(now: datetime) -> None:
    service = factories.service(name="Deep clean")
    staff = factories.staff_member(service, name="Anna Lee")
    order = factories.confirmed_order(service, staff=staff, scheduled_date=date(2027, 7, 5), scheduled_time=time(9))
    item = order.items.get()
    assert item.appointment is not None
    assert item.appointment.start == datetime(2027, 7, 5, 8, tzinfo=UTC)
    email = written(MessageKind.ORDER_CONFIRMED, order, now)
    assert email.subject == f"Your order {order.order_number} is confirmed"
    assert "Monday 5 July 2027, 09:00 to 10:00: Deep clean with Anna Lee" in email.text
    assert "Monday 5 July 2027, 09:00 to 10:00" in email.html
    assert "until Sunday 4 July 2027, 09:00" in email.text


def test_visits_stand_in_the_order_of_time(now: datetime) -> None:
    first, second = factories.service(name="First"), factories.service(name="Second")
    order = factories.confirmed_order(first, second, staff=factories.staff_member(first, second))
    text = written(MessageKind.ORDER_CONFIRMED, order, now).text
    assert text.index("09:00 to 10:00: First") < text.index("10:15 to 11:15: Second")


def test_a_cancellation_tells_the_reason(now: datetime) -> None:
    order = factories.pending_order(factories.service(), status="CANCELLED", cancellation_reason="No staff <sorry>")
    email = written(MessageKind.ORDER_CANCELLED, order, now)
    assert email.subject == f"Your order {order.order_number} is cancelled"
    assert "Reason: No staff <sorry>" in email.text
    assert "Reason: No staff &lt;sorry&gt;" in email.html


def test_a_discount_is_shown(now: datetime) -> None:
    order = factories.pending_order(factories.service(), discount=Decimal("5.00"), total=Decimal("45.00"))
    text = written(MessageKind.ORDER_RECEIVED, order, now).text
    assert "Discount: −5.00" in text
    assert "Total: 45.00 GBP" in text


def test_html_escapes_what_people_type(now: datetime) -> None:
    order = factories.pending_order(factories.service(), guest_name="<script>alert(1)</script>")
    email = written(MessageKind.ORDER_RECEIVED, order, now)
    assert "<script>" not in email.html
    assert "&lt;script&gt;" in email.html
    assert "<script>" in email.text


def test_a_name_with_a_line_break_stays_one_line(now: datetime) -> None:
    order = factories.pending_order(factories.service(), guest_name="Eve\r\nBcc: all@example.com")
    assert written(MessageKind.ORDER_RECEIVED, order, now).recipient_name == "Eve Bcc: all@example.com"


def test_one_event_makes_one_mail_however_often_it_is_told(now: datetime) -> None:
    order = factories.pending_order(factories.service())
    happening: Happened = happened(event("order.placed", order_id=order.pk))
    for _ in range(3):
        use_case(tell_of_order)(kind=MessageKind.ORDER_RECEIVED, event=happening, now=now)
    assert EmailLog.objects.count() == 1


def test_each_event_has_a_message_id_of_its_own(now: datetime) -> None:
    order = factories.pending_order(factories.service())
    ids = {written(MessageKind.ORDER_RECEIVED, order, now).message_id for _ in range(3)}
    assert len(ids) == 3
    assert all(each.startswith("<") and each.endswith("@rota.test>") for each in ids)


def test_a_mail_costs_the_same_statements_for_one_line_and_for_five(now: datetime) -> None:
    services = [factories.service() for _ in range(5)]
    staff = factories.staff_member(*services)
    counted = []
    for number, chosen in enumerate((services[:1], services)):
        order = factories.confirmed_order(*chosen, staff=staff, scheduled_date=date(2027, 3, 1 + number))
        with CaptureQueriesContext(connection) as statements:
            written(MessageKind.ORDER_CONFIRMED, order, now)
        counted.append(len(statements))
    assert counted[0] == counted[1]
