"""Visits and claims in the back office: to be looked at. What changes them are the actions, which mind the claims."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from backend.core import clock
from backend.core.admin import (
    SHOWN,
    Approve,
    Cancel,
    Complete,
    Confirm,
    DatesFilter,
    Figure,
    Line,
    Panel,
    ReadOnlyAdmin,
    ReadOnlyStacked,
    ReadOnlyTable,
    RowAction,
    button,
    inbox,
    offer_also,
    page_of,
    panel,
)
from backend.core.business import business
from backend.core.choices import choices_of
from backend.core.files import link_to
from backend.core.viewer import Permission, Viewer
from backend.scheduling.actions import (
    announce_arrival,
    approve_staff_change,
    cancel_appointment,
    complete_appointment,
    confirm_appointment,
    delete_photo,
    mark_no_show,
    start_appointment,
)
from backend.scheduling.models import Appointment, Claim, CustomerAppointment, ExternalBusy, Hold, Photo
from backend.scheduling.queries import (
    appointments_visible_to,
    bookings_visible_to,
    claims_visible_to,
    count_visits,
    external_busy_visible_to,
    holds_visible_to,
    visits_on,
)
from backend.scheduling.queries.photos import photos_visible_to
from backend.scheduling.rules import OPEN_STATUSES, TRANSITIONS, AppointmentStatus
from backend.staff.queries import staff_changes_visible_to
from backend.staff.rules import StaffChangeKind, StaffChangeStatus


def _can_become(after: AppointmentStatus) -> Any:
    return lambda row: after in TRANSITIONS[AppointmentStatus(row.status)]


def _is_announceable(row: Any) -> bool:
    today = business().today(clock.now())
    return row.status == AppointmentStatus.CONFIRMED and business().today(row.start) == today


CONFIRM = Confirm(
    act=lambda viewer, row, now, _: confirm_appointment(viewer=viewer, appointment_id=row.pk, now=now),
    offered=_can_become(AppointmentStatus.CONFIRMED),
)
ANNOUNCE = RowAction(
    name="announce",
    label="On the way",
    done="announced",
    act=lambda viewer, row, now, _: announce_arrival(viewer=viewer, appointment_id=row.pk, now=now),
    offered=_is_announceable,
)
START = RowAction(
    name="start",
    label="Start",
    done="started",
    act=lambda viewer, row, now, _: start_appointment(viewer=viewer, appointment_id=row.pk, now=now),
    offered=_can_become(AppointmentStatus.IN_PROGRESS),
)
COMPLETE = Complete(
    act=lambda viewer, row, now, _: complete_appointment(viewer=viewer, appointment_id=row.pk, now=now),
    offered=_can_become(AppointmentStatus.COMPLETED),
    style="primary",
)
NO_SHOW = RowAction(
    name="no_show",
    label="No-show",
    done="marked as no-show",
    act=lambda viewer, row, now, _: mark_no_show(viewer=viewer, appointment_id=row.pk, now=now),
    offered=_can_become(AppointmentStatus.NO_SHOW),
)
CANCEL = Cancel(
    act=lambda viewer, row, now, reason: cancel_appointment(
        viewer=viewer, appointment_id=row.pk, reason=reason, address="", now=now
    ),
    offered=_can_become(AppointmentStatus.CANCELLED),
)
VISIT_ACTIONS = (CONFIRM, ANNOUNCE, START, COMPLETE, NO_SHOW)
"""Those of one click."""
APPROVE_WISH = Approve(
    act=lambda viewer, row, now, _: approve_staff_change(viewer=viewer, change_id=row.pk, now=now),
    offered=lambda row: row.status == StaffChangeStatus.PENDING,
    needs=Permission.MANAGE_STAFF,
)
APPROVE_AND_REASSIGN = RowAction(
    name="approve_and_reassign",
    label="Approve, visits to colleagues",
    done="approved",
    act=lambda viewer, row, now, _: approve_staff_change(viewer=viewer, change_id=row.pk, reassign=True, now=now),
    offered=lambda row: row.status == StaffChangeStatus.PENDING and row.kind == StaffChangeKind.TIME_OFF,
    needs=Permission.MANAGE_STAFF,
)
WISH_ACTIONS = (APPROVE_WISH, APPROVE_AND_REASSIGN)
offer_also("staff.StaffChange", *WISH_ACTIONS)


class BookingInline(ReadOnlyStacked):
    """Whom a visit is for, where and on which terms."""

    model = CustomerAppointment
    exclude = ["tracking_token"]


class ClaimInline(ReadOnlyTable):
    """The time that a visit takes."""

    model = Claim
    fields = ["kind", "period"]


class PhotoInline(ReadOnlyTable):
    """Pictures of the finished work. Each has a page of its own, where it can be deleted."""

    model = Photo
    fields = ["picture", "width", "height", "created_at"]
    readonly_fields = ["picture"]
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(deleted_at=None)

    @admin.display(description="picture")
    def picture(self, row: Photo) -> str:
        return _picture(row)


def _picture(row: Photo) -> str:
    """Its small form, which leads to the whole."""
    now = clock.now()
    whole, small = link_to(row.key, now=now), link_to(row.thumbnail_key, now=now)
    return format_html('<a href="{}"><img src="{}" alt="{}" style="max-height: 10rem"></a>', whole, small, row)


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin):
    """All visits, the latest first."""

    icon = "calendar_month"
    open_to = [Permission.MANAGE_ORDERS]
    exports = True
    list_display = ["id", "start", "end", "status", "staff", "service", "contact", "postcode"]
    list_filter = ["status", "type", "staff", ("start", DatesFilter)]
    list_select_related = ["staff", "service", "booking"]
    search_fields = ["=id", "booking__contact_name", "booking__contact_email", "booking__postcode", "staff__name"]
    search_help_text = "Id, name or e-mail of the customer, postcode, or name of the member of staff."
    date_hierarchy = "start"
    ordering = ["-start", "-id"]
    inlines = [BookingInline, ClaimInline, PhotoInline]
    row_actions = [*VISIT_ACTIONS, CANCEL]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return appointments_visible_to(viewer)

    @admin.display(description="for", ordering="booking__contact_name")
    def contact(self, row: Appointment) -> str:
        return row.booking.contact_name

    @admin.display(ordering="booking__postcode")
    def postcode(self, row: Appointment) -> str:
        return row.booking.postcode


@admin.register(CustomerAppointment)
class BookingAdmin(ReadOnlyAdmin):
    """Whom visits are for, where and on which terms."""

    icon = "assignment_ind"
    open_to = [Permission.MANAGE_ORDERS]
    list_display = ["appointment", "contact_name", "contact_email", "postcode", "price", "currency", "payment_status"]
    list_filter = ["payment_status"]
    list_select_related = ["appointment"]
    search_fields = ["contact_name", "contact_email", "postcode", "=appointment__id"]
    ordering = ["-appointment__start", "-pk"]
    exclude = ["tracking_token"]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return bookings_visible_to(viewer)


@admin.register(Photo)
class PhotoAdmin(ReadOnlyAdmin):
    """Pictures of the finished work, the latest first; they are taken through the API."""

    icon = "photo_camera"
    open_to = [Permission.MANAGE_ORDERS]
    list_display = ["id", "picture", "appointment", "taken_by", "width", "height", "created_at"]
    list_select_related = ["appointment", "taken_by"]
    list_filter = [("created_at", DatesFilter)]
    search_fields = ["=appointment__id", "=id", "appointment__booking__contact_name", "appointment__staff__name"]
    search_help_text = "Id of the photo or visit, name of the customer or of the member of staff."
    exclude = ["key", "thumbnail_key", "deleted_at"]
    readonly_fields = ["picture"]
    ordering = ["-created_at", "-id"]
    row_actions = [
        RowAction(
            name="delete_photo",
            label="Delete photo",
            done="deleted",
            act=lambda viewer, row, now, _: delete_photo(viewer=viewer, photo_id=row.pk, now=now),
            needs=Permission.MANAGE_ORDERS,
            style="danger",
        )
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return photos_visible_to(viewer)

    @admin.display(description="picture")
    def picture(self, row: Photo) -> str:
        return _picture(row)


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    """Whose time is taken, and what for."""

    icon = "lock_clock"
    open_to = [Permission.MANAGE_ORDERS, Permission.MANAGE_STAFF]
    list_display = ["id", "staff", "kind", "period", "appointment", "time_off", "expires_at"]
    list_filter = ["kind", "staff"]
    list_select_related = ["staff", "appointment", "time_off"]
    search_fields = ["staff__name", "=appointment__id"]
    search_help_text = "Name of the member of staff, or id of the visit."
    ordering = ["-period"]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return claims_visible_to(viewer)


@admin.register(ExternalBusy)
class ExternalBusyAdmin(ReadOnlyAdmin):
    """When staff are busy elsewhere, as their own calendars tell: when, never with what."""

    icon = "event_busy"
    open_to = [Permission.MANAGE_STAFF]
    list_display = ["staff", "period", "source"]
    list_filter = ["staff"]
    list_select_related = ["staff"]
    search_fields = ["staff__name", "source"]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return external_busy_visible_to(viewer)


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    """Times that are kept for people who are still filling in a form, or for orders that wait for the office."""

    icon = "hourglass_top"
    open_to = [Permission.MANAGE_ORDERS, Permission.MANAGE_STAFF]
    list_display = ["id", "staff", "service", "start", "end", "postcode", "until"]
    list_filter = ["staff"]
    list_select_related = ["staff", "service", "claim"]
    search_fields = ["staff__name", "service__name", "postcode"]
    search_help_text = "Name of the member of staff or of the service, or postcode."
    exclude = ["token_hash", "client"]
    ordering = ["-start", "-id"]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return holds_visible_to(viewer)

    @admin.display(ordering="claim__expires_at")
    def until(self, row: Hold) -> datetime | None:
        claim = getattr(row, "claim", None)
        return None if claim is None else claim.expires_at


@panel(10)
def todays_visits(viewer: Viewer, now: datetime) -> Panel | None:
    """Who goes where today, by time, and how many visits stand where. Two statements."""
    if not viewer.may(Permission.MANAGE_ORDERS):
        return None
    today = business().today(now)
    visits = visits_on(viewer, today)
    counts = count_visits(visits)
    day = {"start_from": today.isoformat(), "start_to": today.isoformat()}
    left = visits.filter(status__in=OPEN_STATUSES).select_related("staff", "service", "booking")
    return Panel(
        title=f"Today, {today:%A %-d %B}",
        icon="calendar_month",
        tile=Figure("Visits today", sum(counts.values()), page_of(Appointment, **day)),
        figures=[
            Figure(label, counts[value], page_of(Appointment, **day, status__exact=value))
            for value, label in choices_of(AppointmentStatus)
            if value in counts
        ],
        headers=["Time", "Staff", "Service", "For", "Postcode", "Status"],
        lines=[_line(visit) for visit in left[:SHOWN]],
        nothing="No visit is left for today.",
        url=page_of(Appointment, **day),
    )


def _line(visit: Appointment) -> Line:
    start, end = (each.astimezone(business().zone) for each in (visit.start, visit.end))
    cells = [
        f"{start:%H:%M}-{end:%H:%M}",
        visit.staff.name,
        visit.service.name,
        visit.booking.contact_name,
        visit.booking.postcode,
        visit.get_status_display(),
    ]
    return Line(cells, page_of(visit), [button(visit, action) for action in VISIT_ACTIONS if action.offered(visit)])


@panel(25)
def bookings_to_confirm(viewer: Viewer, now: datetime) -> Panel | None:
    """Direct bookings that wait for the office's word, the next first. Two statements."""
    if not viewer.may(Permission.MANAGE_ORDERS):
        return None
    waiting = appointments_visible_to(viewer).filter(status=AppointmentStatus.PENDING)
    return inbox(
        waiting.select_related("staff", "service", "booking").order_by("start", "pk"),
        title="Bookings to confirm",
        tile="Bookings to confirm",
        icon="event_available",
        url=page_of(Appointment, status__exact=AppointmentStatus.PENDING.value),
        headers=["When", "Staff", "Service", "For", "Postcode"],
        cells=lambda row: [
            f"{row.start.astimezone(business().zone):%a %-d %b %H:%M}",
            row.staff.name,
            row.service.name,
            row.booking.contact_name,
            row.booking.postcode,
        ],
        actions=[CONFIRM],
    )


@panel(36)
def wishes_of_staff(viewer: Viewer, now: datetime) -> Panel | None:
    """What staff ask for, the oldest wish first; turning one down takes a reason, on its page. Two statements."""
    if not viewer.may(Permission.MANAGE_STAFF):
        return None
    waiting = staff_changes_visible_to(viewer).filter(status=StaffChangeStatus.PENDING)
    return inbox(
        waiting.select_related("staff").order_by("created_at", "pk"),
        title="Wishes of staff",
        tile="Wishes of staff",
        icon="rate_review",
        url=page_of(waiting.model, status__exact=StaffChangeStatus.PENDING.value),
        headers=["Staff", "Wish", "Asked"],
        cells=lambda row: [
            row.staff.name,
            row.get_kind_display(),
            f"{row.created_at.astimezone(business().zone):%a %-d %b %H:%M}",
        ],
        actions=WISH_ACTIONS,
    )
