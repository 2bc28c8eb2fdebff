"""Every write of calendars."""

from backend.calendars.actions.feeds import FeedReading, NewFeed, create_feed, read_feed, revoke_feed

__all__ = ["FeedReading", "NewFeed", "create_feed", "read_feed", "revoke_feed"]
