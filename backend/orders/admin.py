"""Orders in the back office: looked at here, changed by the same actions as everywhere else."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.accounts.queries import viewer_for_user
from backend.core import clock
from backend.core.admin import ReadOnlyAdmin
from backend.core.errors import AccessError, Refusal, Refusals
from backend.core.viewer import Viewer
from backend.orders.actions import approve_change, cancel_order, confirm_order, reject_change
from backend.orders.models import ChangeRequest, Order, OrderItem


class ReasonForm(ActionForm):
    """The choice of an action, and why: cancelling has to say."""

    reason = forms.CharField(required=False, max_length=500, label="Reason (to cancel):")


class ItemInline(admin.TabularInline[OrderItem, Order]):
    """The lines, with who comes when."""

    model = OrderItem
    fields = ["position", "service", "quantity", "unit_price", "total_price", "staff", "appointment"]
    readonly_fields = ["position", "service", "quantity", "unit_price", "total_price", "staff", "appointment"]
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderItem]:
        return super().get_queryset(request).select_related("service", "staff", "appointment")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin[Order]):
    """The inbox. Everything about an order hangs together, so nothing is edited field by field."""

    list_display = [
        "order_number",
        "status",
        "scheduled_date",
        "scheduled_time",
        "who",
        "postcode",
        "total",
        "created_at",
    ]
    list_filter = ["status", "payment_status", "scheduled_date", "is_guest_order"]
    list_select_related = ["customer"]
    search_fields = ["order_number", "guest_name", "guest_email", "customer__name", "customer__email", "postcode"]
    search_help_text = "Number, name, e-mail or postcode."
    date_hierarchy = "scheduled_date"
    ordering = ["-created_at", "-id"]
    show_full_result_count = False
    exclude = ["tracking_token"]
    inlines = [ItemInline]
    action_form = ReasonForm
    actions = ["confirm", "cancel"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="For", ordering="guest_name")
    def who(self, order: Order) -> str:
        return order.contact_name

    @admin.action(description="Confirm")
    def confirm(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Each by itself: one that can't be confirmed holds up no other."""

        def one(viewer: Viewer, order_id: int) -> Order:
            return confirm_order(viewer=viewer, order_id=order_id, now=clock.now())

        self._each(request, queryset, one, "confirmed")

    @admin.action(description="Cancel, for the reason given")
    def cancel(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Each by itself, all for the same reason."""
        reason = request.POST.get("reason", "")

        def one(viewer: Viewer, order_id: int) -> Order:
            return cancel_order(viewer=viewer, order_id=order_id, reason=reason, address="", now=clock.now())

        self._each(request, queryset, one, "cancelled")

    def _each(
        self, request: HttpRequest, queryset: QuerySet[Order], do: Callable[[Viewer, int], Order], done: str
    ) -> None:
        viewer = viewer_for_user(request.user.pk or 0)
        count = 0
        for order_id, number in queryset.order_by("created_at", "id").values_list("pk", "order_number"):
            try:
                do(viewer, order_id)
                count += 1
            except (Refusal, Refusals, AccessError) as refusal:
                self.message_user(request, f"{number}: {refusal}", messages.WARNING)
        self.message_user(request, f"{count} {done}.")


@admin.register(ChangeRequest)
class ChangeRequestAdmin(ReadOnlyAdmin):
    """Wishes for another time, decided by the same actions as everywhere else."""

    list_display = ["order", "requested_date", "requested_time", "status", "reason", "created_at"]
    list_filter = ["status", "requested_date"]
    list_select_related = ["order"]
    search_fields = ["order__order_number", "order__guest_email", "order__customer__email"]
    ordering = ["-created_at", "-id"]
    actions = ["approve", "reject"]

    @admin.action(description="Approve")
    def approve(self, request: HttpRequest, queryset: QuerySet[ChangeRequest]) -> None:
        def one(viewer: Viewer, row: ChangeRequest, now: datetime) -> object:
            return approve_change(viewer=viewer, change_id=row.pk, now=now)

        self.carry_out(request, queryset.select_related("order"), one, "approved")

    @admin.action(description="Reject")
    def reject(self, request: HttpRequest, queryset: QuerySet[ChangeRequest]) -> None:
        def one(viewer: Viewer, row: ChangeRequest, now: datetime) -> object:
            return reject_change(viewer=viewer, change_id=row.pk, now=now)

        self.carry_out(request, queryset.select_related("order"), one, "rejected")
