"""What happens to visits, as it happens."""

from collections.abc import AsyncGenerator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import strawberry
import strawberry_django
from strawberry.utils.aio import aclosing

from backend.core.errors import AccessError, NotAllowed, NotFound, Refusal
from backend.core.threads import in_thread
from backend.core.viewer import Role, Viewer, require_signed_in
from backend.events.queries import Cursor, log_end, readable_from
from backend.scheduling import queries as scheduling
from backend.scheduling.rules import AppointmentStatus
from backend.staff import queries as staffing
from schema.context import Info
from schema.cursors import decode_cursor, encode_cursor
from schema.enums import declare
from schema.feed import LiveEvent, Previous, Subscriber, the_feed
from schema.ids import decode_optional_id
from schema.scheduling import Appointment
from schema.sharing import Answers, SharedStream, at_hand, audience_of, covers, selection_key, selections_of
from schema.staff import Staff

_STAFF_AT_HAND = at_hand("id", "name")
_VISIT_AT_HAND = at_hand(
    "id",
    "status",
    "start",
    "end",
    "version",
    staff=_STAFF_AT_HAND,
    service=at_hand("id", "name"),
    address=at_hand("line1", "line2", "city", "postcode", "country"),
)
_EVENT_AT_HAND = at_hand(
    "cursor",
    "type",
    "occurredAt",
    appointment=_VISIT_AT_HAND,
    previous=at_hand("start", "end", "status", staff=_STAFF_AT_HAND),
)
"""What the feed has loaded, and everyone who hears of an event may see alike (schema/sharing.py)."""


class ScheduleEventType(StrEnum):
    BOOKED = "BOOKED"
    MOVED = "MOVED"
    CONFIRMED = "CONFIRMED"
    STARTED = "STARTED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"


declare(
    ScheduleEventType,
    name="ScheduleEventType",
    description="What happened to a visit.",
    values={
        ScheduleEventType.BOOKED: "It is new in somebody's schedule.",
        ScheduleEventType.MOVED: "It has another time, or somebody else comes; `previous` tells how it was.",
        ScheduleEventType.CONFIRMED: "The office has confirmed it.",
        ScheduleEventType.STARTED: "The work has begun.",
        ScheduleEventType.COMPLETED: "The work is done.",
        ScheduleEventType.CANCELLED: "It was called off.",
        ScheduleEventType.NO_SHOW: "Somebody came, and met nobody.",
    },
)


@strawberry.type(description="A visit as it was before something happened.")
class PreviousAppointment:
    was: strawberry.Private[Previous]

    @strawberry.field(description="Start, in UTC.")
    def start(self) -> datetime:
        return self.was.start

    @strawberry.field(description="End, in UTC.")
    def end(self) -> datetime:
        return self.was.end

    @strawberry.field(description="Where the visit stood.")
    def status(self) -> AppointmentStatus:
        return AppointmentStatus(self.was.status)

    @strawberry_django.field(description="Who was to do it.")
    def staff(self, info: Info) -> Staff | None:
        person = self.was.staff
        if person is None or covers(_STAFF_AT_HAND, selections_of(info)):
            return person  # type: ignore[return-value]
        return staffing.staff_rows({person.pk})  # type: ignore[return-value]


@strawberry.type(description="Something that happened to a visit.")
class ScheduleEvent:
    told: strawberry.Private[LiveEvent]

    @strawberry.field(description="Give it as `after` to go on behind this event.")
    def cursor(self) -> str:
        return encode_cursor(self.told.cursor)

    @strawberry.field(description="What happened.")
    def type(self) -> ScheduleEventType:
        return ScheduleEventType(self.told.kind.partition(".")[2].upper())

    @strawberry.field(description="When it happened, in UTC.")
    def occurred_at(self) -> datetime:
        return self.told.occurred_at

    @strawberry_django.field(description="The visit as it is now; null where it was erased since.")
    def appointment(self, info: Info) -> Appointment | None:
        row = self.told.appointment
        if row is None or covers(_VISIT_AT_HAND, selections_of(info)):
            return row  # type: ignore[return-value]
        # Whoever hears of the event may see its visit, also one that was taken away from them.
        return scheduling.appointment_rows({row.pk})  # type: ignore[return-value]

    @strawberry.field(description="The visit before; null for a new one.")
    def previous(self) -> PreviousAppointment | None:
        return PreviousAppointment(was=self.told.previous) if self.told.previous else None


@strawberry.type
class LiveSubscription:
    @strawberry.subscription(
        description="What happens to visits. With `after`, first everything since that cursor, in order, exactly once;"
        " then it stays live. Staff hear of their own visits; managers and admins of one member of staff, or of all"
        " that they manage."
    )
    async def schedule_events(
        self,
        info: Info,
        staff_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only this member of staff; by default all visible.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="A cursor of `schedule` or of an earlier event.")
        ] = None,
    ) -> AsyncGenerator[ScheduleEvent, None]:
        """Decides access and the starting place before anything is sent, so that a refusal is an `error` message."""
        wanted = decode_optional_id(staff_id, "Staff", ("staff_id",))
        subscriber = Subscriber(hears_of(info.context.viewer, wanted))
        cursor = None if after is None else decode_cursor(after)
        return _once(ScheduleStream(info, subscriber, wanted, await in_thread(_start, cursor)))


def hears_of(viewer: Viewer, staff_id: int | None) -> frozenset[int] | None:
    """Whose visits a viewer hears of; None is everyone's.

    Raises NotSignedIn for nobody, NotAllowed for customers and NotFound for a member of staff out of sight.
    """
    require_signed_in(viewer)
    mine: frozenset[int] | None
    if viewer.role is Role.STAFF and viewer.staff_id is not None:
        mine = frozenset({viewer.staff_id})
    elif viewer.is_office:
        managed = viewer.manager.staff_ids if viewer.manager else frozenset()
        mine = None if viewer.manages_all else managed
    else:
        raise NotAllowed
    if staff_id is None:
        return mine
    if mine is not None and staff_id not in mine:
        raise NotFound("There is no such member of staff.", ("staff_id",))
    return frozenset({staff_id})


def _start(after: Cursor | None) -> Cursor:
    """Where to begin: behind the client's cursor, or now. CursorExpired for a place that the log does not have."""
    return log_end() if after is None else readable_from(after)


class ScheduleStream(SharedStream):
    """One subscription: who asks, for what, from where on."""

    def __init__(self, info: Info, subscriber: Subscriber, staff_id: int | None, place: Cursor) -> None:
        self._context = info.context
        self._subscriber = subscriber
        self._staff_id = staff_id
        self._place = place
        self._selection = selection_key(info)
        self._is_same_for_all = covers(_EVENT_AT_HAND, selections_of(info))
        self._see(info.context.viewer)

    async def events(self) -> AsyncGenerator[LiveEvent, None]:
        """Replay, then live. Raises what ends the subscription: FellBehind, or that access was lost."""
        self._context.rights_watchers.append(self._rights_changed)
        try:
            async with aclosing(the_feed().events(self._subscriber, after=self._place)) as events:
                async for event in events:
                    yield event
        finally:
            self._context.rights_watchers.remove(self._rights_changed)

    def root_of(self, event: LiveEvent) -> ScheduleEvent:
        return ScheduleEvent(told=event)

    def answers_of(self, event: LiveEvent) -> Answers:
        return event.answers

    def _see(self, viewer: Viewer) -> None:
        self.audience = audience_of(viewer)
        self.answer_key = (self._selection, None if self._is_same_for_all else self.audience)

    def _rights_changed(self, viewer: Viewer) -> None:
        self._see(viewer)
        try:
            the_feed().retarget(self._subscriber, hears_of(viewer, self._staff_id))
        except (AccessError, Refusal) as refusal:
            self._subscriber.end(refusal)


async def _once(stream: ScheduleStream) -> AsyncGenerator[Any, None]:
    yield stream
