"""How a connection and its entries live, and when what failed is tried again."""

import base64
import hashlib
from datetime import timedelta
from enum import StrEnum

SYNC_BACK = timedelta(days=1)
"""A visit that was over longer ago is left as it stands in a calendar."""

SYNC_AHEAD = timedelta(days=366)
"""How far ahead calendars are kept."""

_FIRST_DELAY = timedelta(seconds=15)
_LONGEST_DELAY = timedelta(minutes=15)


class Provider(StrEnum):
    """With whom a calendar is. APPLE is any server that speaks CalDAV with a user name and an app password."""

    GOOGLE = "GOOGLE"
    OUTLOOK = "OUTLOOK"
    APPLE = "APPLE"


class ConnectionState(StrEnum):
    """How far we are with a calendar."""

    AUTHORIZING = "AUTHORIZING"
    """Its owner was sent to the provider to agree."""
    CONNECTING = "CONNECTING"
    """We were given what lets us in, and have not tried it."""
    CONNECTED = "CONNECTED"
    BROKEN = "BROKEN"
    """The provider lets us in no more."""
    DISCONNECTED = "DISCONNECTED"


class EventState(StrEnum):
    """How an entry stands in a calendar."""

    DIRTY = "DIRTY"
    """It may not be as it should."""
    SYNCED = "SYNCED"
    REMOVED = "REMOVED"


def event_key(*, whose: str, appointment_id: int, generation: int, installation: str) -> str:
    """The id of an entry that we give it ourselves, known before the provider is asked: 32 characters of base32hex.

    So a worker that dies between the provider's answer and our commit finds at its next try what it has made.
    """
    what = f"{installation}:{whose}:{appointment_id}:{generation}"
    digest = hashlib.sha256(what.encode()).digest()[:20]
    return base64.b32hexencode(digest).decode().lower()


def retry_delay(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: doubling from 15 seconds, at most a quarter of an hour."""
    return min(_FIRST_DELAY * float(2 ** min(max(failures - 1, 0), 10)), _LONGEST_DELAY)
