"""Plans in the back office: looked at here, changed by the same actions as everywhere else."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from backend.core.admin import (
    Approve,
    Cancel,
    Confirm,
    DatesFilter,
    Panel,
    ReadOnlyAdmin,
    ReadOnlyTable,
    Reject,
    RowAction,
    inbox,
    page_of,
    panel,
)
from backend.core.viewer import Permission, Viewer
from backend.orders.rules import ChangeStatus
from backend.subscriptions.actions import (
    approve_visit_change,
    cancel_subscription,
    confirm_subscription,
    generate_visits,
    pause_subscription,
    reject_visit_change,
    resume_subscription,
)
from backend.subscriptions.models import (
    Subscription,
    SubscriptionAppointment,
    SubscriptionAppointmentChangeRequest,
)
from backend.subscriptions.queries import changes_visible_to, subscriptions_visible_to, visits_visible_to
from backend.subscriptions.rules import SubscriptionStatus, VisitStatus

CONFIRM = Confirm(
    act=lambda viewer, row, now, _: confirm_subscription(viewer=viewer, subscription_id=row.pk, now=now),
    offered=lambda row: row.status == SubscriptionStatus.PENDING,
)
PAUSE = RowAction(
    name="pause",
    label="Pause",
    done="paused",
    act=lambda viewer, row, now, reason: pause_subscription(
        viewer=viewer, subscription_id=row.pk, reason=reason, address="", now=now
    ),
    offered=lambda row: row.status == SubscriptionStatus.ACTIVE,
    asks_reason=True,
)
RESUME = RowAction(
    name="resume",
    label="Resume",
    done="resumed",
    act=lambda viewer, row, now, _: resume_subscription(viewer=viewer, subscription_id=row.pk, address="", now=now),
    offered=lambda row: row.status == SubscriptionStatus.PAUSED,
    style="primary",
)
GENERATE = RowAction(
    name="generate",
    label="Place what is unplaced",
    done="tried",
    act=lambda viewer, row, now, _: generate_visits(viewer=viewer, subscription_id=row.pk, now=now),
    offered=lambda row: row.status == SubscriptionStatus.ACTIVE,
)
CANCEL = Cancel(
    act=lambda viewer, row, now, reason: cancel_subscription(
        viewer=viewer, subscription_id=row.pk, reason=reason, address="", now=now
    ),
    offered=lambda row: row.ended_at is None,
)
APPROVE = Approve(
    act=lambda viewer, row, now, _: approve_visit_change(viewer=viewer, change_id=row.pk, now=now),
    offered=lambda row: row.status == ChangeStatus.PENDING,
)
REJECT = Reject(
    act=lambda viewer, row, now, _: reject_visit_change(viewer=viewer, change_id=row.pk, now=now),
    offered=lambda row: row.status == ChangeStatus.PENDING,
)


class VisitInline(ReadOnlyTable):
    """The visits, in their sequence."""

    model = SubscriptionAppointment
    fields = ["sequence", "nominal_date", "status", "appointment", "is_moved", "reason"]

    def get_queryset(self, request: Any) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("appointment")


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """All plans, the latest first. Everything about a plan hangs together, so nothing is edited field by field."""

    icon = "event_repeat"
    open_to = [Permission.MANAGE_ORDERS]
    exports = True
    list_display = [
        "subscription_number",
        "status",
        "who",
        "service",
        "frequency",
        "start_date",
        "next_appointment_date",
        "completed_appointments",
        "total_appointments",
        "total",
    ]
    list_filter = ["status", "frequency", "service", ("start_date", DatesFilter)]
    list_select_related = ["customer", "service"]
    search_fields = [
        "subscription_number",
        "guest_name",
        "guest_email",
        "customer__name",
        "customer__email",
        "postcode",
    ]
    search_help_text = "Number, name, e-mail or postcode."
    date_hierarchy = "start_date"
    ordering = ["-created_at", "-id"]
    exclude = ["tracking_token"]
    inlines = [VisitInline]
    row_actions = [CONFIRM, PAUSE, RESUME, GENERATE, CANCEL]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return subscriptions_visible_to(viewer)

    @admin.display(description="For", ordering="guest_name")
    def who(self, plan: Subscription) -> str:
        return plan.contact_name


@admin.register(SubscriptionAppointment)
class VisitAdmin(ReadOnlyAdmin):
    """Visits of plans by the date that they are due: filter by status for those without a time."""

    icon = "event_upcoming"
    open_to = [Permission.MANAGE_ORDERS]
    list_display = ["subscription", "sequence", "nominal_date", "status", "appointment", "is_moved", "reason"]
    list_filter = ["status", "is_moved", "reason", ("nominal_date", DatesFilter)]
    list_select_related = ["subscription", "appointment"]
    search_fields = ["subscription__subscription_number", "subscription__guest_email", "subscription__customer__email"]
    search_help_text = "Number of the plan, or e-mail of whom it is for."
    ordering = ["nominal_date", "id"]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return visits_visible_to(viewer)


@admin.register(SubscriptionAppointmentChangeRequest)
class VisitChangeAdmin(ReadOnlyAdmin):
    """Wishes for another time of one visit."""

    icon = "edit_calendar"
    open_to = [Permission.MANAGE_ORDERS]
    list_display = ["visit", "requested_date", "requested_time", "status", "reason", "created_at"]
    list_filter = ["status", ("requested_date", DatesFilter)]
    list_select_related = ["visit"]
    search_fields = ["visit__subscription__subscription_number", "visit__subscription__guest_email"]
    ordering = ["-created_at", "-id"]
    row_actions = [APPROVE, REJECT]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return changes_visible_to(viewer)


@panel(32)
def wanted_visit_times(viewer: Viewer, now: datetime) -> Panel | None:
    """Which visits of plans somebody wants at another time, the oldest wish first. Two statements."""
    if not viewer.may(Permission.MANAGE_ORDERS):
        return None
    waiting = changes_visible_to(viewer).filter(status=ChangeStatus.PENDING)
    return inbox(
        waiting.select_related("visit__subscription__customer").order_by("created_at", "pk"),
        title="Change requests of plans",
        tile="Plan changes to decide",
        icon="edit_calendar",
        url=page_of(SubscriptionAppointmentChangeRequest, status__exact=ChangeStatus.PENDING.value),
        headers=["Plan", "For", "Due", "Wanted", "Why"],
        cells=lambda row: [
            row.visit.subscription.subscription_number,
            row.visit.subscription.contact_name,
            f"{row.visit.nominal_date:%a %-d %b}",
            f"{row.requested_date:%a %-d %b} {row.requested_time:%H:%M}",
            row.reason,
        ],
        actions=[APPROVE, REJECT],
    )


@panel(34)
def unplaced_visits(viewer: Viewer, now: datetime) -> Panel | None:
    """Visits of plans that have no time, the next due first, each with a click that tries again. Two statements."""
    if not viewer.may(Permission.MANAGE_ORDERS):
        return None
    waiting = visits_visible_to(viewer).filter(status=VisitStatus.UNPLACED)
    return inbox(
        waiting.select_related("subscription__customer").order_by("nominal_date", "pk"),
        title="Visits without a time",
        tile="Visits without a time",
        icon="event_busy",
        url=page_of(SubscriptionAppointment, status__exact=VisitStatus.UNPLACED.value),
        headers=["Plan", "For", "Due", "Why"],
        cells=lambda row: [
            row.subscription.subscription_number,
            row.subscription.contact_name,
            f"{row.nominal_date:%a %-d %b}",
            row.reason.replace("_", " ").capitalize(),
        ],
        actions=[GENERATE],
        acted_on=lambda visit: visit.subscription,
        nothing="Every visit has its time.",
    )
