"""When a failed delivery is tried again, and when it rests."""

from datetime import timedelta
from enum import StrEnum

MAX_ATTEMPTS = 8
"""After this many failures a delivery is dead until a person sends it again."""

LEASE = timedelta(seconds=20)
"""How long a sent message may take before the relay sends it again: a worker may have died with it."""

_FIRST_DELAY = timedelta(seconds=2)
_LONGEST_DELAY = timedelta(minutes=10)


class DeliveryStatus(StrEnum):
    """What has become of an event at one handler."""

    PENDING = "PENDING"
    DONE = "DONE"
    DEAD = "DEAD"


def retry_delay(attempts: int) -> timedelta:
    """How long to wait after the `attempts`-th failure: doubling from two seconds, at most ten minutes."""
    doublings = max(attempts - 1, 0)
    return min(_FIRST_DELAY * float(2**doublings), _LONGEST_DELAY)


def is_exhausted(attempts: int) -> bool:
    """Whether no further try is made."""
    return attempts >= MAX_ATTEMPTS
