"""The event log and the dead letters in the back office."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.core.admin import (
    SHOWN,
    DatesFilter,
    Figure,
    Line,
    Panel,
    ReadOnlyAdmin,
    ReadOnlyTable,
    RowAction,
    button,
    page_of,
    panel,
)
from backend.core.viewer import Viewer
from backend.events.actions import send_again
from backend.events.models import Delivery, Event
from backend.events.queries import dead_deliveries, deliveries_visible_to
from backend.events.rules import DeliveryStatus


class DeliveryInline(ReadOnlyTable):
    """What became of an event at each handler."""

    model = Delivery
    fields = ["handler", "status", "attempts", "due_at", "done_at"]


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The log, newest first."""

    icon = "history"
    list_display = ["id", "kind", "order_id", "appointment_id", "staff_id", "customer_id", "actor_id", "occurred_at"]
    list_filter = ["kind", ("occurred_at", DatesFilter)]
    search_fields = ["=order_id", "=appointment_id", "=request_id", "kind"]
    search_help_text = "Id of an order or an appointment, a request id, or part of a kind."
    ordering = ["-id"]
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


SEND_AGAIN = RowAction(
    name="send_again",
    label="Send again",
    done="sent again",
    act=lambda viewer, row, now, _: send_again(viewer=viewer, delivery_id=row.pk, now=now),
    offered=lambda row: row.status == DeliveryStatus.DEAD,
    style="primary",
)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Deliveries; opens on the dead letters."""

    icon = "mark_email_unread"
    list_display = ["id", "handler", "event", "status", "attempts", "due_at", "done_at"]
    list_filter = [StatusFilter, "handler"]
    list_select_related = ["event"]
    search_fields = ["handler", "=event__order_id", "=event__id", "last_error"]
    ordering = ["-id"]
    row_actions = [SEND_AGAIN]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return deliveries_visible_to(viewer)


@panel(50)
def dead_letters(viewer: Viewer, now: datetime) -> Panel | None:
    """What failed too often and waits for a person. Two statements."""
    if not viewer.is_admin:
        return None
    dead = dead_deliveries(viewer)
    return Panel(
        title="Dead letters",
        icon="mark_email_unread",
        tile=Figure("Dead letters", dead.count(), page_of(Delivery)),
        headers=["Handler", "Event", "Tries", "Why"],
        lines=[
            Line(
                [row.handler, row.event, row.attempts, row.last_error.strip().rpartition("\n")[2][:120]],
                page_of(row),
                [button(row, SEND_AGAIN)],
            )
            for row in dead.order_by("-id")[:SHOWN]
        ],
        nothing="None: everything has arrived.",
        url=page_of(Delivery),
    )
