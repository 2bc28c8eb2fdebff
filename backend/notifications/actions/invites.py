"""Calendar files that go with messages about visits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from backend.core.business import business
from backend.notifications.queries import Person
from backend.notifications.rules import CalendarFile, Invite, calendar_file
from backend.scheduling.rules import AppointmentStatus


def invite(visit: Any, *, place: str) -> Invite:
    """A visit as its own calendar entry, as it stands now: whoever reads an older message later is not misled."""
    return Invite(
        appointment_id=visit.pk,
        sequence=visit.version,
        summary=f"{visit.service.name} ({business().name})",
        location=place,
        start=visit.start,
        end=visit.end,
        is_cancelled=visit.status in (AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW),
    )


def attached(visits: Sequence[Any], person: Person, *, place: str, now: datetime) -> CalendarFile | None:
    """The visits as a file for one person; None for no visits."""
    if not visits:
        return None
    rules = business()
    return calendar_file(
        [invite(visit, place=place) for visit in visits],
        organizer=rules.email,
        organizer_name=rules.name,
        attendee=person.email,
        written_at=now,
    )


def address_line(row: object) -> str:
    """An address on one line, of anything that has one."""
    parts = (getattr(row, name) for name in ("line1", "line2", "city", "postcode"))
    return ", ".join(part for part in parts if part)
