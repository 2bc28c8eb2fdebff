"""Visits as a calendar reads them (RFC 5545, RFC 5546)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from icalendar import Calendar, Event, vCalAddress, vText


class Method(StrEnum):
    """What a calendar is to do with it."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"
    """Several visits at once: a request is about one (RFC 5546, 3.2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """A visit as its own calendar entry: what is done, when and where, and nobody's name."""

    appointment_id: int
    sequence: int
    """Grows with each change of the visit: the higher one is the truth."""
    summary: str
    location: str
    start: datetime
    end: datetime
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """A file to be attached."""

    method: str
    content: str


def uid_of(appointment_id: int, host: str) -> str:
    """The same for a visit for ever, and another for every installation."""
    return f"visit-{appointment_id}@{host}"


def calendar_file(
    invites: Sequence[Invite], *, organizer: str, organizer_name: str, attendee: str, written_at: datetime
) -> CalendarFile:
    """The visits as one file, in UTC. One visit is a REQUEST, or a CANCEL; several are published together."""
    method = Method.PUBLISH if len(invites) > 1 else Method.CANCEL if invites[0].is_cancelled else Method.REQUEST
    calendar = Calendar()
    calendar.add("prodid", "-//Rota//Messages//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method.value)
    for invite in invites:
        event = Event()
        event.add("uid", uid_of(invite.appointment_id, organizer.rpartition("@")[2]))
        event.add("sequence", invite.sequence)
        event.add("dtstamp", written_at.astimezone(UTC))
        event.add("dtstart", invite.start.astimezone(UTC))
        event.add("dtend", invite.end.astimezone(UTC))
        event.add("summary", invite.summary)
        event.add("location", invite.location)
        event.add("status", "CANCELLED" if invite.is_cancelled else "CONFIRMED")
        sender = vCalAddress(f"MAILTO:{organizer}")
        sender.params["CN"] = vText(organizer_name)
        event.add("organizer", sender)
        if method is not Method.PUBLISH:
            guest = vCalAddress(f"MAILTO:{attendee}")
            guest.params["PARTSTAT"] = vText("ACCEPTED")
            guest.params["RSVP"] = vText("FALSE")
            event.add("attendee", guest)
        calendar.add_component(event)
    return CalendarFile(method.value, calendar.to_ical().decode())
