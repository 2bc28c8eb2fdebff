"""Calendars: everybody's own, and admins take others' away."""

from tests.schema.matrix.words import (
    NOBODY,
    NOT_FOUND,
    NULL,
    OK,
    SEES,
    SIGNED_IN,
    UNAUTHENTICATED,
    Row,
    given,
    listing,
    mutation,
    node,
)

OWN = {NOBODY: UNAUTHENTICATED, "*": NOT_FOUND, "staff admin": OK}

ROWS: tuple[Row, ...] = (
    listing("calendarFeeds", {NOBODY: UNAUTHENTICATED, "*": SEES(), "staff": SEES("feed")}),
    node("CalendarFeed", "feed", {"staff admin": OK, "*": NULL}),
    mutation("createCalendarFeed", "url", SIGNED_IN, given(name="My phone")),
    mutation("revokeCalendarFeed", "feed { id }", OWN, given(feedId="id:feed")),
)
