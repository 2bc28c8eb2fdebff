"""When a failed delivery is tried again, and when it rests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

MAX_ATTEMPTS = 8
"""After this many failures a delivery is dead until a person sends it again."""

LEASE = timedelta(seconds=20)
"""How long a sent message may take before the relay sends it again: a worker may have died with it."""

KEEP_DONE = timedelta(days=30)
"""How long a delivery is kept after it was done. The event itself stays."""

_FIRST_DELAY = timedelta(seconds=2)
_LONGEST_DELAY = timedelta(minutes=10)


class DeliveryStatus(StrEnum):
    """What has become of an event at one handler."""

    PENDING = "PENDING"
    DONE = "DONE"
    DEAD = "DEAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event as a handler gets it: plain values, nothing to save by accident."""

    event_id: int
    kind: str
    staff_id: int | None
    order_id: int | None
    appointment_id: int | None
    customer_id: int | None
    actor_id: int | None
    data: Mapping[str, Any]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Leased:
    """A delivery that is ours to send for the time of LEASE."""

    delivery_id: int
    event_id: int
    handler: str


def retry_delay(attempts: int) -> timedelta:
    """How long to wait after the `attempts`-th failure: doubling from two seconds, at most ten minutes."""
    doublings = min(max(attempts - 1, 0), 20)
    return min(_FIRST_DELAY * float(2**doublings), _LONGEST_DELAY)


def is_exhausted(attempts: int) -> bool:
    """Whether no further try is made."""
    return attempts >= MAX_ATTEMPTS
