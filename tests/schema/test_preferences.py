"""How one wants to be told, by the API and by the link in every mail that somebody can do without."""

import pytest
from django.core import mail
from django.test import Client

from backend.core.transactions import use_case
from backend.core.viewer import Role
from backend.notifications.actions import lease_emails, send_email, tell_of_order
from backend.notifications.gateway import DjangoMailer
from backend.notifications.models import EmailLog, NotificationPreference
from backend.notifications.rules import MessageKind
from backend.orders.models import Order
from tests import factories
from tests.client import Api
from tests.factories.business import NOW
from tests.factories.events import event, happened

pytestmark = pytest.mark.django_db

READ = "{ notificationPreferences { groups { group email sms } quietHours { from until } } }"
ANSWER = "preferences { groups { group email sms } quietHours { from until } }"


@pytest.fixture
def ada() -> Api:
    return Api(factories.token_for(factories.user(Role.CUSTOMER)))


def told(order: Order, kind: MessageKind = MessageKind.ORDER_RECEIVED) -> EmailLog | None:
    """The mail that an event about the order makes, if any."""
    happening = happened(event("order.x", order_id=order.pk))
    use_case(tell_of_order)(kind=kind, event=happening, now=NOW)
    return EmailLog.objects.filter(event_id=happening.event_id).first()


def test_whoever_said_nothing_is_told_everything(ada: Api) -> None:
    found = ada(READ).data["notificationPreferences"]
    assert found["quietHours"] is None
    assert {each["group"]: (each["email"], each["sms"]) for each in found["groups"]} == {
        "ORDERS": (True, True),
        "VISITS": (True, True),
        "REMINDERS": (True, True),
        "PLANS": (True, None),
        "ACCOUNT": (True, None),
    }


def test_a_group_and_the_quiet_hours_are_changed_and_the_rest_stays(ada: Api) -> None:
    changes = {"groups": [{"group": "REMINDERS", "sms": False}], "quietHours": {"from": "22:00", "until": "07:00"}}
    answer = ada.mutate("updateNotificationPreferences", changes, ANSWER)
    assert answer["userErrors"] == []
    assert answer["preferences"]["quietHours"] == {"from": "22:00", "until": "07:00"}
    ada.mutate("updateNotificationPreferences", {"groups": [{"group": "ORDERS", "email": False}]}, ANSWER)
    found = ada(READ).data["notificationPreferences"]
    ways = {each["group"]: (each["email"], each["sms"]) for each in found["groups"]}
    assert (ways["REMINDERS"], ways["ORDERS"]) == ((True, False), (False, True))
    assert found["quietHours"] == {"from": "22:00", "until": "07:00"}
    ada.mutate("updateNotificationPreferences", {"quietHours": {}}, ANSWER)
    assert ada(READ).data["notificationPreferences"]["quietHours"] is None


def test_everything_that_makes_no_sense_is_named_at_once(ada: Api) -> None:
    changes = {"groups": [{"group": "OFFICE", "email": False}], "quietHours": {"from": "22:00", "until": "22:00"}}
    answer = ada.mutate("updateNotificationPreferences", changes, ANSWER)
    assert answer["userErrors"] == [
        ("INVALID_INPUT", "groups.0.group"),
        ("INVALID_INPUT", "quietHours.until"),
    ]
    assert not NotificationPreference.objects.exists()


def test_one_click_ends_the_mails_of_a_kind_and_no_others(now: object) -> None:
    order = factories.pending_order(factories.service())
    email = told(order)
    assert email is not None
    [email_id] = lease_emails(limit=10, now=NOW)
    send_email(email_id=email_id, mailer=DjangoMailer(), now=NOW)
    headers = mail.outbox[-1].message()
    address = headers["List-Unsubscribe"].strip("<>")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in email.text
    path = address.removeprefix("http://localhost:8000")
    browser = Client(enforce_csrf_checks=True)
    assert b"<form method" in browser.get(path).content
    assert told(order) is not None, "looking is not clicking: scanners look at every link"
    for _ in range(2):
        assert browser.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert told(order) is None
    assert NotificationPreference.objects.get().no_mail == ["ORDERS"]
    link = told(order, MessageKind.TRACKING_LINK)
    assert link is not None, "whoever asks for a link gets it"
    assert link.unsubscribe == ""


def test_a_wrong_link_ends_nothing() -> None:
    assert Client().post("/unsubscribe/abc:def:ghi").status_code == 404
    assert not NotificationPreference.objects.exists()


def test_an_account_unsubscribes_itself_and_no_guest_of_its_name() -> None:
    customer = factories.customer(email="grace@example.com")
    email = told(factories.pending_order(factories.service(), customer=customer))
    assert email is not None
    Client().post(email.unsubscribe.removeprefix("http://localhost:8000"))
    row = NotificationPreference.objects.get()
    assert (row.user_id, row.email) == (customer.user_id, "")
    guest = factories.pending_order(factories.service(), guest_email="grace@example.com")
    assert told(guest) is not None


def test_one_sees_ones_own_mails_and_no_link_that_lets_in() -> None:
    user = factories.user()
    for kind in ("RESET_PASSWORD", "ORDER_RECEIVED"):
        EmailLog.objects.create(
            kind=kind,
            user=user,
            recipient=user.email,
            subject=kind,
            text="words",
            message_id=f"<{kind}>",
            due_at=NOW,
            created_at=NOW,
        )
    query = "{ emailMessages { edges { node { kind status text } } } }"
    found = Api(factories.token_for(user))(query).data["emailMessages"]["edges"]
    assert {(each["node"]["kind"], each["node"]["text"]) for each in found} == {
        ("RESET_PASSWORD", None),
        ("ORDER_RECEIVED", "words"),
    }
    admin = Api(factories.token_for(factories.user(Role.ADMIN)))
    only = admin("{ emailMessages(filters: {kind: RESET_PASSWORD, status: QUEUED}) { totalCount } }")
    assert only.data["emailMessages"]["totalCount"] == 1
