"""Partners, their keys, and where they are told what happens."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from backend.core.audit import audited
from backend.core.choices import choices_of, one_of
from backend.core.viewer import Scope
from backend.partners.rules import EndpointState, WebhookStatus


@audited(personal=["contact_name", "contact_email"])
class Partner(models.Model):
    """A business whose programs work with ours."""

    name = models.CharField(max_length=120, help_text="What it is called.")
    contact_name = models.CharField(max_length=120, blank=True, help_text="Whom to ask there.")
    contact_email = models.CharField(max_length=254, help_text="Where to write to.")
    scopes = ArrayField(
        models.CharField(max_length=32, choices=choices_of(Scope)),
        help_text="What its keys can be good for at most, and what its webhooks may tell.",
    )
    is_active = models.BooleanField(default=True, help_text="Without this no key works and nothing is sent.")
    created_at = models.DateTimeField(help_text="When it was made, in UTC.")

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="partner_name_unique")]

    def __str__(self) -> str:
        return self.name


@audited(secret=["key_hash"], ignored=["last_used_at"])
class ApiKey(models.Model):
    """What a partner's program signs in with: `rk_<prefix>_<32 random bytes>`, shown once and kept as a hash."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="api_keys", help_text="Whose it is.")
    name = models.CharField(max_length=120, help_text="What it is for.")
    prefix = models.CharField(
        max_length=16, unique=True, editable=False, help_text="Its beginning, to tell keys apart."
    )
    key_hash = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the whole key.")
    scopes = ArrayField(
        models.CharField(max_length=32, choices=choices_of(Scope)),
        help_text="What it is good for, as far as its partner is.",
    )
    created_at = models.DateTimeField(help_text="When it was made, in UTC.")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="When it ends by itself, in UTC; null: never.")
    last_used_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was last used, to five minutes, in UTC."
    )
    revoked_at = models.DateTimeField(null=True, blank=True, help_text="When it was revoked, in UTC.")

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"


@audited(
    secret=["secret", "previous_secret"],
    ignored=["failures", "refusals", "failing_since", "rests_until", "leased_until", "lease"],
)
class WebhookEndpoint(models.Model):
    """Where a partner is told of events, and how that has been going."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="endpoints", help_text="Whose it is.")
    url = models.CharField(max_length=500, help_text="Where deliveries are posted to.")
    kinds = ArrayField(
        models.CharField(max_length=64), help_text="What it is told of: `order.confirmed`, `order.*`, or `*` for all."
    )
    state = models.CharField(
        max_length=16,
        choices=choices_of(EndpointState),
        default=EndpointState.ACTIVE,
        help_text="Active; paused, while what happens waits; or disabled, and nothing waits.",
    )
    state_reason = models.CharField(max_length=200, blank=True, help_text="Why it is not active.")
    secret = models.TextField(editable=False, help_text="What deliveries are signed with, sealed.")
    previous_secret = models.TextField(blank=True, editable=False, help_text="The one before, sealed.")
    previous_until = models.DateTimeField(
        null=True, blank=True, help_text="Until when deliveries are signed with the one before as well, in UTC."
    )
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="Failures in a row.")
    refusals = models.PositiveIntegerField(default=0, editable=False, help_text="Of these, the last refusals in a row.")
    failing_since = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the first of these failures was, in UTC."
    )
    rests_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="It is left alone until then, in UTC."
    )
    leased_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="A worker is at it until then, in UTC."
    )
    lease = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="Counts leases: only the last one holds."
    )
    created_at = models.DateTimeField(help_text="When it was made, in UTC.")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [one_of("state", EndpointState, "webhook_endpoint_state_known")]

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One event on its way to one endpoint. `position` orders those of one subject."""

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", help_text="Where to."
    )
    event_id = models.BigIntegerField(null=True, blank=True, help_text="The event that it tells of; null for a test.")
    message_id = models.CharField(max_length=64, unique=True, help_text="Webhook-Id: the same at every try.")
    kind = models.CharField(max_length=64, help_text="What happened: `order.confirmed`.")
    subject = models.CharField(max_length=64, blank=True, help_text="What it is about; empty where order is no matter.")
    position = models.BigIntegerField(default=0, help_text="Its place among those of one subject.")
    body = models.TextField(help_text="What is posted.")
    status = models.CharField(
        max_length=16,
        choices=choices_of(WebhookStatus),
        default=WebhookStatus.WAITING,
        help_text="Waiting for its turn or its next try, delivered, or given up.",
    )
    attempts = models.PositiveIntegerField(default=0, help_text="Tries so far.")
    due_at = models.DateTimeField(help_text="When it is tried next, in UTC.")
    tried_at = models.DateTimeField(null=True, blank=True, help_text="When it was last tried, in UTC.")
    response_status = models.PositiveIntegerField(null=True, blank=True, help_text="HTTP status of the last answer.")
    response_body = models.TextField(blank=True, help_text="The beginning of the last answer.")
    duration_ms = models.PositiveIntegerField(null=True, blank=True, help_text="How long the last try took.")
    error = models.CharField(max_length=500, blank=True, help_text="Why the last try had no answer.")
    delivered_at = models.DateTimeField(null=True, blank=True, help_text="When it was taken, in UTC.")
    created_at = models.DateTimeField(help_text="When it was written, in UTC.")

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "webhook deliveries"
        constraints = [
            # However often the event's message comes: an endpoint is told of it once.
            models.UniqueConstraint(
                fields=["endpoint", "event_id"], condition=~Q(event_id=None), name="webhook_delivery_once"
            ),
            one_of("status", WebhookStatus, "webhook_delivery_status_known"),
            models.CheckConstraint(
                condition=~Q(status="DELIVERED") | Q(delivered_at__isnull=False), name="webhook_delivery_has_its_time"
            ),
        ]
        indexes = [
            models.Index(fields=["endpoint", "due_at"], name="webhook_due", condition=Q(status="WAITING")),
            models.Index(
                fields=["endpoint", "subject", "position"], name="webhook_turn", condition=Q(status="WAITING")
            ),
            models.Index(fields=["created_at"], name="webhook_delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"
