"""When a mail that could not be sent is tried again, and what may stand in its headers."""

import unicodedata
from datetime import timedelta
from enum import StrEnum

MAX_ATTEMPTS = 16
"""After this many tries a mail has failed, until a person sends it again: a mail server may be away for a night."""

LEASE = timedelta(seconds=60)
"""How long one sending may take before another worker tries: the first may have died."""

MAX_SUBJECT = 200

_FIRST_DELAY = timedelta(seconds=30)
_LONGEST_DELAY = timedelta(hours=2)


class EmailStatus(StrEnum):
    """Where a mail stands."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"


class EmailKind(StrEnum):
    """What a mail tells."""

    ORDER_RECEIVED = "ORDER_RECEIVED"
    ORDER_CONFIRMED = "ORDER_CONFIRMED"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    ORDER_CHANGED = "ORDER_CHANGED"
    CHANGE_REQUESTED = "CHANGE_REQUESTED"
    CHANGE_APPROVED = "CHANGE_APPROVED"
    CHANGE_REJECTED = "CHANGE_REJECTED"
    CHANGE_WITHDRAWN = "CHANGE_WITHDRAWN"
    TRACKING_LINK = "TRACKING_LINK"
    APPOINTMENT_BOOKED = "APPOINTMENT_BOOKED"
    APPOINTMENT_CONFIRMED = "APPOINTMENT_CONFIRMED"
    APPOINTMENT_MOVED = "APPOINTMENT_MOVED"
    APPOINTMENT_CANCELLED = "APPOINTMENT_CANCELLED"
    VERIFY_EMAIL = "VERIFY_EMAIL"
    WELCOME = "WELCOME"
    REGISTERED_AGAIN = "REGISTERED_AGAIN"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - the name of a mail
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - the name of a mail
    INVITATION = "INVITATION"


SECRET_KINDS = frozenset({EmailKind.VERIFY_EMAIL, EmailKind.RESET_PASSWORD, EmailKind.INVITATION})
"""Mails whose link lets in whoever has it: nobody but the recipient reads them, and once sent they are not kept."""


def retry_delay(attempts: int) -> timedelta:
    """How long to wait after the `attempts`-th try: doubling from half a minute, at most two hours."""
    doublings = min(max(attempts - 1, 0), 20)
    return min(_FIRST_DELAY * float(2**doublings), _LONGEST_DELAY)


def is_exhausted(attempts: int) -> bool:
    """Whether no further try is made."""
    return attempts >= MAX_ATTEMPTS


def header_text(text: str, *, max_length: int) -> str:
    """`text` on one line, fit for a header: control characters and line separators become spaces.

    A name that somebody typed can't begin a header of its own.
    """
    line = "".join(" " if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char for char in text)
    return " ".join(line.split())[:max_length]
