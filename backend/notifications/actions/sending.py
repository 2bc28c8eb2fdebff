"""Sending what stands in the log.

A handler has written the whole mail in the transaction that marked its delivery done; a worker sends it, outside of
any transaction. A crash between "the server has it" and "marked as sent" sends it a second time, with the same
Message-ID: nobody can have both "never lost" and "never twice" from SMTP, and losing is worse.
"""

import traceback
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import structlog
from django.db import transaction

from backend.core.business import business
from backend.core.errors import FieldPath, InvalidTransition
from backend.core.transactions import use_case
from backend.core.viewer import Viewer
from backend.core.wakeup import knock
from backend.notifications.errors import TransportError
from backend.notifications.gateway import Attachment, Mail, Mailer, Sms, SmsGateway
from backend.notifications.models import EmailLog, SmsLog
from backend.notifications.permissions import require_mind_emails
from backend.notifications.queries import email_for, sms_for
from backend.notifications.rules import (
    LEASE,
    SECRET_KINDS,
    Failure,
    MessageKind,
    MessageStatus,
    header_text,
    is_exhausted,
    is_timely,
    retry_delay,
)
from backend.scheduling.queries.bookings import is_on_the_way, is_under_way, takes_place

_MAX_ERROR = 20_000
_TRUE_WHILE = {
    MessageKind.APPOINTMENT_ON_THE_WAY: is_on_the_way,
    MessageKind.APPOINTMENT_STARTED: is_under_way,
}
"""Momentary messages, and what says of their visit whether they are still true."""
_log = structlog.get_logger(__name__)


M = TypeVar("M", EmailLog, SmsLog)


def lease_emails(*, limit: int, now: datetime) -> list[int]:
    """The ids of up to `limit` mails that are due, the longest waiting first, ours to give to a worker.

    They fall due again after LEASE. A mail that was being sent when it fell due lost its worker: it queues again.
    """
    return _lease(model=EmailLog, limit=limit, now=now)


def lease_sms(*, limit: int, now: datetime) -> list[int]:
    """As `lease_emails`, of short messages."""
    return _lease(model=SmsLog, limit=limit, now=now)


@use_case
def _lease(*, model: type[EmailLog] | type[SmsLog], limit: int, now: datetime) -> list[int]:
    rows: Any = model._default_manager
    ids = list(
        rows.filter(status__in=[MessageStatus.QUEUED, MessageStatus.SENDING], due_at__lte=now)
        .order_by("due_at", "id")
        .select_for_update(skip_locked=True)
        .values_list("id", flat=True)[:limit]
    )
    if ids:
        rows.filter(pk__in=ids).update(status=MessageStatus.QUEUED, due_at=now + LEASE)
    return ids


def send_email(*, email_id: int, mailer: Mailer, now: datetime) -> bool:
    """Send a queued mail; whether it was this call that did. Of several workers one wins, the others do nothing.

    A mail that the server refuses for good has failed; any other trouble is tried again with growing delays. What is
    not true any more is dropped: a reminder of a visit that does not take place, or not then, or has come already; and
    that somebody has started, once the work is done.
    """

    def hand_over(row: EmailLog) -> dict[str, object]:
        mailer.send(_as_mail(row))
        return {}

    return _send(EmailLog, email_id, hand_over, now)


def send_sms(*, sms_id: int, gateway: SmsGateway, now: datetime) -> bool:
    """As `send_email`, of a short message. One whose acceptance was lost goes out a second time."""

    def hand_over(row: SmsLog) -> dict[str, object]:
        return {"provider_id": gateway.send(Sms(row.recipient, row.text))[:64]}

    return _send(SmsLog, sms_id, hand_over, now)


def _send(model: type[M], pk: int, hand_over: Callable[[M], dict[str, object]], now: datetime) -> bool:
    row = _claim(model=model, pk=pk, now=now)
    if row is None:
        return False
    request_id = row.event.request_id if row.event else ""
    name = "email_id" if model is EmailLog else "sms_id"
    with structlog.contextvars.bound_contextvars(**{"request_id": request_id, name: pk}):
        try:
            # Committed before: what happens here can't be rolled back, and no lock is held while a server thinks.
            outcome = hand_over(row)
        except TransportError as error:
            _count_failure(row=row, error=error, permanent=error.permanent, now=now)
            return False
        except Exception as error:
            _count_failure(row=row, error=error, permanent=False, now=now)
            return False
        _mark_sent(row=row, outcome=outcome, now=now)
    return True


@use_case
def _claim(*, model: type[M], pk: int, now: datetime) -> M | None:
    """The message, ours to send; its `attempts` is the number of this try and tells it from any later one."""
    rows: Any = model._default_manager
    row: M | None = rows.select_for_update(of=("self",)).select_related("event").filter(pk=pk).first()
    if row is None or row.status != MessageStatus.QUEUED:
        return None
    if not _is_true(row, now):
        row.status = MessageStatus.DROPPED
        row.save(update_fields=["status"])
        return None
    row.status, row.attempts, row.due_at = MessageStatus.SENDING, row.attempts + 1, now + LEASE
    row.save(update_fields=["status", "attempts", "due_at"])
    return row


def _is_true(row: EmailLog | SmsLog, now: datetime) -> bool:
    """Whether what it says is still so, for as far as it can end being so."""
    kind = MessageKind(row.kind)
    if row.visit_start is not None:
        return is_timely(kind, row.visit_start, now) and takes_place(row.appointment_id or 0, row.visit_start)
    if row.appointment_id is None or kind not in _TRUE_WHILE:
        return True
    return _TRUE_WHILE[kind](row.appointment_id)


def _as_mail(row: EmailLog) -> Mail:
    return Mail(
        message_id=row.message_id,
        sender_name=header_text(business().name, max_length=200),
        sender=business().email,
        recipient_name=row.recipient_name,
        recipient=row.recipient,
        subject=row.subject,
        text=row.text,
        html=row.html,
        written_at=row.created_at,
        unsubscribe=row.unsubscribe,
        calendars=[Attachment(each["method"], each["content"]) for each in row.calendars],
    )


@use_case
def _mark_sent(*, row: EmailLog | SmsLog, outcome: dict[str, object], now: datetime) -> None:
    # Whoever holds the row by now: the message is out, and nobody else should send it.
    rows: Any = type(row)._default_manager
    rows.filter(pk=row.pk).update(status=MessageStatus.SENT, sent_at=now, last_error="", failure="", **outcome)
    if isinstance(row, EmailLog):
        # What lets somebody in is kept no longer than it takes to hand it over.
        EmailLog.objects.filter(pk=row.pk, kind__in=SECRET_KINDS).update(text="", html="")
    _log.info(f"{_called(row)}.sent")


@use_case
def _count_failure(*, row: EmailLog | SmsLog, error: Exception, permanent: bool, now: datetime) -> None:
    failed = permanent or is_exhausted(row.attempts)
    # Only while this try still holds the row: after the lease another worker may be at it, or have sent it.
    rows: Any = type(row)._default_manager
    rows.filter(pk=row.pk, status=MessageStatus.SENDING, attempts=row.attempts).update(
        status=MessageStatus.FAILED if failed else MessageStatus.QUEUED,
        failure=Failure.PERMANENT if permanent else Failure.PASSING,
        due_at=now + retry_delay(row.attempts),
        last_error="".join(traceback.format_exception(error))[-_MAX_ERROR:].replace("\x00", ""),
    )
    log = _log.error if failed else _log.warning
    what = f"{_called(row)}.failed" if failed else f"{_called(row)}.put_off"
    log(what, attempt=row.attempts, permanent=permanent, error=str(error))


def _called(row: EmailLog | SmsLog) -> str:
    return "email" if isinstance(row, EmailLog) else "sms"


@use_case
def send_email_again(*, viewer: Viewer, email_id: int, now: datetime, field: FieldPath = ("email_id",)) -> EmailLog:
    """Queue a failed mail once more, as it was written then.

    Raises NotSignedIn, NotAllowed, NotFound, and InvalidTransition for a mail that has not failed.
    """
    require_mind_emails(viewer)
    email = email_for(viewer, email_id, field=field, lock=True)
    _queue_again(email, now, field)
    return email


@use_case
def send_sms_again(*, viewer: Viewer, sms_id: int, now: datetime, field: FieldPath = ("sms_id",)) -> SmsLog:
    """As `send_email_again`, of a short message."""
    require_mind_emails(viewer)
    sms = sms_for(viewer, sms_id, field=field, lock=True)
    _queue_again(sms, now, field)
    return sms


def _queue_again(row: EmailLog | SmsLog, now: datetime, field: FieldPath) -> None:
    if row.status != MessageStatus.FAILED:
        raise InvalidTransition(f"Only a failed message can be sent again; this one is {row.status}.", field)
    row.status, row.attempts, row.due_at = MessageStatus.QUEUED, 0, now
    row.save(update_fields=["status", "attempts", "due_at"])
    transaction.on_commit(knock, robust=True)
