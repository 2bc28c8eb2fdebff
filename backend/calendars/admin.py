"""Calendars in the back office: looked at, never typed. What lets us in is shown to nobody."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from backend.calendars.actions import disconnect_calendar, revoke_feed, sync_now
from backend.calendars.models import CalendarConnection, CalendarEvent, CalendarFeed
from backend.calendars.queries import connections_visible_to, events_visible_to, feeds_visible_to
from backend.calendars.rules import ConnectionState
from backend.core.admin import DatesFilter, ReadOnlyAdmin, RowAction
from backend.core.viewer import Viewer


@admin.register(CalendarConnection)
class CalendarConnectionAdmin(ReadOnlyAdmin):
    """Whose calendar is kept where, and whether it works."""

    icon = "calendar_month"
    list_display = ["user", "provider", "account", "state", "synced_at", "failures", "last_error", "created_at"]
    list_filter = ["state", "provider", ("created_at", DatesFilter)]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name", "account"]
    exclude = ["sealed", "nonce_hash"]
    row_actions = [
        RowAction(
            name="sync",
            label="Sync",
            done="is being synced",
            act=lambda viewer, row, now, _: sync_now(viewer=viewer, connection_id=row.pk, now=now),
            offered=lambda row: row.state == ConnectionState.CONNECTED,
        ),
        RowAction(
            name="disconnect",
            label="Disconnect",
            done="disconnected",
            act=lambda viewer, row, now, _: disconnect_calendar(viewer=viewer, connection_id=row.pk, now=now),
            offered=lambda row: row.state != ConnectionState.DISCONNECTED,
            style="danger",
        ),
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return connections_visible_to(viewer)


@admin.register(CalendarEvent)
class CalendarEventAdmin(ReadOnlyAdmin):
    """Which visit stands in which calendar."""

    icon = "event_note"
    list_display = ["appointment", "connection", "state", "synced_at"]
    list_filter = ["state", ("synced_at", DatesFilter)]
    list_select_related = ["appointment", "connection"]
    search_fields = ["=appointment__id", "connection__user__email", "external_id"]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return events_visible_to(viewer)


@admin.register(CalendarFeed)
class CalendarFeedAdmin(ReadOnlyAdmin):
    """Secret addresses: whose, and since when; the address itself is not kept."""

    icon = "rss_feed"
    list_display = ["name", "user", "created_at", "last_used_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter), ("created_at", DatesFilter)]
    list_select_related = ["user"]
    search_fields = ["name", "user__email", "user__name"]
    exclude = ["token_hash"]
    row_actions = [
        RowAction(
            name="revoke",
            label="Revoke",
            done="revoked",
            act=lambda viewer, row, now, _: revoke_feed(viewer=viewer, feed_id=row.pk, now=now),
            offered=lambda row: row.revoked_at is None,
            style="danger",
        )
    ]

    def visible_to(self, viewer: Viewer) -> QuerySet[Any]:
        return feeds_visible_to(viewer)
