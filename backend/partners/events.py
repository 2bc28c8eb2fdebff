"""What happens to partners and their webhooks. Told to the office, never to partners."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerChanged(Fact):
    """A partner was made, or is another now."""

    kind: ClassVar[str] = "partner.changed"

    partner_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyChanged(Fact):
    """A key was handed out or revoked."""

    kind: ClassVar[str] = "partner.api_key_changed"

    partner_id: int
    api_key_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookFact(Fact):
    """What every fact about an endpoint tells."""

    partner_id: int
    endpoint_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChanged(WebhookFact):
    """An endpoint was made, changed, resumed, or got another secret."""

    kind: ClassVar[str] = "webhook.changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPaused(WebhookFact):
    """Nothing is sent until somebody resumes it; what happens meanwhile waits.

    `automatic` tells whether it failed for too long, or a person did it.
    """

    kind: ClassVar[str] = "webhook.paused"

    automatic: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDisabled(WebhookFact):
    """The receiver answered 410: it wants nothing more, and nothing waits for it."""

    kind: ClassVar[str] = "webhook.disabled"
