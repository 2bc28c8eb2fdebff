"""When a message that could not be sent is tried again, and what may stand in its headers."""

import unicodedata
from datetime import timedelta
from enum import StrEnum

MAX_ATTEMPTS = 16
"""After this many tries a message has failed, until a person sends it again: a mail server may be away for a night."""

LEASE = timedelta(seconds=60)
"""How long one sending may take before another worker tries: the first may have died."""

MAX_SUBJECT = 200

_FIRST_DELAY = timedelta(seconds=30)
_LONGEST_DELAY = timedelta(hours=2)


class MessageStatus(StrEnum):
    """Where a message stands."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    DROPPED = "DROPPED"
    """It was no longer true when its time came."""


class Failure(StrEnum):
    """What the last failure of a message means."""

    PASSING = "PASSING"
    """Worth another try: nobody answered, or not now."""
    PERMANENT = "PERMANENT"
    """Refused for good: the same message would be refused again."""


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
