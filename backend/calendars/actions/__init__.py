"""Every write of calendars."""

from backend.calendars.actions.busy import read_busy_times
from backend.calendars.actions.connecting import (
    Asked,
    complete_connection,
    connect_caldav,
    connect_calendar,
    disconnect_calendar,
    forget_unanswered,
    sync_now,
    update_settings,
)
from backend.calendars.actions.feeds import FeedReading, NewFeed, create_feed, read_feed, revoke_feed
from backend.calendars.actions.following import follow_visit, replan
from backend.calendars.actions.people import erase_calendars, export_calendars
from backend.calendars.actions.syncing import lease_syncs, sync_connection

__all__ = [
    "Asked",
    "FeedReading",
    "NewFeed",
    "complete_connection",
    "connect_caldav",
    "connect_calendar",
    "create_feed",
    "disconnect_calendar",
    "erase_calendars",
    "export_calendars",
    "follow_visit",
    "forget_unanswered",
    "lease_syncs",
    "read_busy_times",
    "read_feed",
    "replan",
    "revoke_feed",
    "sync_connection",
    "sync_now",
    "update_settings",
]
