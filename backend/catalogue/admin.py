"""The catalogue in the back office."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from backend.catalogue.actions import (
    ServiceChanges,
    approve_service,
    create_category,
    create_service,
    deactivate_service,
    move_category,
    reject_service,
    update_category,
    update_service,
)
from backend.catalogue.models import Category, Service, ServiceExtra
from backend.catalogue.queries import categories_visible_to, extras_visible_to, services_visible_to
from backend.catalogue.rules import ApprovalStatus
from backend.core.admin import ActionAdmin, Approve, Panel, ReadOnlyAdmin, Reject, RowAction, inbox, page_of, panel
from backend.core.viewer import Permission, Viewer

APPROVE = Approve(
    act=lambda viewer, row, now, _: approve_service(viewer=viewer, service_id=row.pk, now=now),
    offered=lambda row: row.approval_status == ApprovalStatus.PENDING_APPROVAL,
    needs=Permission.APPROVE_SERVICES,
)
REJECT = Reject(
    act=lambda viewer, row, now, reason: reject_service(viewer=viewer, service_id=row.pk, reason=reason, now=now),
    offered=lambda row: row.approval_status == ApprovalStatus.PENDING_APPROVAL,
    needs=Permission.APPROVE_SERVICES,
    asks_reason=True,
)


@admin.register(Category)
class CategoryAdmin(ActionAdmin):
    """Groups of services. Slugs come from names; the tree is put in order through the API."""

    icon = "category"
    open_to = frozenset(Permission)
    list_display = ["name", "parent", "slug", "position", "is_active", "is_shown"]
    list_filter = ["is_active", "is_shown"]
    list_select_related = ["parent"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["parent"]
    fields = ["name", "description", "is_active", "parent", "slug", "position", "is_shown", "created_at"]
    ordering = ["tree_order", "name", "pk"]
    row_actions = [
        RowAction(
            name="move_to_top",
            label="Move to the top",
            done="moved",
            act=lambda viewer, row, now, _: move_category(viewer=viewer, category_id=row.pk, parent_id=None),
            offered=lambda row: row.parent_id is not None,
            admins_only=True,
        )
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return categories_visible_to(viewer)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ["name", "description", "parent"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["slug", "position", "is_shown", "created_at", *(["parent"] if obj else [])]

    def write(self, *, viewer: Viewer, row: Any, values: Mapping[str, Any], now: datetime) -> Model:
        if row is None:
            parent_id = values["parent"].pk if values["parent"] else None
            given = {name: values[name] for name in ("name", "description")}
            return create_category(viewer=viewer, parent_id=parent_id, **given, now=now)
        return update_category(viewer=viewer, category_id=row.pk, **values)


@admin.register(Service)
class ServiceAdmin(ActionAdmin):
    """What can be booked. Extras are changed through the API, as one list."""

    icon = "cleaning_services"
    open_to = frozenset(Permission)
    exports = True
    list_display = ["name", "category", "price", "duration_minutes", "buffer_minutes", "approval_status", "is_active"]
    list_filter = ["is_active", "approval_status", "category"]
    list_select_related = ["category"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["category"]
    written = ["category", "name", "description", "price", "duration_minutes", "buffer_minutes"]
    readonly_fields = [
        "extras_offered",
        "slug",
        "approval_status",
        "created_by_staff",
        "rejection_reason",
        "reviewed_by",
        "reviewed_at",
        "created_at",
    ]
    ordering = ["category__tree_order", "position", "name", "pk"]
    row_actions = [
        APPROVE,
        REJECT,
        RowAction(
            name="deactivate",
            label="Deactivate",
            done="deactivated",
            act=lambda viewer, row, now, _: deactivate_service(viewer=viewer, service_id=row.pk, now=now),
            offered=lambda row: row.is_active,
            admins_only=True,
        ),
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return services_visible_to(viewer)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*self.written, "is_active", *self.readonly_fields] if obj else self.written

    @admin.display(description="extras")
    def extras_offered(self, row: Service) -> str:
        return "; ".join(f"{extra.name} {extra.price}" for extra in row.extras.filter(is_active=True)) or "none"

    def write(self, *, viewer: Viewer, row: Any, values: Mapping[str, Any], now: datetime) -> Model:
        given = {name: value for name, value in values.items() if name != "category"}
        if row is None:
            return create_service(viewer=viewer, category_id=values["category"].pk, **given, now=now)
        changes = ServiceChanges(category_id=values["category"].pk, **given)
        return update_service(viewer=viewer, service_id=row.pk, changes=changes, now=now)


@admin.register(ServiceExtra)
class ServiceExtraAdmin(ReadOnlyAdmin):
    """Extras of all services."""

    icon = "add_circle"
    open_to = frozenset(Permission)
    list_display = ["name", "service", "price", "duration_minutes", "position", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["service"]
    search_fields = ["name", "service__name"]
    ordering = ["service__name", "position", "pk"]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return extras_visible_to(viewer)


@panel(40)
def services_to_approve(viewer: Viewer, now: datetime) -> Panel | None:
    """What staff propose to offer, the oldest proposal first. Two statements."""
    if not viewer.may(Permission.APPROVE_SERVICES):
        return None
    waiting = services_visible_to(viewer).filter(approval_status=ApprovalStatus.PENDING_APPROVAL)
    return inbox(
        waiting.select_related("category", "created_by_staff").order_by("created_at", "pk"),
        title="Services awaiting approval",
        tile="Services to approve",
        icon="approval",
        url=page_of(Service, approval_status__exact=ApprovalStatus.PENDING_APPROVAL.value),
        headers=["Service", "Category", "Price", "Proposed by"],
        cells=lambda row: [row.name, row.category.name, row.price, row.created_by_staff or ""],
        actions=[APPROVE],
    )
