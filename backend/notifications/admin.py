"""The mails in the back office."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.core.admin import DatesFilter, ReadOnlyAdmin, RowAction
from backend.core.viewer import Viewer
from backend.notifications.actions import send_email_again, send_sms_again
from backend.notifications.models import EmailLog, NotificationPreference, Reminder, SmsLog
from backend.notifications.queries import emails_visible_to, preferences_visible_to, sms_visible_to
from backend.notifications.rules import SECRET_KINDS, MessageStatus


@admin.register(SmsLog)
class SmsLogAdmin(ReadOnlyAdmin):
    """What was told to whose phone; failed messages can be sent again."""

    icon = "sms"
    list_display = ["id", "kind", "recipient", "text", "status", "attempts", "failure", "segments", "created_at"]
    list_filter = ["status", "failure", "kind", ("created_at", DatesFilter)]
    search_fields = ["recipient", "recipient_name", "=event__order_id"]
    date_hierarchy = "created_at"
    row_actions = [
        RowAction(
            name="send_again",
            label="Send again",
            done="queued again",
            act=lambda viewer, row, now, _: send_sms_again(viewer=viewer, sms_id=row.pk, now=now),
            offered=lambda row: row.status == MessageStatus.FAILED,
        )
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return sms_visible_to(viewer)


@admin.register(NotificationPreference)
class NotificationPreferenceAdmin(ReadOnlyAdmin):
    """How people want to be told: theirs to change."""

    icon = "notifications_paused"
    list_display = ["id", "user", "email", "no_mail", "no_sms", "quiet_from", "quiet_until", "updated_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "email"]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return preferences_visible_to(viewer)


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin):
    """Who was reminded of which visit, at which time it was to be."""

    icon = "alarm"
    list_display = ["id", "kind", "appointment", "start", "created_at"]
    list_select_related = ["appointment"]
    list_filter = ["kind", ("start", DatesFilter)]
    search_fields = ["=appointment__id"]


@admin.register(EmailLog)
class EmailLogAdmin(ReadOnlyAdmin):
    """What was told to whom; failed mails can be sent again."""

    icon = "mail"
    list_display = ["id", "kind", "recipient", "subject", "status", "attempts", "failure", "created_at", "sent_at"]
    list_filter = ["status", "failure", "kind", ("created_at", DatesFilter)]
    search_fields = ["recipient", "recipient_name", "subject", "=event__order_id"]
    date_hierarchy = "created_at"
    row_actions = [
        RowAction(
            name="send_again",
            label="Send again",
            done="queued again",
            act=lambda viewer, row, now, _: send_email_again(viewer=viewer, email_id=row.pk, now=now),
            offered=lambda row: row.status == MessageStatus.FAILED,
        )
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return emails_visible_to(viewer)

    def get_exclude(self, request: HttpRequest, obj: EmailLog | None = None) -> list[str] | None:
        """A link that lets somebody in is for its recipient alone."""
        return ["text", "html"] if obj is not None and obj.kind in SECRET_KINDS else None
