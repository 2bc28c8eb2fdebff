"""The mails in the back office."""

from datetime import datetime

import pytest
from django.test import Client

from backend.core.viewer import Role
from backend.notifications.models import EmailLog
from tests import factories
from tests.factories.business import NOW
from tests.factories.events import event

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Client:
    """An admin's browser."""
    client = Client()
    client.force_login(factories.user(Role.ADMIN))
    return client


def mail(recipient: str, status: str, *, kind: str = "ORDER_RECEIVED") -> EmailLog:
    return EmailLog.objects.create(
        event=event(order_id=7),
        kind=kind,
        recipient=recipient,
        subject="Hello",
        text="What the text says",
        html="What the HTML says",
        message_id=f"<{recipient}>",
        status=status,
        attempts=4,
        due_at=NOW,
        created_at=NOW,
    )


def test_an_admin_finds_a_mail_and_can_not_edit_it(office: Client) -> None:
    row = mail("ada@example.com", "SENT")
    mail("bob@example.com", "SENT")
    page = office.get("/admin/notifications/emaillog/", {"q": "ada@"})
    assert [each.pk for each in page.context["cl"].result_list] == [row.pk]
    page = office.get(f"/admin/notifications/emaillog/{row.pk}/change/")
    assert page.status_code == 200
    assert b'name="_save"' not in page.content


def test_an_admin_queues_failed_mails_again(at_now: datetime, office: Client) -> None:
    failed, sent = mail("ada@example.com", "FAILED"), mail("bob@example.com", "SENT")
    page = office.post(
        "/admin/notifications/emaillog/",
        {"action": "send_again", "_selected_action": [failed.pk, sent.pk]},
        follow=True,
    )
    failed.refresh_from_db()
    sent.refresh_from_db()
    assert (failed.status, failed.attempts, failed.due_at) == ("QUEUED", 0, at_now)
    assert (sent.status, sent.attempts) == ("SENT", 4)
    assert b"1 queued again." in page.content


def test_an_admin_reads_what_was_written_about_an_order(office: Client) -> None:
    page = office.get(f"/admin/notifications/emaillog/{mail('ada@example.com', 'FAILED').pk}/change/")
    assert b"What the text says" in page.content
    assert b"What the HTML says" in page.content


@pytest.mark.parametrize("kind", ["VERIFY_EMAIL", "RESET_PASSWORD", "INVITATION"])
def test_nobody_in_the_office_reads_a_link_that_lets_somebody_in(office: Client, kind: str) -> None:
    row = mail("ada@example.com", "FAILED", kind=kind)
    page = office.get(f"/admin/notifications/emaillog/{row.pk}/change/")
    assert b"ada@example.com" in page.content
    assert b"What the" not in page.content
    found = office.get("/admin/notifications/emaillog/", {"q": "What the text"})
    assert list(found.context["cl"].result_list) == []
