"""Addresses to subscribe to: made, read and taken back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from backend.calendars.events import CalendarFeedMade, CalendarFeedRevoked
from backend.calendars.models import CalendarFeed
from backend.calendars.permissions import require_take_away
from backend.calendars.queries import facts_of, feed_by_token, feed_for, own_feeds, visits_of, within
from backend.calendars.rules import FEED_AHEAD, FEED_BACK, calendar_file, etag_of
from backend.core.business import business
from backend.core.errors import NotFound, OutOfRange
from backend.core.idempotency import claim_key, settle_key
from backend.core.references import secret_token, token_hash
from backend.core.text import clean_text
from backend.core.throttle import Bucket, require_within
from backend.core.transactions import use_case
from backend.core.viewer import Viewer, require_signed_in
from backend.events.actions import emit

MAX_FEEDS = 10
"""Live addresses that one person may have."""

FEED_READS = Bucket("calendar-feed", capacity=60, per_second=1)
"""Sixty readings from one network address, then one a second."""

_NOTED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A feed with its address, which nobody can show again; empty where a repeated request made nothing."""

    row: CalendarFeed
    url: str


@dataclass(frozen=True, slots=True)
class FeedReading:
    """What a calendar program gets. `changed_at` is the first instant at which it was so, as far as anybody looked."""

    body: bytes
    etag: str
    changed_at: datetime


@use_case
def create_feed(*, viewer: Viewer, name: str, idempotency_key: str | None = None, now: datetime) -> NewFeed:
    """A new secret address of the viewer's visits. OutOfRange where they have MAX_FEEDS already."""
    user_id = require_signed_in(viewer)
    name = clean_text(name, field=("name",), max_length=100)
    claimed = claim_key(
        viewer=viewer, operation="createCalendarFeed", key=idempotency_key, given={"name": name}, now=now
    )
    if claimed.result_id is not None:
        return NewFeed(feed_for(viewer, claimed.result_id), "")
    if own_feeds(viewer).filter(revoked_at=None).count() >= MAX_FEEDS:
        raise OutOfRange(f"You have {MAX_FEEDS} addresses already: revoke one first.")
    token = secret_token()
    feed = CalendarFeed(user_id=user_id, name=name, token_hash=token_hash(token), changed_at=now, created_at=now)
    feed.save()
    settle_key(claimed, feed)
    emit([CalendarFeedMade(user_id=user_id, feed_id=feed.pk, actor_id=user_id)], now=now)
    return NewFeed(feed, f"{business().public_url}/calendars/feeds/{token}.ics")


@use_case
def revoke_feed(*, viewer: Viewer, feed_id: int, now: datetime) -> CalendarFeed:
    """Let an address open nothing any more, at once. Doing it twice is no error."""
    feed = feed_for(viewer, feed_id, field=("feed_id",), lock=True)
    require_take_away(viewer, feed)
    if feed.revoked_at is None:
        feed.revoked_at = now
        feed.save(update_fields=["revoked_at"])
        emit([CalendarFeedRevoked(user_id=feed.user_id, feed_id=feed.pk, actor_id=viewer.user_id)], now=now)
    return feed


@use_case
def read_feed(*, token: str, address: str, now: datetime) -> FeedReading:
    """The visits of whoever made the address, from a month ago to a year ahead, in the words for their role now.

    NotFound for an unknown or revoked address, which are never told apart; RateLimited by network address.
    """
    require_within(FEED_READS, address)
    feed = feed_by_token(token)
    if feed is None:
        raise NotFound("There is no such calendar.")
    audience, visits = visits_of(feed.user_id)
    # By the day, so that what has not changed reads the same all day long.
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    host = urlsplit(business().public_url).hostname or "rota"
    found = facts_of(within(visits, today - FEED_BACK, today + FEED_AHEAD))
    body = calendar_file(f"{business().name}: {feed.name}", audience, found, host=host)
    etag = etag_of(body)
    if etag != feed.etag:
        feed.etag, feed.changed_at = etag, now.replace(microsecond=0)
        feed.save(update_fields=["etag", "changed_at"])
    if feed.last_used_at is None or now - feed.last_used_at >= _NOTED_EVERY:
        feed.last_used_at = now
        feed.save(update_fields=["last_used_at"])
    return FeedReading(body=body, etag=etag, changed_at=feed.changed_at)
