"""What staff ask the office for, where changes of their own time and places wait for it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from backend.core.errors import AlreadyExists, NotAllowed, Problems, raise_all
from backend.core.text import clean_text
from backend.core.transactions import step, use_case
from backend.core.viewer import Permission, Viewer, require_permission
from backend.events.actions import emit
from backend.staff.events import (
    StaffChangeApproved,
    StaffChangeRejected,
    StaffChangeRequested,
    StaffChangeWithdrawn,
)
from backend.staff.models import Staff, StaffChange
from backend.staff.permissions import (
    require_change_staff,
    require_change_time,
    require_keep_time,
)
from backend.staff.queries import (
    staff_change_for,
    staff_for,
    time_off_for,
)
from backend.staff.rules import (
    StaffChangeKind,
    StaffChangeStatus,
    absence_refusals,
    require_pending,
)


@use_case
def ask_time_off(
    *, viewer: Viewer, staff_id: int, start: datetime, end: datetime, reason: str = "", now: datetime
) -> StaffChange:
    """Ask the office for an absence, [start, end), of oneself. Visits in that time are no obstacle to asking."""
    staff = lock_timed(viewer, staff_id)
    problems = Problems()
    with problems:
        raise_all(absence_refusals(start=start, end=end, now=now))
    with problems:
        reason = clean_text(reason, field=("reason",), max_length=200, required=False)
    problems.raise_all()
    kept = {"start": start.isoformat(), "end": end.isoformat(), "reason": reason}
    return ask_office(viewer, staff, StaffChangeKind.TIME_OFF, kept, now)


@use_case
def ask_time_off_removal(*, viewer: Viewer, time_off_id: int, now: datetime) -> StaffChange:
    """Ask the office to take an absence of oneself back."""
    require_keep_time(viewer)
    absence = time_off_for(viewer, time_off_id, field=("time_off_id",))
    staff = lock_timed(viewer, absence.staff_id)
    kept = {"time_off_id": absence.pk, "start": absence.start.isoformat(), "end": absence.end.isoformat()}
    return ask_office(viewer, staff, StaffChangeKind.TIME_OFF_REMOVAL, kept, now)


@step
def settle_staff_change(
    *, viewer: Viewer, change: StaffChange, status: StaffChangeStatus, note: str = "", now: datetime
) -> None:
    """Write down how a waiting request ended, and tell it. InvalidTransition where it has ended before."""
    require_pending(change.status)
    change.review_note = clean_text(note, field=("note",), max_length=500, required=False, multiline=True)
    change.status = status
    if status != StaffChangeStatus.WITHDRAWN:
        change.reviewed_by_id, change.reviewed_at = viewer.user_id, now
    change.save(update_fields=["status", "review_note", "reviewed_by", "reviewed_at"])
    told = _TOLD[status](
        staff_id=change.staff_id, change_id=change.pk, change_kind=change.kind, actor_id=viewer.user_id
    )
    emit([told], now=now)


@use_case
def reject_staff_change(*, viewer: Viewer, change_id: int, note: str, now: datetime) -> StaffChange:
    """Turn a waiting request down and say why: the office that manages the member of staff. Required without a note."""
    require_permission(viewer, Permission.MANAGE_STAFF)
    change = staff_change_for(viewer, change_id, lock=True)
    require_change_staff(viewer, change.staff)
    note = clean_text(note, field=("note",), max_length=500, multiline=True)
    settle_staff_change(viewer=viewer, change=change, status=StaffChangeStatus.REJECTED, note=note, now=now)
    return change


@use_case
def withdraw_staff_change(*, viewer: Viewer, change_id: int, now: datetime) -> StaffChange:
    """Take one's own waiting request back. NotAllowed for anybody else's."""
    require_keep_time(viewer)
    change = staff_change_for(viewer, change_id, lock=True)
    if change.staff_id != viewer.staff_id:
        raise NotAllowed
    settle_staff_change(viewer=viewer, change=change, status=StaffChangeStatus.WITHDRAWN, now=now)
    return change


_TOLD = {
    StaffChangeStatus.APPROVED: StaffChangeApproved,
    StaffChangeStatus.REJECTED: StaffChangeRejected,
    StaffChangeStatus.WITHDRAWN: StaffChangeWithdrawn,
}


def ask_office(
    viewer: Viewer, staff: Staff, kind: StaffChangeKind, payload: Mapping[str, Any], now: datetime
) -> StaffChange:
    """Let a change wait for the office. The lock on the member of staff makes the look before the insert enough."""
    if StaffChange.objects.filter(staff=staff, kind=kind, status=StaffChangeStatus.PENDING).exists():
        raise AlreadyExists("A request of this kind waits already: withdraw it first.")
    change = StaffChange.objects.create(staff=staff, kind=kind, payload=payload, created_at=now)
    told = StaffChangeRequested(staff_id=staff.pk, change_id=change.pk, change_kind=kind, actor_id=viewer.user_id)
    emit([told], now=now)
    return change


def lock_timed(viewer: Viewer, staff_id: int) -> Staff:
    """The row, locked, if the viewer may change its time and places: NotSignedIn, NotAllowed or NotFound."""
    require_keep_time(viewer)
    staff = staff_for(viewer, staff_id, field=("staff_id",), lock=True)
    require_change_time(viewer, staff)
    return staff
