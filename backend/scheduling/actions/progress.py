"""Visits on their way: started, done, missed, called off. What is closed gives its claimed time back."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet

from backend.core.business import business
from backend.core.errors import OutOfRange, TooLong
from backend.core.text import clean_text
from backend.core.transactions import step, use_case
from backend.core.viewer import Viewer, require_signed_in
from backend.events.actions import emit
from backend.scheduling.events import (
    AppointmentAnnounced,
    AppointmentCancelled,
    AppointmentCompleted,
    AppointmentFact,
    AppointmentMissed,
    AppointmentStarted,
)
from backend.scheduling.models import Appointment, Claim
from backend.scheduling.permissions import require_work_on
from backend.scheduling.queries import appointment_for
from backend.scheduling.rules import (
    MAX_ARRIVAL_MINUTES,
    MAX_INTERNAL_NOTES,
    MAX_NOTE,
    OPEN_STATUSES,
    AppointmentStatus,
    require_announceable,
    require_begun,
    require_transition,
    require_version,
)

Snapshot = dict[str, Any]
"""How a visit stood: start, end, status, staff_id, as JSON has them."""

_FACTS: dict[AppointmentStatus, type[AppointmentFact]] = {
    AppointmentStatus.IN_PROGRESS: AppointmentStarted,
    AppointmentStatus.COMPLETED: AppointmentCompleted,
    AppointmentStatus.NO_SHOW: AppointmentMissed,
}


@use_case
def announce_arrival(
    *, viewer: Viewer, appointment_id: int, minutes: int | None = None, version: int | None = None, now: datetime
) -> Appointment:
    """Whoever comes is on the way, and there in so many minutes, where it says so. Its own member of staff, or the
    office.

    InvalidTransition unless the visit is confirmed, today, and was not announced in the last quarter of an hour;
    OutOfRange for minutes that are none, or too many.
    """
    row = _workable(viewer, appointment_id, version)
    if minutes is not None and not 1 <= minutes <= MAX_ARRIVAL_MINUTES:
        raise OutOfRange(f"Say 1 to {MAX_ARRIVAL_MINUTES} minutes.", ("minutes",))
    before, zone = snapshot(row), business().zone
    require_announceable(AppointmentStatus(row.status), row.start, said_at=row.on_the_way_at, zone=zone, now=now)
    row.on_the_way_at, row.version = now, row.version + 1
    row.save(update_fields=["on_the_way_at", "version"])
    arrives_at = None if minutes is None else now + timedelta(minutes=minutes)
    emit([AppointmentAnnounced(**told(row, before, order_of(row), viewer.user_id), arrives_at=arrives_at)], now=now)
    return row


@use_case
def start_appointment(*, viewer: Viewer, appointment_id: int, version: int | None = None, now: datetime) -> Appointment:
    """The work begins. Its own member of staff, or the office. InvalidTransition unless the visit is confirmed."""
    return _progress(viewer, appointment_id, version, AppointmentStatus.IN_PROGRESS, now)


@use_case
def complete_appointment(
    *, viewer: Viewer, appointment_id: int, version: int | None = None, now: datetime
) -> Appointment:
    """The work is done. Its own member of staff, or the office. What was left of its time is free again."""
    return _progress(viewer, appointment_id, version, AppointmentStatus.COMPLETED, now)


@use_case
def mark_no_show(*, viewer: Viewer, appointment_id: int, version: int | None = None, now: datetime) -> Appointment:
    """Nobody opened the door. Its own member of staff, or the office.

    InvalidTransition once the work has begun, and before the visit's start: nobody can be missed yet.
    """
    return _progress(viewer, appointment_id, version, AppointmentStatus.NO_SHOW, now)


@use_case
def add_internal_note(*, viewer: Viewer, appointment_id: int, text: str, version: int | None = None) -> Appointment:
    """Add a line to what staff and office know about a visit, whatever its state. Customers never see it."""
    row = _workable(viewer, appointment_id, version)
    note = clean_text(text, field=("text",), max_length=MAX_NOTE, multiline=True)
    row.internal_notes = f"{row.internal_notes}\n{note}" if row.internal_notes else note
    if len(row.internal_notes) > MAX_INTERNAL_NOTES:
        raise TooLong("The notes of this visit are full.", ("text",))
    row.version += 1
    row.save(update_fields=["internal_notes", "version"])
    return row


@step
def cancel_visits(
    *, appointment_ids: Collection[int], order_id: int | None, actor_id: int | None, reason: str = "", now: datetime
) -> list[Appointment]:
    """Call off those of the visits that are still open, and free their time. The rest stay as they are."""
    changed = _leave_open(appointment_ids, AppointmentStatus.CANCELLED)
    emit(
        [AppointmentCancelled(**told(row, before, order_id, actor_id), reason=reason) for row, before in changed],
        now=now,
    )
    return [row for row, _ in changed]


@step
def complete_visits(
    *, appointment_ids: Collection[int], order_id: int | None, actor_id: int | None, now: datetime
) -> list[Appointment]:
    """Mark those of the visits that are still open as done. InvalidTransition for one that was never confirmed."""
    changed = _leave_open(appointment_ids, AppointmentStatus.COMPLETED)
    emit([AppointmentCompleted(**told(row, before, order_id, actor_id)) for row, before in changed], now=now)
    return [row for row, _ in changed]


def _progress(
    viewer: Viewer, appointment_id: int, version: int | None, status: AppointmentStatus, now: datetime
) -> Appointment:
    """One step of the state machine, with its fact."""
    row = _workable(viewer, appointment_id, version)
    before = snapshot(row)
    require_transition(AppointmentStatus(row.status), status)
    if status is AppointmentStatus.NO_SHOW:
        require_begun(row.start, now=now)
    row.status, row.version = status, row.version + 1
    row.save(update_fields=["status", "version"])
    if status not in OPEN_STATUSES:
        Claim.objects.filter(appointment=row).delete()
    emit([_FACTS[status](**told(row, before, order_of(row), viewer.user_id))], now=now)
    return row


def _workable(viewer: Viewer, appointment_id: int, version: int | None) -> Appointment:
    """The visible row, locked, that the viewer may work on, still as the client knows it."""
    require_signed_in(viewer)
    row = appointment_for(viewer, appointment_id, field=("appointment_id",), lock=True)
    require_work_on(viewer, row)
    require_version(row.version, version)
    return row


def _leave_open(appointment_ids: Collection[int], status: AppointmentStatus) -> list[tuple[Appointment, Snapshot]]:
    """Move the open ones among the visits to a closed `status` and drop their claims, in three statements."""
    changed: list[tuple[Appointment, Snapshot]] = []
    for row in locked_visits(appointment_ids).filter(status__in=OPEN_STATUSES):
        require_transition(AppointmentStatus(row.status), status)
        changed.append((row, snapshot(row)))
        row.status, row.version = status, row.version + 1
    if changed:
        ids = [row.pk for row, _ in changed]
        Appointment.objects.filter(pk__in=ids).update(status=status, version=F("version") + 1)
        Claim.objects.filter(appointment__in=ids).delete()
    return changed


def order_of(row: Appointment) -> int | None:
    """The id of the order that a visit came from. Orders stand above scheduling and own the relation."""
    return Appointment.objects.filter(pk=row.pk).values_list("order_item__order_id", flat=True).get()


def locked_visits(appointment_ids: Iterable[int]) -> QuerySet[Appointment]:
    """The visits with their bookings, locked in id order: after the order and the staff, never before."""
    return (
        Appointment.objects.filter(pk__in=set(appointment_ids))
        .select_related("booking")
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )


def snapshot(row: Appointment) -> Snapshot:
    """How the visit stands, for `previous` in a fact."""
    return {
        "start": row.start.isoformat(),
        "end": row.end.isoformat(),
        "status": str(row.status),
        "staff_id": row.staff_id,
    }


def told(row: Appointment, before: Snapshot, order_id: int | None, actor_id: int | None) -> dict[str, Any]:
    """What every fact about a visit tells."""
    return {
        "staff_id": row.staff_id,
        "order_id": order_id,
        "appointment_id": row.pk,
        "customer_id": row.booking.customer_id,
        "actor_id": actor_id,
        "start": row.start,
        "end": row.end,
        "status": str(row.status),
        "previous": before,
    }
