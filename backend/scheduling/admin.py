"""Visits and claims in the back office: to be looked at. What changes them are the actions, which mind the claims."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from backend.scheduling.models import Appointment, Claim, CustomerAppointment


class _ReadOnly:
    """A form here could break an invariant that spans several rows."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class BookingInline(_ReadOnly, admin.StackedInline[CustomerAppointment, Appointment]):
    """Whom a visit is for, where and on which terms."""

    model = CustomerAppointment


class ClaimInline(_ReadOnly, admin.TabularInline[Claim, Appointment]):
    """The time that a visit takes."""

    model = Claim
    fields = ["kind", "period"]


@admin.register(Appointment)
class AppointmentAdmin(_ReadOnly, admin.ModelAdmin[Appointment]):
    """All visits, the latest first."""

    list_display = ["id", "start", "end", "status", "staff", "service", "contact", "postcode"]
    list_filter = ["status", "type", "staff"]
    list_select_related = ["staff", "service", "booking"]
    search_fields = ["=id", "booking__contact_name", "booking__contact_email", "booking__postcode", "staff__name"]
    search_help_text = "Id, name or e-mail of the customer, postcode, or name of the member of staff."
    date_hierarchy = "start"
    ordering = ["-start", "-id"]
    show_full_result_count = False
    inlines = [BookingInline, ClaimInline]

    @admin.display(description="for", ordering="booking__contact_name")
    def contact(self, row: Appointment) -> str:
        return row.booking.contact_name

    @admin.display(ordering="booking__postcode")
    def postcode(self, row: Appointment) -> str:
        return row.booking.postcode


@admin.register(Claim)
class ClaimAdmin(_ReadOnly, admin.ModelAdmin[Claim]):
    """Whose time is taken, and what for."""

    list_display = ["id", "staff", "kind", "period", "appointment", "time_off"]
    list_filter = ["kind", "staff"]
    list_select_related = ["staff", "appointment", "time_off"]
    search_fields = ["staff__name", "=appointment__id"]
    search_help_text = "Name of the member of staff, or id of the visit."
    ordering = ["-period"]
    show_full_result_count = False
