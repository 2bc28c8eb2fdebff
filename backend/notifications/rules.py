"""When a mail that could not be sent is tried again."""

from datetime import timedelta
from enum import StrEnum

MAX_ATTEMPTS = 8
LEASE = timedelta(seconds=60)
"""How long one sending may take before another worker tries: the first may have died."""


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
