"""The way out: Django's mail backends behind a Protocol, and a folder in place of a mail server."""

import os
import re
import smtplib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from backend.notifications.errors import TransportError


@dataclass(frozen=True, slots=True)
class Attachment:
    """A calendar file, and what a calendar is to do with it."""

    method: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail to one person. Names and subject are single lines; `written_at` becomes its Date."""

    message_id: str
    sender_name: str
    sender: str
    recipient_name: str
    recipient: str
    subject: str
    text: str
    html: str
    written_at: datetime
    unsubscribe: str = ""
    """Where a click ends messages of this kind (RFC 8058)."""
    calendars: Sequence[Attachment] = ()


class Mailer(Protocol):
    """Hands mails over. Raises TransportError where it could not."""

    def send(self, mail: Mail) -> None: ...


class DjangoMailer:
    """By whatever EMAIL_BACKEND is set: SMTP in production, a folder in development, memory in tests."""

    def send(self, mail: Mail) -> None:
        """A refusal of this mail (SMTP 5xx) is permanent; all else, a wrong password among it, is worth another try."""
        try:
            get_connection().send_messages([as_message(mail)])
        except smtplib.SMTPRecipientsRefused as error:
            permanent = all(code >= 500 for code, _ in error.recipients.values())
            raise TransportError(f"The recipient was refused: {error.recipients}", permanent=permanent) from error
        except smtplib.SMTPAuthenticationError as error:
            raise TransportError(f"The mail server does not know us: {error}") from error
        except smtplib.SMTPResponseException as error:
            raise TransportError(f"The mail server answered {error}", permanent=error.smtp_code >= 500) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TransportError(f"The mail server is out of reach: {error!r}") from error
        except ValueError as error:
            # Django's BadHeaderError, and addresses that can't be encoded: no second try would make them better.
            # Not its repr: that of an encoding error holds the whole text, links and all.
            what = f"{type(error).__name__}: {error}"
            raise TransportError(f"This can't be written as a mail: {what}", permanent=True) from error


def as_message(mail: Mail) -> EmailMultiAlternatives:
    """Plain text with HTML beside it, marked as written by a program (RFC 3834) so that nobody's holiday replies."""
    headers = {
        "Message-ID": mail.message_id,
        "Date": format_datetime(mail.written_at),
        "Auto-Submitted": "auto-generated",
    }
    if mail.unsubscribe:
        headers["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.text,
        from_email=formataddr((mail.sender_name, mail.sender)),
        to=[formataddr((mail.recipient_name, mail.recipient))],
        headers=headers,
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    for number, each in enumerate(mail.calendars, 1):
        part = MIMEText(each.content, "calendar", "utf-8")
        part.set_param("method", each.method)
        part.add_header("Content-Disposition", "attachment", filename=f"visit-{number}.ics")
        message.attach(part)
    return message


class OutboxFolder(BaseEmailBackend):
    """A Django mail backend that keeps each mail as `<message-id>.eml` under EMAIL_FILE_PATH.

    A file appears whole or not at all, and the same mail sent twice is one file: what a reader of Message-IDs sees.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many were written. Raises OSError where the folder can't be written to."""
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            content = message.message()
            name = re.sub(r"[^A-Za-z0-9@._-]", "", content["Message-ID"] or "").lstrip(".")
            handle, draft = tempfile.mkstemp(dir=folder, prefix=".", suffix=".draft")
            with os.fdopen(handle, "wb") as file:
                file.write(content.as_bytes())
            Path(draft).replace(folder / f"{name}.eml")
        return len(email_messages)
