"""The catalogue in the back office."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from backend.catalogue.actions import (
    ServiceChanges,
    create_category,
    create_service,
    deactivate_service,
    update_category,
    update_service,
)
from backend.catalogue.models import Category, Service, ServiceExtra
from backend.core.admin import ActionAdmin, ReadOnlyAdmin
from backend.core.viewer import Viewer


@admin.register(Category)
class CategoryAdmin(ActionAdmin):
    """Groups of services. Slugs come from names."""

    list_display = ["name", "slug", "position", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["name", "slug"]
    fields = ["name", "description", "is_active", "slug", "position", "created_at"]
    readonly_fields = ["slug", "position", "created_at"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ["name", "description"]

    def write(self, *, viewer: Viewer, row: Any, values: Mapping[str, Any], now: datetime) -> Model:
        if row is None:
            return create_category(viewer=viewer, name=values["name"], description=values["description"], now=now)
        return update_category(viewer=viewer, category_id=row.pk, **values)


@admin.register(Service)
class ServiceAdmin(ActionAdmin):
    """What can be booked. Extras are changed through the API, as one list."""

    list_display = ["name", "category", "price", "duration_minutes", "buffer_minutes", "approval_status", "is_active"]
    list_filter = ["is_active", "approval_status", "category"]
    list_select_related = ["category"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["category"]
    written = ["category", "name", "description", "price", "duration_minutes", "buffer_minutes"]
    readonly_fields = ["extras_offered", "slug", "approval_status", "created_by_staff", "created_at"]
    actions = ["deactivate"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*self.written, "is_active", *self.readonly_fields] if obj else self.written

    @admin.display(description="extras")
    def extras_offered(self, row: Service) -> str:
        return "; ".join(f"{extra.name} {extra.price}" for extra in row.extras.filter(is_active=True)) or "none"

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
