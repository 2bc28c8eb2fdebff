"""Staff in the back office."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from backend.core.admin import ActionAdmin, DatesFilter, ReadOnlyAdmin, Reject, RowAction, viewer_of
from backend.core.viewer import Permission, Viewer
from backend.staff.actions import (
    StaffChanges,
    add_service_area,
    assign_service,
    create_staff_member,
    deactivate_staff_member,
    reject_staff_change,
    remove_schedule_exception,
    remove_service_area,
    set_schedule_exception,
    unassign_service,
    update_staff_member,
)
from backend.staff.models import ScheduleException, Staff, StaffArea, StaffChange, StaffSchedule, StaffService, TimeOff
from backend.staff.queries import (
    areas_visible_to,
    exceptions_visible_to,
    offers_visible_to,
    staff_changes_visible_to,
    staff_in_full,
    time_off_visible_to,
    week_visible_to,
)
from backend.staff.rules import DayOfWeek, StaffChangeStatus


class _Written(ActionAdmin):
    """By managers who manage staff, too: the actions know whose."""

    open_to = [Permission.MANAGE_STAFF]
    written_by = [Permission.MANAGE_STAFF]


class _LookedAt(ReadOnlyAdmin):
    """Shown to managers who manage staff, too."""

    open_to = [Permission.MANAGE_STAFF]


@admin.register(Staff)
class StaffAdmin(_Written):
    """The people in the field. The week is set through the API, as a whole."""

    icon = "engineering"
    # Who minds orders chooses among the staff, too.
    open_to = [Permission.MANAGE_STAFF, Permission.MANAGE_ORDERS]
    exports = True
    list_display = ["name", "email", "phone", "is_active", "user", "created_at"]
    list_filter = ["is_active", ("user", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["name", "email"]
    ordering = ["name", "pk"]
    autocomplete_fields = ["user"]
    written = ["name", "email", "phone", "bio", "user", "max_visits_per_day"]
    readonly_fields = ["week", "created_at"]
    row_actions = [
        RowAction(
            name="deactivate",
            label="Deactivate",
            done="deactivated",
            act=lambda viewer, row, now, _: deactivate_staff_member(viewer=viewer, staff_id=row.pk, now=now),
            offered=lambda row: row.is_active,
            needs=Permission.MANAGE_STAFF,
            style="danger",
        ),
        RowAction(
            name="hand_over",
            label="Deactivate, visits to colleagues",
            done="deactivated, and its visits given to colleagues",
            act=lambda viewer, row, now, _: deactivate_staff_member(
                viewer=viewer, staff_id=row.pk, reassign=True, now=now
            ),
            offered=lambda row: row.is_active,
            needs=Permission.MANAGE_STAFF,
            style="danger",
        ),
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return staff_in_full(viewer)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*self.written, "is_active", *self.readonly_fields] if obj else self.written

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Accounts are for admins alone, to see and to link.
        return self.readonly_fields if viewer_of(request).is_admin else [*self.readonly_fields, "user"]

    @admin.display(description="week")
    def week(self, row: Staff) -> str:
        return "; ".join(_day(day) for day in row.schedules.all()) or "no working hours"

    def write(self, *, viewer: Viewer, row: Any, values: Mapping[str, Any], now: datetime) -> Model:
        given = {name: value for name, value in values.items() if name != "user"}
        account = values.get("user")
        # An account that is linked already is not asked for again: it belongs to somebody, to this very person.
        user_id = account.pk if account and (row is None or row.user_id != account.pk) else None
        if row is None:
            return create_staff_member(viewer=viewer, user_id=user_id, **given, now=now)
        changes = StaffChanges(user_id=user_id, is_unlimited=values["max_visits_per_day"] is None, **given)
        return update_staff_member(viewer=viewer, staff_id=row.pk, changes=changes, now=now)


@admin.register(StaffService)
class StaffServiceAdmin(_Written):
    """Who offers what, at which terms."""

    icon = "handyman"
    list_display = ["staff", "service", "price_override", "duration_override_minutes"]
    list_filter = ["staff", "service"]
    list_select_related = ["staff", "service"]
    search_fields = ["staff__name", "service__name"]
    ordering = ["staff__name", "service__name"]
    autocomplete_fields = ["staff", "service"]
    fields = ["staff", "service", "price_override", "duration_override_minutes"]
    row_actions = [
        RowAction(
            name="take_away",
            label="Take away",
            done="taken away",
            act=lambda viewer, row, now, _: unassign_service(
                viewer=viewer, staff_id=row.staff_id, service_id=row.service_id, now=now
            ),
        )
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return offers_visible_to(viewer)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["staff", "service"] if obj else []

    def write(self, *, viewer: Viewer, row: Any, values: Mapping[str, Any], now: datetime) -> Model:
        return assign_service(
            viewer=viewer,
            staff_id=row.staff_id if row else values["staff"].pk,
            service_id=row.service_id if row else values["service"].pk,
            price_override=values["price_override"],
            duration_override_minutes=values["duration_override_minutes"],
            now=now,
        )


@admin.register(StaffArea)
class StaffAreaAdmin(_Written):
    """Who works where."""

    icon = "map"
    list_display = ["staff", "postcode", "radius_miles"]
    list_filter = ["staff"]
    list_select_related = ["staff"]
    search_fields = ["staff__name", "^postcode"]
    ordering = ["staff__name", "postcode"]
    autocomplete_fields = ["staff"]
    fields = ["staff", "postcode", "radius_miles"]
    row_actions = [
        RowAction(
            name="remove",
            label="Remove",
            done="removed",
            act=lambda viewer, row, now, _: remove_service_area(viewer=viewer, area_id=row.pk, now=now),
        )
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return areas_visible_to(viewer)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["staff", "postcode"] if obj else []

    def write(self, *, viewer: Viewer, row: Any, values: Mapping[str, Any], now: datetime) -> Model:
        return add_service_area(
            viewer=viewer,
            staff_id=row.staff_id if row else values["staff"].pk,
            postcode=row.postcode if row else values["postcode"],
            radius_miles=values["radius_miles"],
            now=now,
        )


@admin.register(ScheduleException)
class ScheduleExceptionAdmin(_Written):
    """Dates on which the week does not hold."""

    icon = "event_busy"
    list_display = ["staff", "date", "start", "end", "reason"]
    list_filter = ["staff", ("date", DatesFilter)]
    list_select_related = ["staff"]
    search_fields = ["staff__name", "reason"]
    ordering = ["-date", "staff__name"]
    autocomplete_fields = ["staff"]
    fields = ["staff", "date", "start", "end", "reason"]
    row_actions = [
        RowAction(
            name="remove",
            label="Remove",
            done="removed",
            act=lambda viewer, row, now, _: remove_schedule_exception(viewer=viewer, exception_id=row.pk, now=now),
        )
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return exceptions_visible_to(viewer)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["staff", "date"] if obj else []

    def write(self, *, viewer: Viewer, row: Any, values: Mapping[str, Any], now: datetime) -> Model:
        return set_schedule_exception(
            viewer=viewer,
            staff_id=row.staff_id if row else values["staff"].pk,
            date=row.date if row else values["date"],
            start=values["start"],
            end=values["end"],
            reason=values["reason"],
            now=now,
        )


@admin.register(StaffSchedule)
class StaffScheduleAdmin(_LookedAt):
    """Working hours by weekday; the week is set through the API, as a whole."""

    icon = "schedule"
    list_display = ["staff", "weekday", "start", "end", "breaks"]
    list_filter = ["staff", "day_of_week"]
    list_select_related = ["staff"]
    search_fields = ["staff__name"]
    ordering = ["staff__name", "day_of_week"]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return week_visible_to(viewer)

    @admin.display(description="weekday", ordering="day_of_week")
    def weekday(self, row: StaffSchedule) -> str:
        return DayOfWeek.of(row.day_of_week).capitalize()


@admin.register(TimeOff)
class TimeOffAdmin(_LookedAt):
    """Absences. They are entered through the API, which claims their time."""

    icon = "beach_access"
    exports = True
    list_display = ["staff", "start", "end", "reason", "created_at"]
    list_filter = ["staff", ("start", DatesFilter)]
    list_select_related = ["staff"]
    search_fields = ["staff__name", "reason"]
    ordering = ["-start", "-pk"]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return time_off_visible_to(viewer)


@admin.register(StaffChange)
class StaffChangeAdmin(_LookedAt):
    """What staff ask for. Approving may claim time, which is scheduling's: its button comes from there."""

    icon = "rate_review"
    list_display = ["staff", "kind", "payload", "status", "created_at", "reviewed_by", "review_note"]
    list_filter = ["status", "kind", "staff"]
    list_select_related = ["staff", "reviewed_by"]
    search_fields = ["staff__name", "review_note"]
    ordering = ["-created_at", "-pk"]
    row_actions = [
        Reject(
            act=lambda viewer, row, now, reason: reject_staff_change(
                viewer=viewer, change_id=row.pk, note=reason, now=now
            ),
            offered=lambda row: row.status == StaffChangeStatus.PENDING,
            needs=Permission.MANAGE_STAFF,
            asks_reason=True,
            style="danger",
        )
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return staff_changes_visible_to(viewer)


def _day(day: StaffSchedule) -> str:
    return f"{DayOfWeek.of(day.day_of_week).capitalize()} {day.start:%H:%M}-{day.end:%H:%M}"
