"""The event log and the dead letters in the back office."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.core import clock
from backend.core.errors import Refusal
from backend.core.viewer import Role, Viewer
from backend.events.actions import send_again
from backend.events.models import Delivery, Event
from backend.events.rules import DeliveryStatus


class ReadOnly(admin.ModelAdmin[Any]):
    """To be looked at: rows are made and changed by actions only."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DeliveryInline(admin.TabularInline[Delivery, Event]):
    """What became of an event at each handler."""

    model = Delivery
    fields = ["handler", "status", "attempts", "due_at", "done_at"]
    readonly_fields = ["handler", "status", "attempts", "due_at", "done_at"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Event)
class EventAdmin(ReadOnly):
    """The log, newest first."""

    list_display = ["id", "kind", "order_id", "appointment_id", "staff_id", "customer_id", "actor_id", "occurred_at"]
    list_filter = ["kind", "occurred_at"]
    search_fields = ["=order_id", "=appointment_id", "=request_id", "kind"]
    search_help_text = "Id of an order or an appointment, a request id, or part of a kind."
    ordering = ["-id"]
    show_full_result_count = False
    inlines = [DeliveryInline]


class StatusFilter(admin.SimpleListFilter):
    """By state; the dead ones unless asked otherwise, for they wait for a person."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("DEAD", "Dead"), ("PENDING", "Pending"), ("DONE", "Done"), ("ALL", "All")]

    def choices(self, changelist: Any) -> Any:
        chosen = self.value() or DeliveryStatus.DEAD
        for value, title in self.lookup_choices:
            yield {
                "selected": chosen == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        chosen = self.value() or DeliveryStatus.DEAD
        return queryset if chosen == "ALL" else queryset.filter(status=chosen)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    """Deliveries; opens on the dead letters."""

    list_display = ["id", "handler", "event", "status", "attempts", "due_at", "done_at"]
    list_filter = [StatusFilter, "handler"]
    list_select_related = ["event"]
    search_fields = ["handler", "=event__order_id", "=event__id", "last_error"]
    ordering = ["-id"]
    show_full_result_count = False
    actions = ["send_again"]

    @admin.action(description="Send again")
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Each by itself: one that is not dead holds up no other."""
        sent = 0
        for delivery_id in queryset.values_list("pk", flat=True):
            try:
                send_again(viewer=_viewer(request), delivery_id=delivery_id, now=clock.now())
                sent += 1
            except Refusal as refusal:
                self.message_user(request, f"Delivery {delivery_id}: {refusal}", messages.WARNING)
        self.message_user(request, f"{sent} sent again.")


def _viewer(request: HttpRequest) -> Viewer:
    """Events stand below accounts; of an admin, which is all who come here, id and role are the whole viewer."""
    user = request.user
    return Viewer(user_id=user.pk, role=Role(user.role)) if user.is_authenticated else Viewer()
