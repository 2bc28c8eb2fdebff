"""A mail from the log to the server: claimed once, sent outside of any transaction, tried again or given up."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection

from backend.core.errors import InvalidTransition, NotAllowed, NotFound, NotSignedIn
from backend.core.viewer import NOBODY, Role, Viewer
from backend.notifications.actions import lease_emails, send_email, send_email_again
from backend.notifications.errors import TransportError
from backend.notifications.gateway import Mail
from backend.notifications.models import EmailLog
from backend.notifications.rules import LEASE, MAX_ATTEMPTS, retry_delay
from tests.factories.business import NOW
from tests.factories.events import event

_number = count(1)
ADMIN = Viewer(user_id=1, role=Role.ADMIN)


class Recorder:
    """A mailer that keeps what it is given, or raises what it is told to."""

    def __init__(self, error: Exception | None = None, during: Callable[[], Any] = lambda: None) -> None:
        self.sent: list[Mail] = []
        self.error = error
        self.during = during

    def send(self, mail: Mail) -> None:
        self.during()
        if self.error:
            raise self.error
        self.sent.append(mail)


def queued(**given: Any) -> EmailLog:
    values = {
        "event": given.pop("event", None) or event(),
        "kind": "ORDER_RECEIVED",
        "recipient": "ada@example.com",
        "recipient_name": "Ada King",
        "subject": "Hello",
        "text": "Hello\n",
        "message_id": f"<{next(_number)}@rota.test>",
        "due_at": NOW,
        "created_at": NOW,
    }
    return EmailLog.objects.create(**values | given)


@pytest.mark.django_db
class TestSending:
    def test_a_queued_mail_is_sent_once(self) -> None:
        email, mailer = queued(), Recorder()
        assert send_email(email_id=email.pk, mailer=mailer, now=NOW)
        assert not send_email(email_id=email.pk, mailer=mailer, now=NOW)
        email.refresh_from_db()
        assert [(mail.recipient, mail.message_id) for mail in mailer.sent] == [("ada@example.com", email.message_id)]
        assert (email.status, email.sent_at, email.attempts) == ("SENT", NOW, 1)

    def test_a_temporary_failure_is_tried_again_later(self) -> None:
        email = queued()
        assert not send_email(email_id=email.pk, mailer=Recorder(TransportError("busy")), now=NOW)
        email.refresh_from_db()
        assert (email.status, email.attempts, email.due_at) == ("QUEUED", 1, NOW + timedelta(seconds=30))
        assert "TransportError: busy" in email.last_error
        assert lease_emails(limit=10, now=NOW + timedelta(seconds=29)) == []
        assert lease_emails(limit=10, now=NOW + timedelta(seconds=30)) == [email.pk]

    def test_a_bug_in_the_mailer_is_tried_again_too(self) -> None:
        email = queued()
        assert not send_email(email_id=email.pk, mailer=Recorder(KeyError("x")), now=NOW)
        email.refresh_from_db()
        assert (email.status, email.attempts) == ("QUEUED", 1)

    def test_a_permanent_refusal_fails_at_once(self) -> None:
        email = queued()
        send_email(email_id=email.pk, mailer=Recorder(TransportError("no such user", permanent=True)), now=NOW)
        email.refresh_from_db()
        assert (email.status, email.attempts) == ("FAILED", 1)
        assert lease_emails(limit=10, now=NOW + timedelta(days=1)) == []

    def test_after_the_last_attempt_it_has_failed(self) -> None:
        email = queued(attempts=MAX_ATTEMPTS - 1)
        send_email(email_id=email.pk, mailer=Recorder(TransportError("busy")), now=NOW)
        email.refresh_from_db()
        assert (email.status, email.attempts) == ("FAILED", MAX_ATTEMPTS)

    def test_a_mail_whose_worker_died_is_queued_again_after_the_lease(self) -> None:
        email = queued(status="SENDING", attempts=1, due_at=NOW + LEASE)
        assert lease_emails(limit=10, now=NOW) == []
        assert lease_emails(limit=10, now=NOW + LEASE) == [email.pk]
        mailer = Recorder()
        assert send_email(email_id=email.pk, mailer=mailer, now=NOW + LEASE)
        assert mailer.sent[0].message_id == email.message_id

    def test_a_leased_mail_is_not_leased_twice(self) -> None:
        email = queued()
        assert lease_emails(limit=10, now=NOW) == [email.pk]
        assert lease_emails(limit=10, now=NOW) == []

    def test_the_failure_of_a_try_that_lost_its_lease_changes_nothing(self) -> None:
        email = queued()

        def overtake() -> None:
            lease_emails(limit=10, now=NOW + LEASE)
            assert send_email(email_id=email.pk, mailer=Recorder(), now=NOW + LEASE)

        send_email(email_id=email.pk, mailer=Recorder(TransportError("late"), overtake), now=NOW)
        email.refresh_from_db()
        assert (email.status, email.attempts) == ("SENT", 2)


@pytest.mark.django_db(transaction=True)
def test_the_mail_server_is_talked_to_outside_of_any_transaction() -> None:
    email = queued()
    inside: list[bool] = []
    send_email(email_id=email.pk, mailer=Recorder(during=lambda: inside.append(connection.in_atomic_block)), now=NOW)
    assert inside == [False]


@pytest.mark.django_db
class TestSendingAgain:
    def test_an_admin_revives_a_failed_mail(self) -> None:
        email = queued(status="FAILED", attempts=MAX_ATTEMPTS)
        send_email_again(viewer=ADMIN, email_id=email.pk, now=NOW)
        assert lease_emails(limit=10, now=NOW) == [email.pk]
        email.refresh_from_db()
        assert (email.status, email.attempts) == ("QUEUED", 0)

    @pytest.mark.parametrize("status", ["QUEUED", "SENDING", "SENT"])
    def test_only_failed_mails_can_be_revived(self, status: str) -> None:
        email = queued(status=status)
        with pytest.raises(InvalidTransition):
            send_email_again(viewer=ADMIN, email_id=email.pk, now=NOW)
        email.refresh_from_db()
        assert email.status == status

    def test_nobody_else_may(self) -> None:
        email = queued(status="FAILED")
        with pytest.raises(NotSignedIn):
            send_email_again(viewer=NOBODY, email_id=email.pk, now=NOW)
        with pytest.raises(NotAllowed):
            send_email_again(viewer=Viewer(user_id=2, role=Role.MANAGER), email_id=email.pk, now=NOW)
        email.refresh_from_db()
        assert email.status == "FAILED"

    def test_an_unknown_mail_is_not_found(self) -> None:
        with pytest.raises(NotFound):
            send_email_again(viewer=ADMIN, email_id=1, now=NOW)


def test_tries_grow_apart_from_half_a_minute_to_two_hours() -> None:
    assert [retry_delay(n).total_seconds() for n in (1, 2, 3, 8, 9, 16)] == [30, 60, 120, 3840, 7200, 7200]
