"""The mails in the back office."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from backend.core.admin import ActionAdmin, DatesFilter, ReadOnlyAdmin, RowAction
from backend.core.business import business
from backend.core.languages import LANGUAGES
from backend.core.viewer import Viewer
from backend.notifications.actions import (
    Rendered,
    Voice,
    delete_template,
    preview,
    save_template,
    send_email_again,
    send_sms_again,
    send_test,
    translated_wording,
)
from backend.notifications.models import EmailLog, MessageTemplate, NotificationPreference, Reminder, SmsLog
from backend.notifications.queries import (
    emails_visible_to,
    preferences_visible_to,
    sms_visible_to,
    templates_visible_to,
)
from backend.notifications.rules import SECRET_KINDS, MessageKind, MessageStatus, Wording, sample_values


@admin.register(MessageTemplate)
class MessageTemplateAdmin(ActionAdmin):
    """Words of one's own: begun from the shipped ones, checked when saved, shown as they will arrive."""

    icon = "edit_note"
    list_display = ["kind", "language", "subject", "is_active", "updated_at"]
    list_filter = ["language", "is_active", "kind"]
    search_fields = ["kind", "subject", "text"]
    fields = ["kind", "language", "subject", "text", "html", "link", "sms", "is_active", "variables", "preview"]
    readonly_fields = ["variables", "preview"]
    list_before_template = "notifications/shipped_templates.html"
    row_actions = [
        RowAction(
            name="send_test",
            label="Send me a test",
            done="on its way to you",
            act=lambda viewer, row, now, _: send_test(viewer=viewer, template_id=row.pk, now=now),
        ),
        RowAction(
            name="delete",
            label="Delete",
            done="deleted: the shipped words are used",
            style="danger",
            act=lambda viewer, row, now, _: delete_template(viewer=viewer, template_id=row.pk),
        ),
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return templates_visible_to(viewer)

    def write(self, *, viewer: Viewer, row: Any, values: Mapping[str, Any], now: datetime) -> Model:
        parts = ("subject", "text", "html", "link", "sms")
        return save_template(
            viewer=viewer,
            template_id=None if row is None else row.pk,
            kind=MessageKind(values["kind"]),
            language=values["language"],
            wording=Wording(**{part: values[part] for part in parts}),
            is_active=values["is_active"],
            now=now,
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """`?kind=…&language=…` begins with the shipped words."""
        kind, language = request.GET.get("kind", ""), request.GET.get("language", "")
        if kind not in list(MessageKind) or language not in LANGUAGES:
            return {}
        shipped = translated_wording(MessageKind(kind), Voice(language, business().zone))
        return {"kind": kind, "language": language, "is_active": True} | asdict(shipped)

    @admin.display(description="Variables, and examples of them")
    def variables(self, row: MessageTemplate | None) -> SafeString | str:
        if row is None or not row.kind:
            return "Save first, or begin from a shipped message in the list."
        samples = sorted(sample_values(MessageKind(row.kind)).items())
        return format_html_join("", "<code>{{{{ {} }}}}</code> {}<br>", samples)

    @admin.display(description="As it arrives")
    def preview(self, row: MessageTemplate | None) -> SafeString | str:
        if row is None or row.pk is None:
            return "-"
        words = preview(MessageKind(row.kind), Voice(row.language, business().zone), row.wording)
        return _frame(words)

    def get_urls(self) -> list[URLPattern]:
        shipped = path(
            "shipped/<str:kind>/<str:language>/", self.admin_site.admin_view(self.shipped_view), name="shipped_message"
        )
        return [shipped, *super().get_urls()]

    def shipped_view(self, request: HttpRequest, kind: str, language: str) -> HttpResponse:
        """A message that comes with Rota, filled with examples."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if kind not in list(MessageKind) or language not in LANGUAGES:
            raise Http404("There is no such message.")
        words = preview(MessageKind(kind), Voice(language, business().zone))
        address = reverse("admin:notifications_messagetemplate_add")
        begin = format_html('<p><a href="{}?kind={}&language={}">Change these words</a></p>', address, kind, language)
        return HttpResponse(format_html("<!doctype html><title>{}</title>{}{}", words.subject, begin, _frame(words)))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """With links to what comes with Rota."""
        context = {"kinds": list(MessageKind), "languages": LANGUAGES, **(extra_context or {})}
        return super().changelist_view(request, context)


def _frame(words: Rendered) -> SafeString:
    """The page in a frame without rights, and the texts beside it."""
    return format_html(
        '<p><b>{}</b></p><iframe sandbox srcdoc="{}" style="width:100%;height:36rem;border:1px solid #ddd"></iframe>'
        "<pre>{}</pre><pre>{}</pre>",
        words.subject,
        escape(words.html),
        words.text,
        words.sms,
    )


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
