"""Visits in people's own calendars: connections that are kept equal, and addresses to subscribe to."""

from typing import Any

import strawberry
import strawberry_django
from django.db.models import QuerySet

from backend.calendars import actions, queries
from backend.calendars.models import CalendarConnection as CalendarConnectionModel
from backend.calendars.models import CalendarFeed as CalendarFeedModel
from backend.calendars.rules import CalendarSettings as Wishes
from backend.calendars.rules import ConnectionState, Provider
from backend.core.viewer import Viewer
from schema.connections import Connection
from schema.context import Info
from schema.enums import declare
from schema.ids import decode_id
from schema.nodes import VisibleNode
from schema.payloads import Payload, mutation, reread

declare(
    Provider,
    name="CalendarProvider",
    description="With whom a calendar is.",
    values={
        Provider.GOOGLE: "Google Calendar.",
        Provider.OUTLOOK: "Microsoft: Outlook and Microsoft 365.",
        Provider.APPLE: "iCloud, or any server that speaks CalDAV with a password.",
    },
)
declare(
    ConnectionState,
    name="CalendarConnectionState",
    description="How far we are with a calendar.",
    values={
        ConnectionState.AUTHORIZING: "Its owner was sent to the provider to agree.",
        ConnectionState.CONNECTING: "We were given what lets us in, and have not tried it yet.",
        ConnectionState.CONNECTED: "It is kept equal to the visits.",
        ConnectionState.BROKEN: "The provider lets us in no more: its owner has to connect it anew.",
        ConnectionState.DISCONNECTED: "It was taken away from us.",
    },
)


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


@strawberry.type(description="How a calendar is kept.")
class CalendarSettings:
    reminder_minutes: int | None = strawberry.field(
        description="Minutes before the start at which the calendar reminds; null for what it does by itself."
    )
    all_visits: bool = strawberry.field(description="Whether it has all visits of the business. For admins.")
    busy_blocks: bool = strawberry.field(
        description="Whether what else stands in it keeps visits away. For staff, where the business wants it."
    )


@strawberry_django.type(
    CalendarConnectionModel, description="Somebody's calendar at a provider, kept equal to their visits."
)
class CalendarConnection(VisibleNode):
    account: strawberry.auto
    last_error: strawberry.auto
    synced_at: strawberry.auto
    created_at: strawberry.auto

    @strawberry_django.field(only=["provider"], description="With whom it is.")
    def provider(self) -> Provider:
        return Provider(self.provider)

    @strawberry_django.field(only=["state"], description="How far we are with it.")
    def state(self) -> ConnectionState:
        return ConnectionState(self.state)

    @strawberry_django.field(only=["settings"], description="How it is kept.")
    def settings(self) -> CalendarSettings:
        wishes = Wishes.from_json(self.settings)
        return CalendarSettings(**wishes.as_json())

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.connections_visible_to(viewer)


@strawberry.type
class CalendarsQuery:
    @strawberry_django.connection(
        Connection[CalendarConnection],
        description="The viewer's own calendars, those that were disconnected included, the newest first.",
    )
    def calendar_connections(self, info: Info) -> QuerySet[CalendarConnectionModel]:
        return queries.own_connections(info.context.viewer)

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


@strawberry.input(description="How a calendar should be kept; what is left out is as it is at first.")
class CalendarSettingsInput:
    reminder_minutes: int | None = strawberry.field(
        default=None, description="Minutes before the start, at most four weeks; null for the calendar's own."
    )
    all_visits: bool = strawberry.field(default=False, description="All visits of the business. For admins.")
    busy_blocks: bool = strawberry.field(
        default=False, description="Let what else stands in it keep visits away. For staff."
    )

    def wishes(self) -> Wishes:
        return Wishes(reminder_minutes=self.reminder_minutes, all_visits=self.all_visits, busy_blocks=self.busy_blocks)


@strawberry.input(description="A calendar to connect at Google or Microsoft.")
class ConnectCalendarInput:
    provider: Provider = strawberry.field(description="With whom it is.")
    settings: CalendarSettingsInput = strawberry.field(
        default_factory=CalendarSettingsInput, description="How it should be kept."
    )


@strawberry.input(description="A calendar to connect at iCloud, or at any server that speaks CalDAV.")
class ConnectCaldavCalendarInput:
    username: str = strawberry.field(description="At iCloud the Apple account's e-mail.")
    password: str = strawberry.field(description="An app password; never that of the account itself.")
    server_url: str = strawberry.field(
        default="https://caldav.icloud.com/", description="The server; https, and on the internet."
    )
    settings: CalendarSettingsInput = strawberry.field(
        default_factory=CalendarSettingsInput, description="How it should be kept."
    )


@strawberry.input(description="What the provider sent somebody back with.")
class CompleteCalendarConnectionInput:
    state: str = strawberry.field(description="The parameter `state`.")
    code: str = strawberry.field(description="The parameter `code`.")


@strawberry.input(description="A calendar, and how it should be kept.")
class UpdateCalendarSettingsInput:
    connection_id: strawberry.ID = strawberry.field(description="The calendar.")
    settings: CalendarSettingsInput = strawberry.field(description="All of it replaces what was.")


@strawberry.input(description="The calendar to take away from us.")
class DisconnectCalendarInput:
    connection_id: strawberry.ID = strawberry.field(description="The calendar.")


@strawberry.input(description="The calendar to look at.")
class SyncNowInput:
    connection_id: strawberry.ID = strawberry.field(description="The calendar.")


@strawberry.type(description="Answer with a calendar.")
class CalendarConnectionPayload(Payload):
    @strawberry_django.field(description="The calendar as it is now.")
    def connection(self) -> CalendarConnection | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer with a calendar that its owner still has to agree to.")
class ConnectCalendarPayload(CalendarConnectionPayload):
    authorization_url: str | None = strawberry.field(
        default=None,
        description="Where to send its owner within ten minutes. They come back to `/calendars/connected` of the web "
        "client with `state` and `code`, for `completeCalendarConnection`, or with `error`.",
    )


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
    @mutation(description="Begin to connect a calendar at Google or Microsoft. Anybody signed in, their own.")
    def connect_calendar(self, info: Info, input: ConnectCalendarInput) -> ConnectCalendarPayload:
        asked = actions.connect_calendar(
            viewer=info.context.viewer, provider=input.provider, wishes=input.settings.wishes(), now=info.context.now
        )
        return ConnectCalendarPayload(row=asked.row, authorization_url=asked.url)

    @mutation(
        description="Connect a calendar at iCloud, or at any server that speaks CalDAV. The name and the password are "
        "tried afterwards: the calendar's `state` tells. Anybody signed in, their own."
    )
    def connect_caldav_calendar(self, info: Info, input: ConnectCaldavCalendarInput) -> CalendarConnectionPayload:
        row = actions.connect_caldav(
            viewer=info.context.viewer,
            server_url=input.server_url,
            username=input.username,
            password=input.password,
            wishes=input.settings.wishes(),
            now=info.context.now,
        )
        return CalendarConnectionPayload(row=row)

    @mutation(
        description="Hand over what the provider sent the viewer back with, once, within ten minutes of "
        "`connectCalendar` by the same person. The calendar is then being connected: its `state` tells when it is."
    )
    def complete_calendar_connection(
        self, info: Info, input: CompleteCalendarConnectionInput
    ) -> CalendarConnectionPayload:
        row = actions.complete_connection(
            viewer=info.context.viewer, state=input.state, code=input.code, now=info.context.now
        )
        return CalendarConnectionPayload(row=row)

    @mutation(description="Keep a calendar in another way. Its owner.")
    def update_calendar_settings(self, info: Info, input: UpdateCalendarSettingsInput) -> CalendarConnectionPayload:
        row = actions.update_settings(
            viewer=info.context.viewer,
            connection_id=_connection_id(input),
            wishes=input.settings.wishes(),
            now=info.context.now,
        )
        return CalendarConnectionPayload(row=row)

    @mutation(
        description="Write a calendar anew, now: what was deleted or changed there by hand stands again afterwards. "
        "`calendarSyncProgress` tells how far it is. Its owner, and admins."
    )
    def sync_now(self, info: Info, input: SyncNowInput) -> CalendarConnectionPayload:
        row = actions.sync_now(viewer=info.context.viewer, connection_id=_connection_id(input), now=info.context.now)
        return CalendarConnectionPayload(row=row)

    @mutation(
        description="Leave a calendar: visits to come are taken out of it, and the access is given back. Its owner, "
        "and admins."
    )
    def disconnect_calendar(self, info: Info, input: DisconnectCalendarInput) -> CalendarConnectionPayload:
        row = actions.disconnect_calendar(
            viewer=info.context.viewer, connection_id=_connection_id(input), now=info.context.now
        )
        return CalendarConnectionPayload(row=row)

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


def _connection_id(given: UpdateCalendarSettingsInput | SyncNowInput | DisconnectCalendarInput) -> int:
    return decode_id(given.connection_id, "CalendarConnection", ("connection_id",))
