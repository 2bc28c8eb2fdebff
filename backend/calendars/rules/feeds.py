"""A calendar as a file (RFC 5545) that Apple's, Google's and Microsoft's clients subscribe to."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta

from icalendar import Calendar, Event

from backend.calendars.rules.content import Audience, VisitFacts, content_for

FEED_BACK = timedelta(days=30)
"""How long a visit that is over stays in a feed."""

FEED_AHEAD = timedelta(days=366)
"""How far a feed looks ahead."""


def calendar_file(name: str, audience: Audience, visits: Iterable[VisitFacts], *, host: str) -> bytes:
    """The visits as an iCalendar stream, the same bytes for the same visits.

    UIDs last as long as the visit, whoever does it and whenever: a client changes what it has instead of adding to it.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Rota//Calendar feed//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for visit in visits:
        calendar.add_component(_entry(visit, audience, host))
    return bytes(calendar.to_ical())


def _entry(visit: VisitFacts, audience: Audience, host: str) -> Event:
    content = content_for(audience, visit)
    entry = Event()
    entry.add("uid", f"visit-{visit.appointment_id}@{host}")
    # Not the present: then no two answers would be the same, and no client could be told that nothing changed.
    entry.add("dtstamp", visit.created_at)
    entry.add("sequence", visit.version - 1)
    entry.add("dtstart", content.start)
    entry.add("dtend", content.end)
    entry.add("summary", content.summary)
    entry.add("description", content.description)
    entry.add("location", content.location)
    entry.add("status", "CONFIRMED")
    return entry


def etag_of(body: bytes) -> str:
    """A strong validator (RFC 9110 8.8.3), in its quotes."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
