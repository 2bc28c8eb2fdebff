"""Every write of calendars."""

from backend.calendars.actions.feeds import FeedReading, NewFeed, create_feed, read_feed, revoke_feed
from backend.calendars.actions.people import erase_calendars, export_calendars

__all__ = ["FeedReading", "NewFeed", "create_feed", "erase_calendars", "export_calendars", "read_feed", "revoke_feed"]
