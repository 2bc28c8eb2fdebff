"""Visits in people's own calendars: connections that are kept equal, and addresses to subscribe to."""

from typing import Any

import strawberry
import strawberry_django
from django.db.models import QuerySet

from backend.calendars import actions, queries
from backend.calendars.models import CalendarFeed as CalendarFeedModel
from backend.core.viewer import Viewer
from schema.connections import Connection
from schema.context import Info
from schema.ids import decode_id
from schema.nodes import VisibleNode
from schema.payloads import Payload, mutation, reread


@strawberry_django.type(
    CalendarFeedModel, description="A secret address at which calendar programs read somebody's visits."
)
class CalendarFeed(VisibleNode):
    name: strawberry.auto
    created_at: strawberry.auto
    last_used_at: strawberry.auto
    revoked_at: strawberry.auto

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.feeds_visible_to(viewer)


@strawberry.type
class CalendarsQuery:
    @strawberry_django.connection(
        Connection[CalendarFeed], description="The viewer's own feeds, revoked ones included, the newest first."
    )
    def calendar_feeds(self, info: Info) -> QuerySet[CalendarFeedModel]:
        return queries.own_feeds(info.context.viewer)


@strawberry.input(description="A feed to make.")
class CreateCalendarFeedInput:
    name: str = strawberry.field(description="What you call it, such as `My phone`.")
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")


@strawberry.input(description="The feed to take back.")
class RevokeCalendarFeedInput:
    feed_id: strawberry.ID = strawberry.field(description="The feed.")


@strawberry.type(description="Answer with a feed.")
class CalendarFeedPayload(Payload):
    url: str | None = strawberry.field(
        default=None,
        description="Its address, shown this once: whoever has it reads the visits. Null where a repeated request made "
        "nothing.",
    )

    @strawberry_django.field(description="The feed as it is now.")
    def feed(self) -> CalendarFeed | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type
class CalendarsMutation:
    @mutation(
        description="Make a secret address at which any calendar program can subscribe to the viewer's visits: a "
        "customer's own, those in the day of a member of staff, those of whom a manager manages. At most 10."
    )
    def create_calendar_feed(self, info: Info, input: CreateCalendarFeedInput) -> CalendarFeedPayload:
        made = actions.create_feed(
            viewer=info.context.viewer, name=input.name, idempotency_key=input.idempotency_key, now=info.context.now
        )
        return CalendarFeedPayload(row=made.row, url=made.url or None)

    @mutation(description="Let a feed's address open nothing any more. Its owner, and admins.")
    def revoke_calendar_feed(self, info: Info, input: RevokeCalendarFeedInput) -> CalendarFeedPayload:
        feed = actions.revoke_feed(
            viewer=info.context.viewer,
            feed_id=decode_id(input.feed_id, "CalendarFeed", ("feed_id",)),
            now=info.context.now,
        )
        return CalendarFeedPayload(row=feed)
