"""Calendars: everybody's own, and admins take others' away."""

from tests.schema.matrix.words import (
    FORBIDDEN,
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

NOT_OFFERED = {NOBODY: UNAUTHENTICATED, "*": "PROVIDER_UNAVAILABLE"}
"""No app is registered with Google here: tests/backend/calendars connects."""
NOT_ASKED = {NOBODY: UNAUTHENTICATED, "*": "INVALID_TOKEN"}
OWN = {NOBODY: UNAUTHENTICATED, "*": NOT_FOUND, "staff admin": OK}

ROWS: tuple[Row, ...] = (
    listing("calendarConnections", {NOBODY: UNAUTHENTICATED, "*": SEES(), "staff": SEES("calendar")}),
    node("CalendarConnection", "calendar", {"staff admin": OK, "*": NULL}),
    mutation("connectCalendar", "authorizationUrl", NOT_OFFERED, given(provider="GOOGLE")),
    mutation(
        "connectCaldavCalendar",
        "connection { id }",
        SIGNED_IN,
        given(username="ada@icloud.example", password="abcd-efgh"),
    ),
    mutation("completeCalendarConnection", "connection { id }", NOT_ASKED, given(state="s", code="c")),
    mutation(
        "updateCalendarSettings",
        "connection { id }",
        OWN | {"admin": FORBIDDEN},
        given(connectionId="id:calendar", settings={"reminderMinutes": 10}),
    ),
    mutation("syncNow", "connection { id }", OWN, given(connectionId="id:calendar")),
    mutation("disconnectCalendar", "connection { id }", OWN, given(connectionId="id:calendar")),
    Row(
        "Subscription.calendarSyncProgress",
        "subscription($calendar: ID!) { calendarSyncProgress(connectionId: $calendar) { done total state isRunning } }",
        OWN,
        lambda world, who: {"calendar": world.id("calendar")},
    ),
    listing("calendarFeeds", {NOBODY: UNAUTHENTICATED, "*": SEES(), "staff": SEES("feed")}),
    node("CalendarFeed", "feed", {"staff admin": OK, "*": NULL}),
    mutation("createCalendarFeed", "url", SIGNED_IN, given(name="My phone")),
    mutation("revokeCalendarFeed", "feed { id }", OWN, given(feedId="id:feed")),
)
