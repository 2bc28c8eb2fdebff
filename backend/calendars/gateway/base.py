"""What every adapter does, in plain values."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

Secrets = dict[str, Any]
"""What lets us in, as it is sealed: tokens, or a user name and a password."""

KeepSecrets = Callable[[Secrets], None]
"""Commits new secrets. Called before they are used: a provider that rotates them takes the old ones away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What should stand in a calendar. `key` is our own id of it: 32 characters of base32hex."""

    key: str
    summary: str
    description: str
    location: str
    start: datetime
    end: datetime
    reminder_minutes: int | None


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry as the provider knows it."""

    external_id: str
    etag: str


@dataclass(frozen=True, slots=True)
class Account:
    """Which calendar we were let into."""

    name: str
    calendar_id: str


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """[start, end) in UTC."""

    start: datetime
    end: datetime


class CalendarGateway(Protocol):
    """One calendar. Everything raises GatewayError, or what of it errors.py tells apart."""

    def connect(self) -> Account:
        """Turn what its owner gave us into lasting access, and say which calendar it is."""

    def create(self, entry: Entry) -> Placed:
        """Put it there. EventExists where its key was used before."""

    def find(self, key: str) -> Placed | None:
        """The entry with this key of ours, deleted ones included where the provider still knows them."""

    def update(self, entry: Entry, placed: Placed) -> Placed:
        """Write it anew. EventChanged where it is not as we left it; EventGone."""

    def delete(self, external_id: str) -> None:
        """Take it away; one that is gone already is no error."""

    def busy(self, start: datetime, end: datetime, *, ours: frozenset[str]) -> list[Period]:
        """When its owner is busy in [start, end), without the entries whose external ids are `ours`."""

    def revoke(self) -> None:
        """Give the access back; nothing to give back is no error."""


class _GatewayClass(Protocol):
    def __call__(
        self, *, secrets: Secrets, calendar_id: str, server_url: str, keep: KeepSecrets, now: datetime
    ) -> CalendarGateway: ...


ways_out: dict[str, _GatewayClass] = {}
"""By provider. Each adapter enters itself."""
