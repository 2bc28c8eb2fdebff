"""Sending what stands in the log.

A handler has written the whole mail in the transaction that marked its delivery done; a worker sends it, outside of
any transaction. A crash between "the server has it" and "marked as sent" sends it a second time, with the same
Message-ID: nobody can have both "never lost" and "never twice" from SMTP, and losing is worse.
"""

import traceback
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F

from backend.core.business import business
from backend.core.errors import FieldPath, InvalidTransition
from backend.core.transactions import use_case
from backend.core.viewer import Viewer
from backend.core.wakeup import knock
from backend.notifications.errors import TransportError
from backend.notifications.gateway import Mail, Mailer
from backend.notifications.models import EmailLog
from backend.notifications.permissions import require_mind_emails
from backend.notifications.queries import email_for
from backend.notifications.rules import (
    LEASE,
    SECRET_KINDS,
    Failure,
    MessageStatus,
    header_text,
    is_exhausted,
    retry_delay,
)

_MAX_ERROR = 20_000
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A mail that is ours to send; `attempt` is the number of this try and tells it from any later one."""

    mail: Mail
    attempt: int
    request_id: str


@use_case
def lease_emails(*, limit: int, now: datetime) -> list[int]:
    """The ids of up to `limit` mails that are due, the longest waiting first, ours to give to a worker.

    They fall due again after LEASE. A mail that was being sent when it fell due lost its worker: it queues again.
    """
    ids = list(
        EmailLog.objects.filter(status__in=[MessageStatus.QUEUED, MessageStatus.SENDING], due_at__lte=now)
        .order_by("due_at", "id")
        .select_for_update(skip_locked=True)
        .values_list("id", flat=True)[:limit]
    )
    if ids:
        EmailLog.objects.filter(pk__in=ids).update(status=MessageStatus.QUEUED, due_at=now + LEASE)
    return ids


def send_email(*, email_id: int, mailer: Mailer, now: datetime) -> bool:
    """Send a queued mail; whether it was this call that did. Of several workers one wins, the others do nothing.

    A mail that the server refuses for good has failed; any other trouble is tried again with growing delays.
    """
    claimed = _claim(email_id=email_id, now=now)
    if claimed is None:
        return False
    with structlog.contextvars.bound_contextvars(request_id=claimed.request_id, email_id=email_id):
        try:
            # Committed before: what happens here can't be rolled back, and no lock is held while a server thinks.
            mailer.send(claimed.mail)
        except TransportError as error:
            _count_failure(email_id=email_id, attempt=claimed.attempt, error=error, permanent=error.permanent, now=now)
            return False
        except Exception as error:
            _count_failure(email_id=email_id, attempt=claimed.attempt, error=error, permanent=False, now=now)
            return False
        _mark_sent(email_id=email_id, now=now)
    return True


@use_case
def _claim(*, email_id: int, now: datetime) -> _Claimed | None:
    won = EmailLog.objects.filter(pk=email_id, status=MessageStatus.QUEUED).update(
        status=MessageStatus.SENDING, attempts=F("attempts") + 1, due_at=now + LEASE
    )
    if not won:
        return None
    email = EmailLog.objects.select_related("event").get(pk=email_id)
    mail = Mail(
        message_id=email.message_id,
        sender_name=header_text(business().name, max_length=200),
        sender=business().email,
        recipient_name=email.recipient_name,
        recipient=email.recipient,
        subject=email.subject,
        text=email.text,
        html=email.html,
        written_at=email.created_at,
    )
    return _Claimed(mail, email.attempts, email.event.request_id if email.event else "")


@use_case
def _mark_sent(*, email_id: int, now: datetime) -> None:
    # Whoever holds the row by now: the mail is out, and nobody else should send it.
    EmailLog.objects.filter(pk=email_id).update(status=MessageStatus.SENT, sent_at=now, last_error="", failure="")
    # What lets somebody in is kept no longer than it takes to hand it over.
    EmailLog.objects.filter(pk=email_id, kind__in=SECRET_KINDS).update(text="", html="")
    _log.info("email.sent")


@use_case
def _count_failure(*, email_id: int, attempt: int, error: Exception, permanent: bool, now: datetime) -> None:
    failed = permanent or is_exhausted(attempt)
    # Only while this try still holds the row: after the lease another worker may be at it, or have sent it.
    EmailLog.objects.filter(pk=email_id, status=MessageStatus.SENDING, attempts=attempt).update(
        status=MessageStatus.FAILED if failed else MessageStatus.QUEUED,
        failure=Failure.PERMANENT if permanent else Failure.PASSING,
        due_at=now + retry_delay(attempt),
        last_error="".join(traceback.format_exception(error))[-_MAX_ERROR:].replace("\x00", ""),
    )
    log = _log.error if failed else _log.warning
    log("email.failed" if failed else "email.put_off", attempt=attempt, permanent=permanent, error=str(error))


@use_case
def send_email_again(*, viewer: Viewer, email_id: int, now: datetime, field: FieldPath = ("email_id",)) -> EmailLog:
    """Queue a failed mail once more, as it was written then.

    Raises NotSignedIn, NotAllowed, NotFound, and InvalidTransition for a mail that has not failed.
    """
    require_mind_emails(viewer)
    email = email_for(viewer, email_id, field=field, lock=True)
    if email.status != MessageStatus.FAILED:
        raise InvalidTransition(f"Only a failed mail can be sent again; this one is {email.status}.", field)
    email.status = MessageStatus.QUEUED
    email.attempts = 0
    email.due_at = now
    email.save(update_fields=["status", "attempts", "due_at"])
    transaction.on_commit(knock, robust=True)
    return email
