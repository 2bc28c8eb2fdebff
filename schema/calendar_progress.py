"""How far a calendar's sync is, as it goes on."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

import schema.calendars  # noqa: F401 - gives the state its name and description before it is used here
from backend.calendars.queries import SyncProgress, progress_of
from backend.calendars.rules import ConnectionState
from backend.core import clock
from backend.core.threads import in_thread
from backend.core.viewer import Viewer
from schema.context import Context, Info
from schema.ids import decode_id

LOOK_EVERY = 0.5
"""Seconds between two looks: the rows are the truth, and a sync is nobody's live business for long."""


@strawberry.type(description="How far a sync is.")
class CalendarSyncProgress:
    done: int = strawberry.field(description="Entries that it has dealt with.")
    total: int = strawberry.field(description="Entries that it looks at.")
    state: ConnectionState = strawberry.field(description="How far we are with the calendar.")
    is_running: bool = strawberry.field(description="Whether there is more to do; the last one told says false.")
    last_error: str = strawberry.field(description="What went wrong last; empty where nothing did.")

    @classmethod
    def of(cls, found: SyncProgress) -> "CalendarSyncProgress":
        return cls(
            done=found.done,
            total=found.total,
            state=found.state,
            is_running=found.is_running,
            last_error=found.last_error,
        )


@strawberry.type
class CalendarSubscription:
    @strawberry.subscription(
        description="How far a calendar's sync is: at once, then whenever it is further, until there is nothing more "
        "to do. Its owner, and admins."
    )
    async def calendar_sync_progress(
        self, info: Info, connection_id: Annotated[strawberry.ID, strawberry.argument(description="The calendar.")]
    ) -> AsyncGenerator[CalendarSyncProgress, None]:
        """Decides access before anything is sent, so that a refusal is an `error` message."""
        wanted = decode_id(connection_id, "CalendarConnection", ("connection_id",))
        first = await in_thread(progress_of, info.context.viewer, wanted, now=clock.now())
        return _go_on(info.context, wanted, first)


async def _go_on(
    context: Context, connection_id: int, told: SyncProgress
) -> AsyncGenerator[CalendarSyncProgress, None]:
    """Whoever loses sight of the calendar hears NOT_FOUND with the next look."""
    viewers: list[Viewer] = [context.viewer]
    context.rights_watchers.append(viewers.append)
    try:
        yield CalendarSyncProgress.of(told)
        while told.is_running:
            await asyncio.sleep(LOOK_EVERY)
            found = await in_thread(progress_of, viewers[-1], connection_id, now=clock.now())
            if found != told:
                told = found
                yield CalendarSyncProgress.of(told)
    finally:
        context.rights_watchers.remove(viewers.append)
