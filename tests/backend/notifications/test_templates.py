"""Words of the office's own: checked when saved, used while active, and never a reason to tell nobody anything."""

from datetime import timedelta
from typing import Any

import pytest
import structlog
from django.core import mail
from django.test import Client

from backend.core.errors import AlreadyExists, InvalidInput, NotAllowed, Refusals, Required
from backend.core.transactions import use_case
from backend.core.viewer import Role, Viewer
from backend.notifications.actions import (
    forget_old_messages,
    lease_emails,
    save_template,
    send_email,
    send_test,
    tell_of_order,
)
from backend.notifications.gateway import DjangoMailer
from backend.notifications.models import EmailLog, MessageTemplate
from backend.notifications.rules import MessageKind, Wording
from tests import factories
from tests.factories.business import NOW
from tests.factories.events import event, happened

pytestmark = pytest.mark.django_db
KIND = MessageKind.ORDER_RECEIVED
ADMIN = Viewer(user_id=1, role=Role.ADMIN)


def saved(viewer: Viewer = ADMIN, **parts: str) -> MessageTemplate:
    given: dict[str, Any] = {"subject": "We got {{ number }}", "text": "Thanks, {{ name }}!\n\n{{ items }}"} | parts
    return save_template(viewer=viewer, kind=KIND, language="en", wording=Wording(**given), is_active=True, now=NOW)


def told() -> EmailLog:
    happening = happened(event("order.x", order_id=factories.pending_order(factories.service(name="Deep clean")).pk))
    use_case(tell_of_order)(kind=KIND, event=happening, now=NOW)
    return EmailLog.objects.get(event_id=happening.event_id)


def test_words_of_ones_own_are_used_in_the_common_layout() -> None:
    saved(link="Look")
    email = told()
    assert email.subject.startswith("We got ORD-")
    assert "Thanks, Ada King!" in email.text
    assert "1 × Deep clean: 50.00" in email.html
    assert ">Look</a>" in email.html
    assert "We have your order" not in email.text


def test_inactive_words_and_those_of_another_language_are_not() -> None:
    row = saved()
    MessageTemplate.objects.filter(pk=row.pk).update(is_active=False)
    assert told().subject.startswith("We have your order")
    MessageTemplate.objects.filter(pk=row.pk).update(is_active=True, language="de")
    assert told().subject.startswith("We have your order")


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("subject", "{% if %}"),
        ("subject", "{{ order.tracking_token }}"),
        ("text", "{% include 'admin/base.html' %}"),
        ("text", "{% load i18n %}"),
        ("text", "{{ password }}"),
        ("text", "{% if password %}x{% endif %}"),
        ("text", "{{ name|ljust:9999999 }}"),
        ("html", "{% debug %}"),
        ("sms", "{% if name %}"),
        ("link", "{{ name|nothing }}"),
    ],
)
def test_what_can_not_be_rendered_is_refused_at_its_part(part: str, text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        saved(ADMIN, **{part: text})
    assert refused.value.field == (part,)
    assert not MessageTemplate.objects.exists()


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(Refusals) as refused:
        saved(subject="", text="{{ password }}")
    assert [(type(each), each.field) for each in refused.value.refusals] == [
        (Required, ("subject",)),
        (InvalidInput, ("text",)),
    ]


def test_one_for_each_kind_and_language() -> None:
    saved()
    with pytest.raises(AlreadyExists):
        saved()


def test_a_mail_that_lets_in_keeps_its_link() -> None:
    with pytest.raises(Required):
        save_template(
            viewer=ADMIN,
            kind=MessageKind.RESET_PASSWORD,
            language="en",
            wording=Wording(subject="s", text="t"),
            is_active=True,
            now=NOW,
        )


def test_managers_may_not() -> None:
    with pytest.raises(NotAllowed):
        saved(viewer=Viewer(user_id=2, role=Role.MANAGER))


def test_words_that_fail_when_they_are_used_give_way_to_the_shipped_ones_and_the_log_says_so() -> None:
    row = saved()
    MessageTemplate.objects.filter(pk=row.pk).update(text="{% include 'x' %}")
    with structlog.testing.capture_logs() as logs:
        assert told().subject.startswith("We have your order")
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["template.failed"]


def test_an_admin_is_mailed_a_test_with_examples() -> None:
    user = factories.user(Role.ADMIN)
    row = saved()
    send_test(viewer=Viewer(user_id=user.pk, role=Role.ADMIN), template_id=row.pk, now=NOW)
    [email_id] = lease_emails(limit=10, now=NOW)
    send_email(email_id=email_id, mailer=DjangoMailer(), now=NOW)
    assert (mail.outbox[-1].to, mail.outbox[-1].subject) == (
        [f"{user.name} <{user.email}>"],
        "We got ORD-20270201-7K3M9P",
    )


class TestBackOffice:
    @pytest.fixture
    def office(self) -> Client:
        client = Client()
        client.force_login(factories.user(Role.ADMIN))
        return client

    def test_a_form_begins_with_the_shipped_words_in_the_language(self, office: Client) -> None:
        page = office.get("/admin/notifications/messagetemplate/add/?kind=ORDER_RECEIVED&language=de").content.decode()
        assert "Wir haben Ihren Auftrag {{ number }}" in page

    def test_the_form_saves_through_the_action_and_shows_what_arrives(self, office: Client) -> None:
        given = {"kind": "ORDER_RECEIVED", "language": "en", "subject": "Got {{ number }}", "text": "{{ wrong }}"}
        refused = office.post("/admin/notifications/messagetemplate/add/", given).content.decode()
        assert "know no wrong" in refused
        office.post("/admin/notifications/messagetemplate/add/", given | {"text": "Hi <b>{{ name }}"})
        row = MessageTemplate.objects.get()
        page = office.get(f"/admin/notifications/messagetemplate/{row.pk}/change/").content.decode()
        assert "Got ORD-20270201-7K3M9P" in page
        assert "<iframe sandbox srcdoc=" in page
        assert "Hi &amp;lt;b&amp;gt;Ada King" in page, "escaped in the message, and once more in the frame"

    def test_every_shipped_message_can_be_looked_at(self, office: Client) -> None:
        page = office.get("/admin/notifications/messagetemplate/").content.decode()
        assert "/admin/notifications/messagetemplate/shipped/ORDER_RECEIVED/de/" in page
        shown = office.get("/admin/notifications/messagetemplate/shipped/ORDER_RECEIVED/de/").content.decode()
        assert "Wir haben Ihren Auftrag ORD-20270201-7K3M9P" in shown
        assert office.get("/admin/notifications/messagetemplate/shipped/NOTHING/de/").status_code == 404
        manager = Client()
        manager.force_login(factories.manager().user)
        assert manager.get("/admin/notifications/messagetemplate/shipped/ORDER_RECEIVED/de/").status_code == 403


def test_old_messages_are_forgotten_but_not_what_waits() -> None:
    for number, (status, age) in enumerate([("SENT", 401), ("FAILED", 401), ("QUEUED", 401), ("SENT", 399)]):
        EmailLog.objects.create(
            kind=KIND,
            recipient="a@example.com",
            subject=f"{status} {age}",
            text="t",
            message_id=f"<{number}>",
            status=status,
            due_at=NOW,
            created_at=NOW - timedelta(days=age),
        )
    assert use_case(forget_old_messages)(limit=1, now=NOW) == 1
    assert use_case(forget_old_messages)(limit=100, now=NOW) == 1
    assert set(EmailLog.objects.values_list("subject", flat=True)) == {"QUEUED 401", "SENT 399"}
