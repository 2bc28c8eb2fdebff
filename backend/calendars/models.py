"""Calendars that people keep elsewhere, the entries that we made there, and addresses to subscribe to."""

from django.db import models
from django.db.models import Q

from backend.calendars.rules import CalendarSettings, ConnectionState, EventState, Provider
from backend.core.audit import audited
from backend.core.choices import choices_of, one_of


@audited(
    secret=["sealed", "nonce_hash"],
    personal=["account"],
    ignored=[
        "due_at",
        "rest_until",
        "leased_until",
        "lease",
        "replan",
        "failures",
        "progress_total",
        "progress_done",
        "synced_at",
    ],
)
class CalendarConnection(models.Model):
    """Somebody's calendar at a provider, kept equal to their visits."""

    user = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, related_name="calendar_connections", help_text="Whose calendar."
    )
    provider = models.CharField(max_length=16, choices=choices_of(Provider), help_text="With whom it is.")
    state = models.CharField(
        max_length=16,
        choices=choices_of(ConnectionState),
        default=ConnectionState.AUTHORIZING,
        help_text="How far we are with it.",
    )
    account = models.CharField(max_length=254, blank=True, help_text="What the provider calls the account.")
    server_url = models.CharField(max_length=500, blank=True, help_text="The CalDAV server; empty for the others.")
    calendar_id = models.CharField(max_length=1000, blank=True, help_text="Which of the account's calendars.")
    settings = models.JSONField(default=dict, blank=True, help_text="How it is kept.")
    sealed = models.TextField(blank=True, help_text="What lets us in, encrypted.")
    nonce_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the nonce that is awaited back.")
    awaited_until = models.DateTimeField(null=True, blank=True, help_text="Until when its owner may agree, in UTC.")
    last_error = models.CharField(max_length=500, blank=True, help_text="What went wrong last.")
    failures = models.PositiveIntegerField(default=0, help_text="How often in a row it went wrong.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="When there is something to do, in UTC.")
    replan = models.BooleanField(default=False, help_text="Whether all visits are to be looked at, not the changed.")
    rest_until = models.DateTimeField(null=True, blank=True, help_text="Until when the provider is left alone, in UTC.")
    leased_until = models.DateTimeField(null=True, blank=True, help_text="Until when a worker has it, in UTC.")
    lease = models.PositiveIntegerField(default=0, help_text="Counts the workers that had it.")
    progress_total = models.PositiveIntegerField(default=0, help_text="Entries that the present sync looks at.")
    progress_done = models.PositiveIntegerField(default=0, help_text="Of these, how many it has dealt with.")
    synced_at = models.DateTimeField(null=True, blank=True, help_text="When it was last equal to the visits, in UTC.")
    created_at = models.DateTimeField(help_text="When it was asked for, in UTC.")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            one_of("provider", Provider, "calendar_provider_known"),
            one_of("state", ConnectionState, "calendar_state_known"),
            models.CheckConstraint(
                condition=~Q(state=ConnectionState.CONNECTED.value) | ~Q(sealed=""), name="calendar_connected_has_key"
            ),
            models.CheckConstraint(
                condition=Q(nonce_hash="") | Q(state=ConnectionState.AUTHORIZING.value),
                name="calendar_nonce_only_while_awaited",
            ),
            models.UniqueConstraint(
                fields=["user", "provider", "account", "calendar_id"],
                condition=Q(state=ConnectionState.CONNECTED.value),
                name="calendar_connected_once",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="calendar_of_user"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="calendar_due"),
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} calendar {self.account or self.pk}"

    @property
    def wishes(self) -> CalendarSettings:
        """How it is kept."""
        return CalendarSettings.from_json(self.settings)


@audited(ignored=["etag", "revision", "fingerprint"])
class CalendarEvent(models.Model):
    """A visit's entry in one calendar. Each person has their own, at whichever provider."""

    appointment = models.ForeignKey(
        "scheduling.Appointment", on_delete=models.CASCADE, related_name="calendar_events", help_text="The visit."
    )
    connection = models.ForeignKey(
        CalendarConnection, on_delete=models.CASCADE, related_name="events", help_text="In which calendar."
    )
    generation = models.PositiveIntegerField(default=0, help_text="Counts how often it had to be made anew.")
    external_id = models.CharField(max_length=1000, blank=True, help_text="What the provider calls it.")
    etag = models.CharField(max_length=300, blank=True, help_text="The provider's mark of what we wrote last.")
    fingerprint = models.CharField(max_length=64, blank=True, help_text="SHA-256 of what we wrote last.")
    state = models.CharField(
        max_length=16, choices=choices_of(EventState), default=EventState.DIRTY, help_text="How it stands."
    )
    revision = models.PositiveIntegerField(default=1, help_text="Counts what happened to the visit.")
    synced_at = models.DateTimeField(null=True, blank=True, help_text="When it was written last, in UTC.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["appointment", "connection"], name="calendar_event_once"),
            one_of("state", EventState, "calendar_event_state_known"),
        ]
        indexes = [
            models.Index(
                fields=["connection", "id"], condition=Q(state=EventState.DIRTY.value), name="calendar_event_dirty"
            )
        ]

    def __str__(self) -> str:
        return f"Entry of appointment {self.appointment_id}"


@audited(secret=["token_hash"], personal=["name"], ignored=["last_used_at", "etag", "changed_at"])
class CalendarFeed(models.Model):
    """A secret address at which calendar programs read somebody's visits. Only a hash of the secret is kept."""

    user = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, related_name="calendar_feeds", help_text="Whose visits."
    )
    name = models.CharField(max_length=100, help_text="What its owner calls it.")
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret in the address.")
    etag = models.CharField(max_length=64, blank=True, help_text="Mark of what was read last.")
    changed_at = models.DateTimeField(help_text="When what is read last changed, in UTC.")
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="When it was last read, in UTC.")
    revoked_at = models.DateTimeField(null=True, blank=True, help_text="When it was taken back, in UTC.")
    created_at = models.DateTimeField(help_text="When it was made, in UTC.")

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["user", "-created_at"], name="calendar_feed_of_user")]

    def __str__(self) -> str:
        return self.name
