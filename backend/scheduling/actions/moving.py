"""Moving visits to another time."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from psycopg.types.range import Range

from backend.core.errors import InvalidTransition
from backend.core.transactions import step
from backend.events.actions import emit
from backend.scheduling.actions.booking import claim_time
from backend.scheduling.actions.progress import locked_visits, snapshot, told
from backend.scheduling.errors import NotWorking
from backend.scheduling.events import AppointmentMoved
from backend.scheduling.models import Appointment, Claim, CustomerAppointment
from backend.scheduling.queries import workloads
from backend.scheduling.rules import OPEN_STATUSES, AppointmentStatus, ClaimKind, cancellation_deadline
from backend.staff.queries import lock_staff


@step
def move_visits(
    *,
    starts: Mapping[int, datetime],
    outside_hours: bool = False,
    order_id: int | None,
    actor_id: int | None,
    now: datetime,
) -> list[Appointment]:
    """Give open visits new starts, by id: all of them, or SlotTaken. They may slide over each other's old time.

    They keep their length and their member of staff; deadlines count from the new start. Closed visits stay as they
    are. Raises InvalidTransition for work that has begun, and NotWorking unless `outside_hours`. After SlotTaken the
    transaction is broken and must be left to fail.
    """
    # Staff before visits: whoever claims time queues up at the person.
    lock_staff(Appointment.objects.filter(pk__in=starts).values_list("staff_id", flat=True))
    rows = list(locked_visits(starts).filter(status__in=OPEN_STATUSES))
    if any(row.status == AppointmentStatus.IN_PROGRESS for row in rows):
        raise InvalidTransition("The work has begun: it can't be moved any more.")
    before = {row.pk: snapshot(row) for row in rows}
    for row in rows:
        row.start, row.end, row.version = starts[row.pk], starts[row.pk] + (row.end - row.start), row.version + 1
        row.booking.cancellation_deadline = cancellation_deadline(row.start, row.booking.policy_hours)
    if rows and not outside_hours:
        _require_working(rows)
    Appointment.objects.bulk_update(rows, ["start", "end", "version"])
    CustomerAppointment.objects.bulk_update([row.booking for row in rows], ["cancellation_deadline"])
    _claim_again(rows)
    emit([AppointmentMoved(**told(row, before[row.pk], order_id, actor_id)) for row in rows], now=now)
    return rows


def _require_working(rows: Sequence[Appointment]) -> None:
    people = workloads(
        place=None,
        service_ids=(),
        start=min(row.start for row in rows),
        end=max(row.end for row in rows),
        staff_ids={row.staff_id for row in rows},
    )
    by_id = {person.staff_id: person for person in people}
    if not all(by_id[row.staff_id].works_through(row.start, row.end) for row in rows):
        raise NotWorking("The time lies outside the working hours of whoever comes.")


def _claim_again(rows: Sequence[Appointment]) -> None:
    """All old claims go before the first new one comes, so that the visits are not in each other's way."""
    Claim.objects.filter(appointment__in=rows).delete()
    claim_time(
        [
            Claim(
                staff_id=row.staff_id,
                period=Range(row.start, row.end + timedelta(minutes=row.buffer_minutes)),
                kind=ClaimKind.APPOINTMENT,
                appointment=row,
            )
            for row in rows
        ]
    )
