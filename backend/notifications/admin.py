"""The mails in the back office."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.accounts.queries import viewer_for_user
from backend.core import clock
from backend.core.errors import Refusal
from backend.notifications.actions import send_email_again
from backend.notifications.models import EmailLog
from backend.notifications.rules import SECRET_KINDS


@admin.register(EmailLog)
class EmailLogAdmin(admin.ModelAdmin[EmailLog]):
    """What was told to whom; failed mails can be sent again."""

    list_display = ["id", "kind", "recipient", "subject", "status", "attempts", "created_at", "sent_at"]
    list_filter = ["status", "kind", "created_at"]
    search_fields = ["recipient", "recipient_name", "subject", "=event__order_id"]
    raw_id_fields = ["event"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    actions = ["send_again"]

    def get_exclude(self, request: HttpRequest, obj: EmailLog | None = None) -> list[str] | None:
        """A link that lets somebody in is for its recipient alone."""
        return ["text", "html"] if obj is not None and obj.kind in SECRET_KINDS else None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Send again")
    def send_again(self, request: HttpRequest, queryset: QuerySet[EmailLog]) -> None:
        """Each by itself: one that has not failed holds up no other."""
        viewer = viewer_for_user(request.user.pk or 0)
        sent = 0
        for email_id in queryset.values_list("pk", flat=True):
            try:
                send_email_again(viewer=viewer, email_id=email_id, now=clock.now())
                sent += 1
            except Refusal as refusal:
                self.message_user(request, f"Mail {email_id}: {refusal}", messages.WARNING)
        self.message_user(request, f"{sent} queued again.")
