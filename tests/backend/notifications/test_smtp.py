"""Mails against a real SMTP server that takes them, refuses, puts off, hangs up, and says nothing at all."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from backend.notifications.actions import lease_emails, send_email
from backend.notifications.gateway import DjangoMailer
from backend.notifications.models import EmailLog
from tests.factories.business import NOW
from tests.fakes.mailbox import Mailbox, receiving_mails

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    with receiving_mails() as (found, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_HOST_USER = "127.0.0.1", ""
        settings.EMAIL_PORT = port
        settings.EMAIL_TIMEOUT = 60
        yield found


def written() -> EmailLog:
    return EmailLog.objects.create(
        kind="ORDER_RECEIVED",
        recipient="ada@example.com",
        subject="Grüße",
        text="Hello\n",
        html="<p>Hello</p>",
        message_id="<one@rota.test>",
        due_at=NOW,
        created_at=NOW,
    )


def after_trying(email: EmailLog, now: Any = NOW) -> tuple[str, str, int]:
    """Status, failure and tries after one more round of sending."""
    for email_id in lease_emails(limit=10, now=now):
        send_email(email_id=email_id, mailer=DjangoMailer(), now=now)
    email.refresh_from_db()
    return email.status, email.failure, email.attempts


def test_a_letter_arrives_as_it_was_written(mailbox: Mailbox) -> None:
    assert after_trying(written()) == ("SENT", "", 1)
    [letter] = mailbox.letters
    assert b"Message-ID: <one@rota.test>" in letter


@pytest.mark.parametrize("where", ["to_recipient", "to_letter"])
def test_a_refusal_for_good_is_not_tried_again_and_the_log_tells_so(mailbox: Mailbox, where: str) -> None:
    getattr(mailbox, where).append("550 no such user")
    email = written()
    assert after_trying(email) == ("FAILED", "PERMANENT", 1)
    assert "550" in email.last_error
    assert after_trying(email, NOW + timedelta(days=3)) == ("FAILED", "PERMANENT", 1)
    assert mailbox.letters == []


@pytest.mark.parametrize(
    ("where", "trouble"),
    [("to_recipient", "450 greylisted"), ("to_letter", "451 try later"), ("to_letter", "hang up")],
)
def test_what_passes_is_tried_again_with_growing_delays_until_it_arrives(
    mailbox: Mailbox, where: str, trouble: str
) -> None:
    getattr(mailbox, where).extend([trouble, trouble])
    email = written()
    assert after_trying(email) == ("QUEUED", "PASSING", 1)
    assert email.due_at == NOW + timedelta(seconds=30)
    assert after_trying(email, NOW + timedelta(seconds=29)) == ("QUEUED", "PASSING", 1)
    assert after_trying(email, NOW + timedelta(seconds=30)) == ("QUEUED", "PASSING", 2)
    assert email.due_at == NOW + timedelta(seconds=90)
    assert after_trying(email, NOW + timedelta(seconds=90)) == ("SENT", "", 3)
    assert len(mailbox.letters) == 1
