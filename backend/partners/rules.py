"""What partners are told, in which form, when again, and where never. The form follows the Standard Webhooks spec."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from backend.core.networks import is_public
from backend.core.viewer import Scope
from backend.events.rules import Happened

API_VERSION = "2026-11-21"
"""Of the body's form; another one is given a new name, and endpoints keep theirs."""

MAX_URL = 500
MAX_BODY_KEPT = 2_000
"""Characters of an answer that the log keeps."""

LEASE = timedelta(seconds=60)
"""How long a worker may be at one delivery before another takes the endpoint over: the first may have died."""

RETRIES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 300, 900, 1800, 3600, 7200, 10800, 14400, 21600, 25200)
)
"""What lies between the tries of one delivery: thirteen in all, the last a day after the first."""

MAX_ATTEMPTS = len(RETRIES) + 1
_LONGEST_WAIT = timedelta(hours=24)
"""A Retry-After beyond this is not believed."""

_FIRST_REST, _LONGEST_REST = timedelta(seconds=5), timedelta(minutes=15)
PAUSE_AFTER = timedelta(hours=24)
"""An endpoint that did nothing but fail for this long is paused."""

REFUSALS_TO_PAUSE = 20
"""So many refusals in a row (answers 400 to 499) pause it at once: it is there, and does not want us."""

OUTAGE = 3
"""After so many failures in a row the first success brings everything forward that waits for a later try."""

KEEP = timedelta(days=30)
"""How long the delivery log goes back; what waits for a paused endpoint for longer is dropped, too."""

TEST = "webhook.test"
"""The kind of what `sendTestWebhook` sends. Nothing in the log is called so."""


class EndpointState(StrEnum):
    """Whether an endpoint is sent to."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    DISABLED = "DISABLED"


class WebhookStatus(StrEnum):
    """Where a delivery stands."""

    WAITING = "WAITING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


_ORDERS = (
    "order.placed order.changed order.staff_assigned order.confirmed order.started order.completed order.cancelled "
    "order.change_requested order.change_approved order.change_rejected order.change_withdrawn "
    "appointment.booked appointment.confirmed appointment.moved appointment.on_the_way appointment.started "
    "appointment.completed appointment.cancelled appointment.no_show "
    "subscription.created subscription.confirmed subscription.paused subscription.resumed subscription.cancelled "
    "subscription.completed visit.unplaced visit.placed visit.completed visit.skipped"
)
_AVAILABILITY = (
    "staff.working_time_changed staff.offers_changed staff.areas_changed staff.time_off_recorded staff.time_off_erased"
)
_CATALOGUE = "service.changed service.approved"

TOLD: Mapping[str, Scope] = {
    **dict.fromkeys(_CATALOGUE.split(), Scope.CATALOGUE_READ),
    **dict.fromkeys(_AVAILABILITY.split(), Scope.AVAILABILITY_READ),
    **dict.fromkeys(_ORDERS.split(), Scope.ORDERS_READ),
}
"""Which events partners can be told of, and the scope that a partner needs for it. All others stay in the house."""

_IDS = {
    "order_id": "Order",
    "appointment_id": "Appointment",
    "customer_id": "Customer",
    "staff_id": "Staff",
    "service_id": "Service",
    "subscription_id": "SubscriptionPlan",
    "visit_id": "Visit",
    "order_item_id": "OrderItem",
    "change_request_id": "ChangeRequest",
}
_PLAIN = (
    "start",
    "end",
    "status",
    "fields",
    "by_office",
    "was_confirmed",
    "sequence",
    "resume_on",
    "planned",
    "arrives_at",
)
_INSTANTS = ("start", "end", "arrives_at")
_BEFORE = ("start", "end", "status", "staff_id")


def public_data(event: Happened) -> dict[str, Any]:
    """What an event's webhook says: ids as the API has them, times and states. Names, contacts and reasons never.

    Whoever may know more fetches it by the ids, with a key whose scopes decide.
    """
    columns = ("order_id", "appointment_id", "customer_id", "staff_id")
    known = {name: getattr(event, name) for name in columns} | dict(event.data)
    found = _told(known, (*_IDS, *_PLAIN))
    if "previous" in event.data:
        before = event.data["previous"]
        found["previous"] = None if before is None else _told(before, _BEFORE)
    return found


def _told(known: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in names:
        if name in known:
            told[_camel(name)] = _public(name, known[name])
    return told


def _public(name: str, value: Any) -> Any:
    """Ids as the API has them, instants in one form wherever they stand: facts keep them in two."""
    if name in _IDS and value is not None:
        return global_id(_IDS[name], value)
    return value.replace("+00:00", "Z") if name in _INSTANTS and isinstance(value, str) else value


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)


def global_id(kind: str, number: int) -> str:
    """The id that the API knows a row by."""
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


def body_of(*, message_id: str, kind: str, occurred_at: datetime, data: Mapping[str, Any]) -> str:
    """What is posted: the same bytes at every try, for they are signed."""
    told = {
        "id": message_id,
        "type": kind,
        "occurredAt": occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "apiVersion": API_VERSION,
        "data": data,
    }
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)


def subject_of(event: Happened) -> str:
    """What an event is about: of one subject, a later event is never told before an earlier one."""
    for name, value in (
        ("order", event.order_id),
        ("appointment", event.appointment_id),
        ("subscription", event.data.get("subscription_id")),
        ("service", event.data.get("service_id")),
        ("customer", event.customer_id),
        ("staff", event.staff_id),
    ):
        if value is not None:
            return f"{name}:{value}"
    return ""


# --- Which kinds


def matches(patterns: Iterable[str], kind: str) -> bool:
    """Whether an endpoint wants a kind: `order.confirmed` itself, `order.*`, or `*`."""
    return any(each in ("*", kind) or (each.endswith(".*") and kind.startswith(each[:-1])) for each in patterns)


def kinds_of(patterns: Iterable[str], scopes: Iterable[str]) -> frozenset[str]:
    """The kinds that an endpoint is told of: what it wants, as far as its partner may know it."""
    wanted, allowed = tuple(patterns), frozenset(scopes)
    return frozenset(kind for kind, scope in TOLD.items() if scope in allowed and matches(wanted, kind))


# --- Signing: https://github.com/standard-webhooks/standard-webhooks


def sign(secret: str, *, message_id: str, timestamp: int, body: str) -> str:
    """`v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64. `secret` is `whsec_` and 32 bytes in base64."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def headers_of(secrets: Iterable[str], *, message_id: str, now: datetime, body: str) -> dict[str, str]:
    """The headers that prove who sends; one signature for each secret that is good at `now`."""
    timestamp = int(now.timestamp())
    signatures = [sign(each, message_id=message_id, timestamp=timestamp, body=body) for each in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Rota-Webhooks/1",
        "Webhook-Id": message_id,
        "Webhook-Timestamp": str(timestamp),
        "Webhook-Signature": " ".join(signatures),
    }


# --- When again


def retry_delay(attempts: int, *, jitter: float, retry_after: timedelta | None = None) -> timedelta:
    """How long a delivery waits after its `attempts`-th failure: as listed, up to a fifth longer by `jitter` (0 to 1).

    What the receiver asks for in Retry-After is kept where it is longer, up to a day.
    """
    listed = RETRIES[min(max(attempts, 1), len(RETRIES)) - 1] * (1 + jitter / 5)
    return max(listed, min(retry_after or timedelta(), _LONGEST_WAIT))


def rest(failures: int, *, retry_after: timedelta | None = None) -> timedelta:
    """How long an endpoint is left alone after so many failures in a row: 5 s, doubling, at most 15 minutes."""
    doubled = min(_FIRST_REST * float(2 ** min(max(failures - 1, 0), 20)), _LONGEST_REST)
    return max(doubled, min(retry_after or timedelta(), _LONGEST_WAIT))


def why_pause(*, failing_since: datetime | None, refusals: int, now: datetime) -> str:
    """Why an endpoint should be paused; empty where it should not."""
    if refusals >= REFUSALS_TO_PAUSE:
        return f"It refused {refusals} deliveries in a row."
    if failing_since is not None and now - failing_since >= PAUSE_AFTER:
        return f"Every delivery has failed since {failing_since.astimezone(UTC):%Y-%m-%d %H:%M} UTC."
    return ""


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint has been doing lately."""

    failures: int = 0
    refusals: int = 0
    failing_since: datetime | None = None

    def after_failure(self, status: int | None, now: datetime) -> "Health":
        """One failure more; `status` is the answer's, None where there was none."""
        refused = status is not None and 400 <= status < 500 and status not in (408, 409, 425, 429)
        return Health(self.failures + 1, self.refusals + 1 if refused else 0, self.failing_since or now)


# --- Where to


_INNER_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa", "localdomain", "test")
_PORTS = (None, 443, 8443)


def fault_of_url(url: str) -> str | None:
    """What is wrong with the address of an endpoint, as a sentence; None where it may be tried.

    Whether its name leads to a public network is found out at each delivery, when the connection is made.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is no URL."
    if parts.scheme != "https":
        return "Webhooks are sent by https only."
    if parts.username is not None or parts.password is not None:
        return "Leave user and password out: deliveries are signed."
    if parts.fragment:
        return "Leave the fragment out."
    if port not in _PORTS:
        return "Webhooks are sent to the ports 443 and 8443 only."
    return _fault_of_host(parts.hostname or "")


def _fault_of_host(host: str) -> str | None:
    try:
        return None if is_public(host) else "This address is not public."
    except ValueError:
        pass
    name = host.rstrip(".").lower()
    if "." not in name or any(name == each or name.endswith(f".{each}") for each in _INNER_NAMES):
        return "This is not the name of a public host."
    if name.rpartition(".")[2].isdigit() or not name.isascii():
        return "This is not the name of a host; write other letters in punycode."
    return None
