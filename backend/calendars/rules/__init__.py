"""What stands in whose calendar, and in which words."""

from backend.calendars.rules.addresses import require_server_url
from backend.calendars.rules.content import Audience, Content, VisitFacts, content_for, fingerprint
from backend.calendars.rules.feeds import FEED_AHEAD, FEED_BACK, calendar_file, etag_of
from backend.calendars.rules.states import (
    SYNC_AHEAD,
    SYNC_BACK,
    ConnectionState,
    EventState,
    Provider,
    event_key,
    retry_delay,
)
from backend.calendars.rules.wishes import CalendarSettings

__all__ = [
    "FEED_AHEAD",
    "FEED_BACK",
    "SYNC_AHEAD",
    "SYNC_BACK",
    "Audience",
    "CalendarSettings",
    "ConnectionState",
    "Content",
    "EventState",
    "Provider",
    "VisitFacts",
    "calendar_file",
    "content_for",
    "etag_of",
    "event_key",
    "fingerprint",
    "require_server_url",
    "retry_delay",
]
