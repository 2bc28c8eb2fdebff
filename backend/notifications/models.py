"""What was told to whom."""

from django.db import models

from backend.core.choices import choices_of, one_of
from backend.notifications.rules import Failure, MessageKind, MessageStatus


class Message(models.Model):
    """What mails and short messages have in common: written with the event's effect, then sent."""

    event = models.ForeignKey(
        "events.Event",
        on_delete=models.SET_NULL,
        null=True,
        related_name="%(class)ss",
        help_text="What it tells of; empty for what the clock told, and once the log is pruned.",
    )
    kind = models.CharField(max_length=32, choices=choices_of(MessageKind), help_text="Which template.")
    user = models.ForeignKey(
        "accounts.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The account of who gets it; empty for guests and the office.",
    )
    recipient_name = models.CharField(max_length=200, blank=True, help_text="Name of who gets it.")
    language = models.CharField(max_length=8, default="en", help_text="The language that it is written in.")
    appointment = models.ForeignKey(
        "scheduling.Appointment",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The visit that a reminder is about.",
    )
    visit_start = models.DateTimeField(
        null=True, blank=True, help_text="When that visit starts, in UTC; at another time nobody is reminded of it."
    )
    status = models.CharField(
        max_length=16, choices=choices_of(MessageStatus), default=MessageStatus.QUEUED, help_text="Where it stands."
    )
    failure = models.CharField(
        max_length=16, choices=choices_of(Failure), blank=True, help_text="What its last failure means; empty for none."
    )
    attempts = models.PositiveIntegerField(default=0, help_text="Tries so far.")
    due_at = models.DateTimeField(help_text="When it is sent next, in UTC.")
    last_error = models.TextField(blank=True, help_text="Why the last try failed.")
    created_at = models.DateTimeField(help_text="When it was written, in UTC.")
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When it was handed over, in UTC.")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient}"  # type: ignore[attr-defined]


class EmailLog(Message):
    """One mail. At most one per event, kind and person."""

    recipient = models.EmailField(help_text="Who gets it.")
    subject = models.CharField(max_length=300, help_text="Subject line.")
    text = models.TextField(help_text="Plain-text body; emptied once sent where it lets somebody in.")
    html = models.TextField(blank=True, help_text="HTML body; emptied like the text.")
    message_id = models.CharField(
        max_length=120, unique=True, help_text="Message-ID: the same however often it is sent."
    )

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "kind", "recipient"], name="email_once_per_event_and_person"),
            one_of("status", MessageStatus, "email_status_known"),
            one_of("kind", MessageKind, "email_kind_known"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="email_due", condition=models.Q(status__in=["QUEUED", "SENDING"])),
            models.Index(fields=["user", "created_at", "id"], name="email_of_user"),
            models.Index(fields=["created_at", "id"], name="email_by_age"),
        ]
