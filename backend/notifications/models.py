"""What was told to whom."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from backend.core.audit import audited
from backend.core.choices import choices_of, one_of
from backend.core.languages import LANGUAGES
from backend.notifications.rules import LEADS, Failure, MessageGroup, MessageKind, MessageStatus, Wording


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
        help_text="The visit, of what is true of it for a while only.",
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
    calendars = models.JSONField(
        default=list, blank=True, help_text="Calendar files that go with it: their method and content."
    )
    unsubscribe = models.CharField(
        max_length=500, blank=True, help_text="Address that ends messages of this kind; empty for what must be told."
    )
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


class SmsLog(Message):
    """One short message. At most one per event, kind and person."""

    recipient = models.CharField(max_length=20, help_text="Phone of who gets it, E.164.")
    text = models.TextField(help_text="What it says.")
    segments = models.PositiveIntegerField(default=1, help_text="How many messages the provider charges for it.")
    reference = models.CharField(max_length=120, unique=True, help_text="The same however often it is written.")
    provider_id = models.CharField(max_length=64, blank=True, help_text="What the provider calls it, once sent.")

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "SMS"
        verbose_name_plural = "SMS log"
        constraints = [
            one_of("status", MessageStatus, "sms_status_known"),
            one_of("kind", MessageKind, "sms_kind_known"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="sms_due", condition=Q(status__in=["QUEUED", "SENDING"])),
            models.Index(fields=["user", "created_at", "id"], name="sms_of_user"),
            models.Index(fields=["created_at", "id"], name="sms_by_age"),
        ]


@audited(personal=["email"])
class NotificationPreference(models.Model):
    """By which ways somebody wants to be told, and when not. Whoever has no row is told everything."""

    user = models.OneToOneField(
        "accounts.User",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="notification_preference",
        help_text="Whose it is; empty for a guest's.",
    )
    email = models.EmailField(blank=True, help_text="The guest's e-mail, lower case; empty for an account's.")
    no_mail = ArrayField(
        models.CharField(max_length=16, choices=choices_of(MessageGroup)),
        default=list,
        blank=True,
        help_text="Groups of messages that don't come by e-mail.",
    )
    no_sms = ArrayField(
        models.CharField(max_length=16, choices=choices_of(MessageGroup)),
        default=list,
        blank=True,
        help_text="Groups of messages that don't come by SMS.",
    )
    quiet_from = models.TimeField(null=True, blank=True, help_text="Since when it is quiet, on the person's wall.")
    quiet_until = models.TimeField(null=True, blank=True, help_text="Until when; over midnight where it is earlier.")
    updated_at = models.DateTimeField(help_text="When it last changed, in UTC.")

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="preference_one_per_email"),
            models.CheckConstraint(
                condition=Q(user=None) & ~Q(email="") | Q(user__isnull=False, email=""),
                name="preference_of_user_or_guest",
            ),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=models.F("quiet_until")),
                name="preference_quiet_from_and_until",
            ),
        ]

    def __str__(self) -> str:
        return f"Preferences of {self.email or self.user_id}"


class Reminder(models.Model):
    """That somebody was reminded of a visit at this time. Moved, it is another; nobody is reminded of one twice."""

    appointment = models.ForeignKey(
        "scheduling.Appointment", on_delete=models.CASCADE, related_name="reminders", help_text="The visit."
    )
    kind = models.CharField(max_length=32, help_text="Which of the reminders.")
    start = models.DateTimeField(help_text="When the visit was to start, in UTC.")
    created_at = models.DateTimeField(help_text="When it was written, in UTC.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["appointment", "kind", "start"], name="reminder_once"),
            one_of("kind", [kind for kind, _ in LEADS], "reminder_kind_known"),
        ]
        indexes = [models.Index(fields=["created_at"], name="reminder_by_age")]

    def __str__(self) -> str:
        return f"{self.kind} of visit {self.appointment_id}"


@audited()
class MessageTemplate(models.Model):
    """Words of the office's own for one kind of message in one language, instead of those that come with Rota."""

    kind = models.CharField(max_length=32, choices=choices_of(MessageKind), help_text="Which message.")
    language = models.CharField(
        max_length=8, choices=[(code, code) for code in LANGUAGES], help_text="In which language."
    )
    subject = models.CharField(max_length=300, help_text="Subject line.")
    text = models.TextField(
        help_text="The message, without greeting and signature. A blank line ends a paragraph; lines that begin with "
        "two spaces are rows of a list."
    )
    html = models.TextField(
        blank=True, help_text="The same as HTML, inside the common layout; empty: it is made of the text."
    )
    link = models.CharField(max_length=100, blank=True, help_text="What the button says; empty: there is none.")
    sms = models.CharField(max_length=500, blank=True, help_text="What is texted; empty: nothing is.")
    is_active = models.BooleanField(default=True, help_text="Whether it is used; else the shipped words are.")
    updated_at = models.DateTimeField(help_text="When it last changed, in UTC.")

    class Meta:
        ordering = ["kind", "language"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "language"], name="template_one_per_kind_and_language"),
            one_of("kind", MessageKind, "template_kind_known"),
            models.CheckConstraint(condition=Q(language__in=LANGUAGES), name="template_language_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.language})"

    @property
    def wording(self) -> Wording:
        """As what it is rendered."""
        return Wording(subject=self.subject, text=self.text, html=self.html, link=self.link, sms=self.sms)
