"""What was told to whom."""

from django.db import models

from backend.core.choices import choices_of, one_of
from backend.notifications.rules import EmailKind, EmailStatus


class EmailLog(models.Model):
    """One mail: written with the event's effect, then sent. At most one per event, kind and person."""

    event = models.ForeignKey(
        "events.Event",
        on_delete=models.SET_NULL,
        null=True,
        related_name="emails",
        help_text="What it tells of; empty once the log is pruned.",
    )
    kind = models.CharField(max_length=32, choices=choices_of(EmailKind), help_text="Which template.")
    recipient = models.EmailField(help_text="Who gets it.")
    recipient_name = models.CharField(max_length=200, blank=True, help_text="Name of who gets it.")
    subject = models.CharField(max_length=300, help_text="Subject line.")
    text = models.TextField(help_text="Plain-text body; emptied once sent where it lets somebody in.")
    html = models.TextField(blank=True, help_text="HTML body; emptied like the text.")
    message_id = models.CharField(
        max_length=120, unique=True, help_text="Message-ID: the same however often it is sent."
    )
    status = models.CharField(
        max_length=16, choices=choices_of(EmailStatus), default=EmailStatus.QUEUED, help_text="Where it stands."
    )
    attempts = models.PositiveIntegerField(default=0, help_text="Tries so far.")
    due_at = models.DateTimeField(help_text="When it is sent next, in UTC.")
    last_error = models.TextField(blank=True, help_text="Why the last try failed.")
    created_at = models.DateTimeField(help_text="When it was written, in UTC.")
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When it was handed over, in UTC.")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "kind", "recipient"], name="email_once_per_event_and_person"),
            one_of("status", EmailStatus, "email_status_known"),
            one_of("kind", EmailKind, "email_kind_known"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="email_due", condition=models.Q(status__in=["QUEUED", "SENDING"])),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient}"
