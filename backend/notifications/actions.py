"""Writing mails into the log, and sending what stands there.

A handler writes the whole mail in the transaction that marks its delivery done; a worker sends it afterwards, outside
of any transaction. A crash between "the server has it" and "marked as sent" sends it a second time, with the same
Message-ID: nobody can have both "never lost" and "never twice" from SMTP, and losing is worse.
"""

import traceback
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac

from backend.accounts.queries import (
    PASSWORD_RESET,
    VERIFICATION,
    account_for_message,
    invitation_for_message,
    link_token,
)
from backend.core.business import business
from backend.core.errors import FieldPath, InvalidTransition
from backend.core.transactions import step, use_case
from backend.core.viewer import Viewer
from backend.core.wakeup import knock
from backend.events.rules import Happened
from backend.notifications.errors import TransportError
from backend.notifications.gateway import Mail, Mailer
from backend.notifications.models import EmailLog
from backend.notifications.permissions import require_mind_emails
from backend.notifications.queries import email_for
from backend.notifications.rules import (
    LEASE,
    MAX_SUBJECT,
    SECRET_KINDS,
    EmailKind,
    EmailStatus,
    header_text,
    is_exhausted,
    retry_delay,
)
from backend.orders.actions import renew_link
from backend.orders.queries import change_for_message, order_for_message
from backend.scheduling.queries.bookings import direct_booking_for_message

_MAX_ERROR = 20_000
_LINKS = {
    EmailKind.VERIFY_EMAIL: (VERIFICATION, "verify-email"),
    EmailKind.RESET_PASSWORD: (PASSWORD_RESET, "reset-password"),
}
"""Mails with a token made for them: what it is for, and the page of the client that takes it."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A mail that is ours to send; `attempt` is the number of this try and tells it from any later one."""

    mail: Mail
    attempt: int
    request_id: str


@step
def write_order_email(*, kind: EmailKind, event: Happened, now: datetime) -> None:
    """Write the mail about an order to whoever placed it, ready to be sent. Once per event, kind and person.

    The templates are `notifications/<kind>.subject.txt`, `.txt` and `.html`.
    """
    context = _order_context(event)
    order = context["order"]
    _write(
        kind=kind,
        event_id=event.event_id,
        recipient_name=order.contact_name,
        recipient=order.contact_email,
        context=context | {"name": order.contact_name},
        now=now,
    )


@step
def write_news_of_office(*, kind: EmailKind, event: Happened, now: datetime) -> None:
    """Write to whoever placed an order what the office did to it; no mail for what they did themselves.

    Nor for what the office notes for itself.
    """
    if event.data["by_office"] and event.data.get("fields") != ["internal_notes"]:
        write_order_email(kind=kind, event=event, now=now)


@step
def write_tracking_email(*, event: Happened, now: datetime) -> None:
    """Write the link to an order to whoever placed it; no mail where the asked number and e-mail opened none."""
    if event.order_id is not None:
        renew_link(order_id=event.order_id, now=now)
        write_order_email(kind=EmailKind.TRACKING_LINK, event=event, now=now)


@step
def write_office_email(*, kind: EmailKind, event: Happened, now: datetime) -> None:
    """Write the mail about an order to the office, at the business's own address."""
    context = _order_context(event)
    page = f"{business().public_url}/admin/orders/changerequest/{event.data['change_request_id']}/change/"
    _write(
        kind=kind,
        event_id=event.event_id,
        recipient_name=business().name,
        recipient=business().email,
        context=context | {"name": business().name, "link": page},
        now=now,
    )


def _order_context(event: Happened) -> dict[str, Any]:
    """What mails about an order tell from; `change` is the wish for another time that the event is about, if any."""
    if event.order_id is None:
        raise ValueError(f"event {event.event_id} ({event.kind}) names no order")
    order = order_for_message(event.order_id)
    change_id = event.data.get("change_request_id")
    return {
        "business": business(),
        "zone": business().zone,
        "order": order,
        "items": order.items.all(),
        "visits": sorted(
            (item.appointment for item in order.items.all() if item.appointment), key=lambda visit: visit.start
        ),
        "change": None if change_id is None else change_for_message(change_id),
        "link": f"{business().public_url}/track/{order.tracking_token}",
    }


@step
def write_booking_email(*, kind: EmailKind, event: Happened, now: datetime) -> None:
    """Write the mail about a direct booking to whoever booked it. None for visits of orders and plans: these tell of
    their own.

    What was moved is told as it stood after that move, however late the mail is written.
    """
    if event.appointment_id is None:
        raise ValueError(f"event {event.event_id} ({event.kind}) names no visit")
    booking = direct_booking_for_message(event.appointment_id)
    if booking is None:
        return
    context = {
        "business": business(),
        "zone": business().zone,
        "name": booking.contact_name,
        "booking": booking,
        "visit": booking.appointment,
        "start": datetime.fromisoformat(event.data["start"]),
        "end": datetime.fromisoformat(event.data["end"]),
        "waits": event.data["status"] == "PENDING",
        "previous": datetime.fromisoformat(event.data["previous"]["start"]) if event.data["previous"] else None,
        "reason": event.data.get("reason", ""),
        "link": f"{business().public_url}/visits/{booking.tracking_token}",
    }
    _write(
        kind=kind,
        event_id=event.event_id,
        recipient_name=booking.contact_name,
        recipient=booking.contact_email,
        context=context,
        now=now,
    )


@step
def write_account_email(*, kind: EmailKind, event: Happened, now: datetime) -> None:
    """Write a mail to the owner of the account that `event` names, with a fresh link where its kind has one.

    No mail where the account is gone or inactive by now, and none to prove an e-mail that is proven. To an unproven
    e-mail nothing is written that its account says: somebody else may have typed it, to have us send it.
    """
    user = account_for_message(event.data["user_id"])
    if user is None or (kind is EmailKind.VERIFY_EMAIL and user.email_verified_at is not None):
        return
    name = user.name if user.email_verified_at is not None else ""
    link = business().public_url
    if kind in _LINKS:
        purpose, path = _LINKS[kind]
        link = _page(path, token=link_token(purpose, user))
    context = _account_context(name, user.email) | {"link": link, "changed_at": event.occurred_at}
    _write(kind=kind, event_id=event.event_id, recipient_name=name, recipient=user.email, context=context, now=now)


@step
def write_registered_email(*, event: Happened, now: datetime) -> None:
    """Write to whoever registered: a welcome where an invitation proved the e-mail, else the link that proves it."""
    kind = EmailKind.WELCOME if event.data["verified"] else EmailKind.VERIFY_EMAIL
    write_account_email(kind=kind, event=event, now=now)


@step
def write_invitation_email(*, event: Happened, now: datetime) -> None:
    """Write the link of an invitation to whom it invites; no mail where it is gone, used or out of date by now."""
    invitation = invitation_for_message(event.data["invitation_id"], now=now)
    if invitation is None:
        return
    context = _account_context("", invitation.email) | {
        "link": _page("register", invitation=invitation.token),
        "expires_at": invitation.expires_at,
    }
    _write(
        kind=EmailKind.INVITATION,
        event_id=event.event_id,
        recipient_name="",
        recipient=invitation.email,
        context=context,
        now=now,
    )


def _account_context(name: str, recipient: str) -> dict[str, Any]:
    return {
        "business": business(),
        "zone": business().zone,
        "name": name,
        "recipient": recipient,
        "link_hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
    }


def _page(path: str, **query: str) -> str:
    return f"{business().public_url}/{path}?{urlencode(query)}"


def _write(
    *, kind: EmailKind, event_id: int, recipient_name: str, recipient: str, context: dict[str, Any], now: datetime
) -> None:
    template = f"notifications/{kind.value.lower()}"
    email = EmailLog(
        event_id=event_id,
        kind=kind,
        recipient=recipient,
        recipient_name=header_text(recipient_name, max_length=200),
        subject=header_text(render_to_string(f"{template}.subject.txt", context), max_length=MAX_SUBJECT),
        text=render_to_string(f"{template}.txt", context).strip() + "\n",
        html=render_to_string(f"{template}.html", context),
        message_id=_message_id(f"{event_id}:{kind.value}:{recipient}"),
        due_at=now,
        created_at=now,
    )
    EmailLog.objects.bulk_create([email], ignore_conflicts=True)
    transaction.on_commit(knock, robust=True)


def _message_id(what: str) -> str:
    """The same for the same mail, however often it is written or sent; another for every installation."""
    digest = salted_hmac("rota.email", what, algorithm="sha256").hexdigest()[:40]
    return f"<{digest}@{business().email.rpartition('@')[2]}>"


@use_case
def lease_emails(*, limit: int, now: datetime) -> list[int]:
    """The ids of up to `limit` mails that are due, the longest waiting first, ours to give to a worker.

    They fall due again after LEASE. A mail that was being sent when it fell due lost its worker: it queues again.
    """
    ids = list(
        EmailLog.objects.filter(status__in=[EmailStatus.QUEUED, EmailStatus.SENDING], due_at__lte=now)
        .order_by("due_at", "id")
        .select_for_update(skip_locked=True)
        .values_list("id", flat=True)[:limit]
    )
    if ids:
        EmailLog.objects.filter(pk__in=ids).update(status=EmailStatus.QUEUED, due_at=now + LEASE)
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
            _count_failure(email_id=email_id, attempt=claimed.attempt, error=error, final=error.permanent, now=now)
            return False
        except Exception as error:
            _count_failure(email_id=email_id, attempt=claimed.attempt, error=error, final=False, now=now)
            return False
        _mark_sent(email_id=email_id, now=now)
    return True


@use_case
def _claim(*, email_id: int, now: datetime) -> _Claimed | None:
    won = EmailLog.objects.filter(pk=email_id, status=EmailStatus.QUEUED).update(
        status=EmailStatus.SENDING, attempts=F("attempts") + 1, due_at=now + LEASE
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
    EmailLog.objects.filter(pk=email_id).update(status=EmailStatus.SENT, sent_at=now, last_error="")
    # What lets somebody in is kept no longer than it takes to hand it over.
    EmailLog.objects.filter(pk=email_id, kind__in=SECRET_KINDS).update(text="", html="")
    _log.info("email.sent")


@use_case
def _count_failure(*, email_id: int, attempt: int, error: Exception, final: bool, now: datetime) -> None:
    failed = final or is_exhausted(attempt)
    # Only while this try still holds the row: after the lease another worker may be at it, or have sent it.
    EmailLog.objects.filter(pk=email_id, status=EmailStatus.SENDING, attempts=attempt).update(
        status=EmailStatus.FAILED if failed else EmailStatus.QUEUED,
        due_at=now + retry_delay(attempt),
        last_error="".join(traceback.format_exception(error))[-_MAX_ERROR:].replace("\x00", ""),
    )
    log = _log.error if failed else _log.warning
    log("email.failed" if failed else "email.put_off", attempt=attempt, error=str(error))


@use_case
def send_email_again(*, viewer: Viewer, email_id: int, now: datetime, field: FieldPath = ("email_id",)) -> EmailLog:
    """Queue a failed mail once more, as it was written then.

    Raises NotSignedIn, NotAllowed, NotFound, and InvalidTransition for a mail that has not failed.
    """
    require_mind_emails(viewer)
    email = email_for(viewer, email_id, field=field, lock=True)
    if email.status != EmailStatus.FAILED:
        raise InvalidTransition(f"Only a failed mail can be sent again; this one is {email.status}.", field)
    email.status = EmailStatus.QUEUED
    email.attempts = 0
    email.due_at = now
    email.save(update_fields=["status", "attempts", "due_at"])
    transaction.on_commit(knock, robust=True)
    return email
