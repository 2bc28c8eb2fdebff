"""Staff in the back office."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from backend.core.admin import ActionAdmin, ReadOnlyAdmin
from backend.core.viewer import Viewer
from backend.staff.actions import (
    StaffChanges,
    add_service_area,
    assign_service,
    create_staff_member,
    deactivate_staff_member,
    remove_schedule_exception,
    remove_service_area,
    set_schedule_exception,
    unassign_service,
    update_staff_member,
)
from backend.staff.models import ScheduleException, Staff, StaffArea, StaffSchedule, StaffService, TimeOff
from backend.staff.rules import DayOfWeek


@admin.register(Staff)
class StaffAdmin(ActionAdmin):
    """The people in the field. The week is set through the API, as a whole."""

    list_display = ["name", "email", "phone", "is_active", "user", "created_at"]
    list_filter = ["is_active", ("user", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["name", "email"]
    autocomplete_fields = ["user"]
    written = ["name", "email", "phone", "bio", "user", "max_visits_per_day"]
    readonly_fields = ["week", "created_at"]
    actions = ["deactivate"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*self.written, "is_active", *self.readonly_fields] if obj else self.written

    @admin.display(description="week")
    def week(self, row: Staff) -> str:
        return "; ".join(_day(day) for day in row.schedules.all()) or "no working hours"

    @admin.action(description="Deactivate: no new visits")
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.carry_out(
            request,
            queryset,
            lambda viewer, row, now: deactivate_staff_member(viewer=viewer, staff_id=row.pk, now=now),
            "deactivated",
        )

    def write(self, *, viewer: Viewer, row: Any, values: Mapping[str, Any], now: datetime) -> Model:
        given = {name: value for name, value in values.items() if name != "user"}
        account = values["user"]
        # An account that is linked already is not asked for again: it belongs to somebody, to this very person.
        user_id = account.pk if account and (row is None or row.user_id != account.pk) else None
        if row is None:
            return create_staff_member(viewer=viewer, user_id=user_id, **given, now=now)
        changes = StaffChanges(user_id=user_id, is_unlimited=values["max_visits_per_day"] is None, **given)
        return update_staff_member(viewer=viewer, staff_id=row.pk, changes=changes, now=now)


@admin.register(StaffService)
class StaffServiceAdmin(ActionAdmin):
    """Who offers what, at which terms."""

    list_display = ["staff", "service", "price_override", "duration_override_minutes"]
    list_filter = ["service"]
    list_select_related = ["staff", "service"]
    search_fields = ["staff__name", "service__name"]
    ordering = ["staff__name", "service__name"]
    autocomplete_fields = ["staff", "service"]
    fields = ["staff", "service", "price_override", "duration_override_minutes"]
    actions = ["take_away"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["staff", "service"] if obj else []

    @admin.action(description="Take away")
    def take_away(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.carry_out(
            request,
            queryset,
            lambda viewer, row, now: unassign_service(
                viewer=viewer, staff_id=row.staff_id, service_id=row.service_id, now=now
            ),
            "taken away",
        )

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
class StaffAreaAdmin(ActionAdmin):
    """Who works where."""

    list_display = ["staff", "postcode", "radius_miles"]
    list_select_related = ["staff"]
    search_fields = ["staff__name", "^postcode"]
    ordering = ["staff__name", "postcode"]
    autocomplete_fields = ["staff"]
    fields = ["staff", "postcode", "radius_miles"]
    actions = ["remove"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["staff", "postcode"] if obj else []

    @admin.action(description="Remove")
    def remove(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.carry_out(
            request,
            queryset,
            lambda viewer, row, now: remove_service_area(viewer=viewer, area_id=row.pk, now=now),
            "removed",
        )

    def write(self, *, viewer: Viewer, row: Any, values: Mapping[str, Any], now: datetime) -> Model:
        return add_service_area(
            viewer=viewer,
            staff_id=row.staff_id if row else values["staff"].pk,
            postcode=row.postcode if row else values["postcode"],
            radius_miles=values["radius_miles"],
            now=now,
        )


@admin.register(ScheduleException)
class ScheduleExceptionAdmin(ActionAdmin):
    """Dates on which the week does not hold."""

    list_display = ["staff", "date", "start", "end", "reason"]
    list_filter = ["date"]
    list_select_related = ["staff"]
    search_fields = ["staff__name", "reason"]
    ordering = ["-date", "staff__name"]
    autocomplete_fields = ["staff"]
    fields = ["staff", "date", "start", "end", "reason"]
    actions = ["remove"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["staff", "date"] if obj else []

    @admin.action(description="Remove: the week holds again")
    def remove(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.carry_out(
            request,
            queryset,
            lambda viewer, row, now: remove_schedule_exception(viewer=viewer, exception_id=row.pk, now=now),
            "removed",
        )

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
class StaffScheduleAdmin(ReadOnlyAdmin):
    """Working hours by weekday; the week is set through the API, as a whole."""

    list_display = ["staff", "weekday", "start", "end", "breaks"]
    list_filter = ["day_of_week"]
    list_select_related = ["staff"]
    search_fields = ["staff__name"]
    ordering = ["staff__name", "day_of_week"]

    @admin.display(description="weekday", ordering="day_of_week")
    def weekday(self, row: StaffSchedule) -> str:
        return DayOfWeek.of(row.day_of_week).capitalize()


@admin.register(TimeOff)
class TimeOffAdmin(ReadOnlyAdmin):
    """Absences. They are entered through the API, which claims their time."""

    list_display = ["staff", "start", "end", "reason", "created_at"]
    list_filter = ["start"]
    list_select_related = ["staff"]
    search_fields = ["staff__name", "reason"]
    ordering = ["-start"]


def _day(day: StaffSchedule) -> str:
    return f"{DayOfWeek.of(day.day_of_week).capitalize()} {day.start:%H:%M}-{day.end:%H:%M}"
