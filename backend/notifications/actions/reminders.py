"""Reminding people of their visits (docs/adr/0029-reminders-are-found-not-planned.md)."""

from datetime import datetime
from typing import Any

from backend.core.transactions import step
from backend.events.queries import last_told
from backend.notifications.actions.bookings import link_of, person_of, visit_values
from backend.notifications.actions.writing import tell, voice_for
from backend.notifications.models import Reminder
from backend.notifications.rules import LONGEST_LEAD, MessageKind, Upcoming, due_reminder
from backend.scheduling.queries.bookings import bookings_starting


@step
def remind(*, limit: int, now: datetime) -> int:
    """Write up to `limit` reminders that are due; how many there were.

    Looks at the visits as they stand, so that a moved one is told of at its new time and a cancelled one never. What
    waits in the log is looked at once more before it is sent.
    """
    written = 0
    bookings = list(bookings_starting(after=now, until=now + LONGEST_LEAD))
    ids = [each.appointment_id for each in bookings]
    told_at = last_told({"appointment.moved", "appointment.confirmed"}, ids)
    told = set(Reminder.objects.filter(appointment__in=ids).values_list("appointment_id", "kind", "start"))
    for booking in bookings:
        visit = booking.appointment
        upcoming = Upcoming(visit.pk, visit.start, max(visit.created_at, told_at.get(visit.pk, visit.created_at)))
        kind = due_reminder(upcoming, now)
        if kind is None or (visit.pk, kind.value, visit.start) in told:
            continue
        if written == limit:
            break
        _remind(kind, upcoming, booking, now)
        written += 1
    return written


def _remind(kind: MessageKind, upcoming: Upcoming, booking: Any, now: datetime) -> None:
    # Were another at it at the same time, the constraint would keep one row, and one Message-ID one mail.
    row = Reminder(appointment_id=upcoming.appointment_id, kind=kind, start=upcoming.start, created_at=now)
    Reminder.objects.bulk_create([row], ignore_conflicts=True)
    to = person_of(booking)
    visit = booking.appointment
    tell(
        kind=kind,
        person=to,
        values=visit_values(booking, voice_for(to), visit.start, visit.end, now=now),
        about=f"reminder:{visit.pk}:{visit.start.isoformat()}",
        link=link_of(booking),
        reminder_of=upcoming,
        visit_start=visit.start,
        now=now,
    )
