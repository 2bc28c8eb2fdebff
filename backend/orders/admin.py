"""Orders in the back office: looked at here, changed by the same actions as everywhere else."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from backend.core.admin import (
    Approve,
    Cancel,
    Complete,
    Confirm,
    DatesFilter,
    Figure,
    Panel,
    ReadOnlyAdmin,
    ReadOnlyTable,
    Reject,
    inbox,
    page_of,
    panel,
)
from backend.core.business import business
from backend.core.viewer import Permission, Viewer
from backend.orders.actions import approve_change, cancel_order, complete_order, confirm_order, reject_change
from backend.orders.models import ChangeRequest, Order, OrderItem, OrderItemExtra
from backend.orders.queries import (
    changes_visible_to,
    extras_visible_to,
    figures_of_days,
    items_visible_to,
    orders_visible_to,
)
from backend.orders.rules import ChangeStatus, OrderStatus, can_become


def _can_become(after: OrderStatus) -> Any:
    return lambda row: can_become(OrderStatus(row.status), after)


CONFIRM = Confirm(
    act=lambda viewer, row, now, _: confirm_order(viewer=viewer, order_id=row.pk, now=now),
    offered=_can_become(OrderStatus.CONFIRMED),
)
COMPLETE = Complete(
    act=lambda viewer, row, now, _: complete_order(viewer=viewer, order_id=row.pk, now=now),
    offered=_can_become(OrderStatus.COMPLETED),
)
CANCEL = Cancel(
    act=lambda viewer, row, now, reason: cancel_order(
        viewer=viewer, order_id=row.pk, reason=reason, address="", now=now
    ),
    offered=_can_become(OrderStatus.CANCELLED),
)
APPROVE = Approve(
    act=lambda viewer, row, now, _: approve_change(viewer=viewer, change_id=row.pk, now=now),
    offered=lambda row: row.status == ChangeStatus.PENDING,
)
REJECT = Reject(
    act=lambda viewer, row, now, _: reject_change(viewer=viewer, change_id=row.pk, now=now),
    offered=lambda row: row.status == ChangeStatus.PENDING,
)


class ItemInline(ReadOnlyTable):
    """The lines, with who comes when."""

    model = OrderItem
    fields = ["position", "service", "quantity", "unit_price", "total_price", "comes", "appointment"]
    readonly_fields = ["comes"]

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("service", "staff", "appointment__staff")

    @admin.display(description="staff")
    def comes(self, item: OrderItem) -> str:
        person = item.staff if item.appointment is None else item.appointment.staff
        return "" if person is None else person.name


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """The inbox. Everything about an order hangs together, so nothing is edited field by field."""

    icon = "receipt_long"
    open_to = [Permission.MANAGE_ORDERS]
    exports = True
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
    list_filter = ["status", "payment_status", ("scheduled_date", DatesFilter), "is_guest_order"]
    list_select_related = ["customer"]
    search_fields = ["order_number", "guest_name", "guest_email", "customer__name", "customer__email", "postcode"]
    search_help_text = "Number, name, e-mail or postcode."
    date_hierarchy = "scheduled_date"
    ordering = ["-created_at", "-id"]
    exclude = ["tracking_token"]
    inlines = [ItemInline]
    row_actions = [CONFIRM, COMPLETE, CANCEL]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return orders_visible_to(viewer)

    @admin.display(description="For", ordering="guest_name")
    def who(self, order: Order) -> str:
        return order.contact_name


@admin.register(ChangeRequest)
class ChangeRequestAdmin(ReadOnlyAdmin):
    """Wishes for another time, decided by the same actions as everywhere else."""

    icon = "edit_calendar"
    open_to = [Permission.MANAGE_ORDERS]
    list_display = ["order", "requested_date", "requested_time", "status", "reason", "created_at"]
    list_filter = ["status", ("requested_date", DatesFilter)]
    list_select_related = ["order"]
    search_fields = ["order__order_number", "order__guest_email", "order__customer__email"]
    ordering = ["-created_at", "-id"]
    row_actions = [APPROVE, REJECT]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return changes_visible_to(viewer).select_related("order")


@admin.register(OrderItem)
class OrderItemAdmin(ReadOnlyAdmin):
    """The lines of all orders."""

    icon = "list"
    open_to = [Permission.MANAGE_ORDERS]
    list_display = ["order", "position", "service", "quantity", "total_price", "staff", "appointment"]
    list_filter = ["service", "staff"]
    list_select_related = ["order", "service", "staff", "appointment"]
    search_fields = ["order__order_number", "service__name", "staff__name"]
    ordering = ["-order__created_at", "-order__pk", "position"]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return items_visible_to(viewer)


@admin.register(OrderItemExtra)
class OrderItemExtraAdmin(ReadOnlyAdmin):
    """The extras that were chosen."""

    icon = "add_circle"
    open_to = [Permission.MANAGE_ORDERS]
    list_display = ["name", "order", "price", "duration_minutes"]
    list_select_related = ["item__order"]
    search_fields = ["name", "item__order__order_number"]
    ordering = ["-pk"]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return extras_visible_to(viewer)

    @admin.display(ordering="item__order__order_number")
    def order(self, row: OrderItemExtra) -> str:
        return str(row.item.order)


@panel(20)
def pending_orders(viewer: Viewer, now: datetime) -> Panel | None:
    """What waits to be confirmed, the oldest first. Two statements."""
    if not viewer.may(Permission.MANAGE_ORDERS):
        return None
    waiting = orders_visible_to(viewer).filter(status=OrderStatus.PENDING)
    return inbox(
        waiting.select_related("customer").order_by("scheduled_date", "scheduled_time", "pk"),
        title="Pending orders",
        tile="Orders to confirm",
        icon="receipt_long",
        url=page_of(Order, status__exact=OrderStatus.PENDING.value),
        headers=["Order", "For", "Postcode", "Wanted", "Total"],
        cells=lambda row: [
            row.order_number,
            row.contact_name,
            row.postcode,
            f"{row.scheduled_date:%a %-d %b} {row.scheduled_time:%H:%M}",
            f"{row.total} {row.currency}",
        ],
        actions=[CONFIRM],
    )


@panel(30)
def pending_changes(viewer: Viewer, now: datetime) -> Panel | None:
    """Which orders somebody wants at another time, the oldest wish first. Two statements."""
    if not viewer.may(Permission.MANAGE_ORDERS):
        return None
    waiting = changes_visible_to(viewer).filter(status=ChangeStatus.PENDING)
    return inbox(
        waiting.select_related("order__customer").order_by("created_at", "pk"),
        title="Change requests",
        tile="Changes to decide",
        icon="edit_calendar",
        url=page_of(ChangeRequest, status__exact=ChangeStatus.PENDING.value),
        headers=["Order", "For", "Now", "Wanted", "Why"],
        cells=lambda row: [
            row.order.order_number,
            row.order.contact_name,
            f"{row.order.scheduled_date:%a %-d %b} {row.order.scheduled_time:%H:%M}",
            f"{row.requested_date:%a %-d %b} {row.requested_time:%H:%M}",
            row.reason,
        ],
        actions=[APPROVE, REJECT],
    )


@panel(45)
def week_in_figures(viewer: Viewer, now: datetime) -> Panel | None:
    """Orders placed, booked and lost since Monday. One statement."""
    if not viewer.may(Permission.VIEW_REPORTS):
        return None
    today = business().today(now)
    monday = today - timedelta(days=today.weekday())
    sunday = monday + timedelta(days=6)
    week = figures_of_days(viewer, monday, sunday)
    wanted = {"scheduled_date_from": monday.isoformat(), "scheduled_date_to": sunday.isoformat()}

    def url(**query: str) -> str:
        return page_of(Order, **query) if viewer.may(Permission.MANAGE_ORDERS) else ""

    return Panel(
        title=f"The week from {monday:%-d %B}",
        icon="monitoring",
        figures=[
            Figure("Orders placed", week.placed, url()),
            Figure("Orders for this week", week.booked, url(**wanted)),
            Figure("Worth", f"{week.value} {business().currency}", url(**wanted)),
            Figure("Cancelled", week.cancelled, url(**wanted, status__exact=OrderStatus.CANCELLED.value)),
        ],
    )
