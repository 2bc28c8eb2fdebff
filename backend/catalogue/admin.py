"""The catalogue in the back office."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
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
from backend.core.admin import ActionAdmin, ReadOnlyAdmin
from backend.core.viewer import Viewer


@admin.register(Category)
class CategoryAdmin(ActionAdmin):
    """Groups of services. Slugs come from names; the tree is put in order through the API."""

    list_display = ["name", "parent", "slug", "position", "is_active", "is_shown"]
    list_filter = ["is_active", "is_shown"]
    list_select_related = ["parent"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["parent"]
    fields = ["name", "description", "is_active", "parent", "slug", "position", "is_shown", "created_at"]
    actions = ["move_to_top"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ["name", "description", "parent"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["slug", "position", "is_shown", "created_at", *(["parent"] if obj else [])]

    @admin.action(description="Move to the top of the tree")
    def move_to_top(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.carry_out(
            request,
            queryset,
            lambda viewer, row, now: move_category(viewer=viewer, category_id=row.pk, parent_id=None),
            "moved",
        )

    def write(self, *, viewer: Viewer, row: Any, values: Mapping[str, Any], now: datetime) -> Model:
        if row is None:
            parent_id = values["parent"].pk if values["parent"] else None
            given = {name: values[name] for name in ("name", "description")}
            return create_category(viewer=viewer, parent_id=parent_id, **given, now=now)
        return update_category(viewer=viewer, category_id=row.pk, **values)


class ReasonForm(ActionForm):
    """What is done to the chosen rows, and why."""

    reason = forms.CharField(required=False, max_length=500, label="Reason of a rejection")


@admin.register(Service)
class ServiceAdmin(ActionAdmin):
    """What can be booked. Extras are changed through the API, as one list."""

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
    actions = ["approve", "reject", "deactivate"]
    action_form = ReasonForm

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*self.written, "is_active", *self.readonly_fields] if obj else self.written

    @admin.display(description="extras")
    def extras_offered(self, row: Service) -> str:
        return "; ".join(f"{extra.name} {extra.price}" for extra in row.extras.filter(is_active=True)) or "none"

    @admin.action(description="Approve: can be booked")
    def approve(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.carry_out(
            request,
            queryset,
            lambda viewer, row, now: approve_service(viewer=viewer, service_id=row.pk, now=now),
            "approved",
        )

    @admin.action(description="Reject, for the reason beside")
    def reject(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.carry_out(
            request,
            queryset,
            lambda viewer, row, now: reject_service(
                viewer=viewer, service_id=row.pk, reason=request.POST.get("reason", ""), now=now
            ),
            "rejected",
        )

    @admin.action(description="Deactivate: no new bookings")
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.carry_out(
            request,
            queryset,
            lambda viewer, row, now: deactivate_service(viewer=viewer, service_id=row.pk, now=now),
            "deactivated",
        )

    def write(self, *, viewer: Viewer, row: Any, values: Mapping[str, Any], now: datetime) -> Model:
        given = {name: value for name, value in values.items() if name != "category"}
        if row is None:
            return create_service(viewer=viewer, category_id=values["category"].pk, **given, now=now)
        changes = ServiceChanges(category_id=values["category"].pk, **given)
        return update_service(viewer=viewer, service_id=row.pk, changes=changes, now=now)


@admin.register(ServiceExtra)
class ServiceExtraAdmin(ReadOnlyAdmin):
    """Extras of all services."""

    list_display = ["name", "service", "price", "duration_minutes", "position", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["service"]
    search_fields = ["name", "service__name"]
