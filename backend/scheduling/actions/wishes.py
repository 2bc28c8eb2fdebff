"""What staff ask the office for: carried out here, since an absence claims time, by the actions of the office."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Model

from backend.core.errors import Problems
from backend.core.transactions import as_step, use_case
from backend.core.viewer import Permission, Viewer, require_permission
from backend.scheduling.actions.time_off import add_time_off, remove_time_off
from backend.staff.actions import (
    add_service_area,
    ask_time_off,
    ask_time_off_removal,
    remove_schedule_exception,
    remove_service_area,
    remove_working_day,
    set_schedule_exception,
    set_working_hours,
    settle_staff_change,
)
from backend.staff.queries import staff_change_for, staff_of_time_off, waits_for_office
from backend.staff.rules import DayOfWeek, StaffChangeKind, StaffChangeStatus, require_pending, week_as_asked


def enter_time_off(
    *,
    viewer: Viewer,
    staff_id: int,
    start: datetime,
    end: datetime,
    reason: str = "",
    reassign: bool = False,
    idempotency_key: str | None = None,
    now: datetime,
) -> Model:
    """Keep visits away from somebody: the absence; or the request for it, where the viewer's own waits for the office.

    Raises as `add_time_off` does. A request is for the time alone: whether visits go to colleagues, the office decides
    by entering it. Of a kind one request waits at a time, so asking needs no idempotency key.
    """
    if waits_for_office(viewer, staff_id):
        return ask_time_off(viewer=viewer, staff_id=staff_id, start=start, end=end, reason=reason, now=now)
    return add_time_off(
        viewer=viewer,
        staff_id=staff_id,
        start=start,
        end=end,
        reason=reason,
        reassign=reassign,
        idempotency_key=idempotency_key,
        now=now,
    )


def take_time_off_back(*, viewer: Viewer, time_off_id: int, now: datetime) -> Model:
    """Give an absence's time back: the member of staff; or the request for it, as `enter_time_off` says."""
    if waits_for_office(viewer, staff_of_time_off(viewer, time_off_id)):
        return ask_time_off_removal(viewer=viewer, time_off_id=time_off_id, now=now)
    return remove_time_off(viewer=viewer, time_off_id=time_off_id, now=now)


@use_case
def approve_staff_change(
    *, viewer: Viewer, change_id: int, note: str = "", reassign: bool = False, now: datetime
) -> Model:
    """Carry a waiting request out, as if the office had entered it now; the request.

    Admins, and managers with `manage_staff` for whom they manage. What does not fit any more is refused as ever, and
    the request goes on waiting. A time off over visits is: with `reassign` these go to colleagues first, or all stay
    (NobodyTakesVisit, under `reassign`). To other wishes `reassign` says nothing.
    """
    require_permission(viewer, Permission.MANAGE_STAFF)
    change = staff_change_for(viewer, change_id, lock=True)
    require_pending(change.status)
    problems = Problems()
    with problems:
        _CARRY_OUT[StaffChangeKind(change.kind)](viewer, change.staff_id, change.payload | {"reassign": reassign}, now)
    for refusal in problems.refusals:
        if refusal.field != ("reassign",):
            refusal.field = ("change_id",)  # what is refused stands in the request, not in this input
    problems.raise_all()
    settle_staff_change(viewer=viewer, change=change, status=StaffChangeStatus.APPROVED, note=note, now=now)
    return change


Carry = Callable[[Viewer, int, Mapping[str, Any], datetime], object]
"""Who decides, whose wish it is, what was kept of it with the office's `reassign`, and the present."""


def _week(viewer: Viewer, staff_id: int, kept: Mapping[str, Any], now: datetime) -> object:
    return as_step(set_working_hours)(viewer=viewer, staff_id=staff_id, hours=week_as_asked(kept["hours"]), now=now)


def _working_day_removal(viewer: Viewer, staff_id: int, kept: Mapping[str, Any], now: datetime) -> object:
    return as_step(remove_working_day)(viewer=viewer, staff_id=staff_id, day=DayOfWeek(kept["day_of_week"]), now=now)


def _exception(viewer: Viewer, staff_id: int, kept: Mapping[str, Any], now: datetime) -> object:
    return as_step(set_schedule_exception)(
        viewer=viewer,
        staff_id=staff_id,
        date=date.fromisoformat(kept["date"]),
        start=time.fromisoformat(kept["start"]) if kept["start"] else None,
        end=time.fromisoformat(kept["end"]) if kept["end"] else None,
        reason=kept["reason"],
        now=now,
    )


def _exception_removal(viewer: Viewer, staff_id: int, kept: Mapping[str, Any], now: datetime) -> object:
    return as_step(remove_schedule_exception)(viewer=viewer, exception_id=kept["exception_id"], now=now)


def _area(viewer: Viewer, staff_id: int, kept: Mapping[str, Any], now: datetime) -> object:
    radius = Decimal(kept["radius_miles"])
    return as_step(add_service_area)(
        viewer=viewer, staff_id=staff_id, postcode=kept["postcode"], radius_miles=radius, now=now
    )


def _area_removal(viewer: Viewer, staff_id: int, kept: Mapping[str, Any], now: datetime) -> object:
    return as_step(remove_service_area)(viewer=viewer, area_id=kept["area_id"], now=now)


def _time_off(viewer: Viewer, staff_id: int, kept: Mapping[str, Any], now: datetime) -> object:
    return as_step(add_time_off)(
        viewer=viewer,
        staff_id=staff_id,
        start=datetime.fromisoformat(kept["start"]),
        end=datetime.fromisoformat(kept["end"]),
        reason=kept["reason"],
        reassign=kept["reassign"],
        now=now,
    )


def _time_off_removal(viewer: Viewer, staff_id: int, kept: Mapping[str, Any], now: datetime) -> object:
    return as_step(remove_time_off)(viewer=viewer, time_off_id=kept["time_off_id"], now=now)


_CARRY_OUT: Mapping[StaffChangeKind, Carry] = {
    StaffChangeKind.WORKING_HOURS: _week,
    StaffChangeKind.WORKING_DAY_REMOVAL: _working_day_removal,
    StaffChangeKind.EXCEPTION: _exception,
    StaffChangeKind.EXCEPTION_REMOVAL: _exception_removal,
    StaffChangeKind.AREA: _area,
    StaffChangeKind.AREA_REMOVAL: _area_removal,
    StaffChangeKind.TIME_OFF: _time_off,
    StaffChangeKind.TIME_OFF_REMOVAL: _time_off_removal,
}
