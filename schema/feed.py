"""The live feed of one process: reads each new event of the log once and hands it to whoever may hear of it.

The channel layer only knocks; the log is the truth. The reader looks when there was a knock and on a slow timer, so a
lost message, or Redis being away, costs a second and nothing else. Its place in the log moves over settled events only
(backend/events/queries.py): a long transaction holds the feed back until it ends, for nothing may be told out of order.

Nobody waits for a slow subscriber: each has a bounded queue, and one that overflows is told to come back with its
cursor, which loses nothing and keeps memory flat.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from weakref import WeakKeyDictionary

import structlog
from channels.layers import get_channel_layer
from django.db.models import Model, Q, QuerySet

from backend.core.errors import AccessError
from backend.core.threads import in_thread
from backend.core.wakeup import GROUP
from backend.events.models import Event
from backend.events.queries import Cursor, log_end, settled_after
from backend.scheduling import queries as scheduling
from backend.scheduling.models import Appointment
from backend.staff import queries as staffing
from backend.staff.models import Staff
from schema.sharing import Answers

M = TypeVar("M", bound=Model)

PREFIX = "appointment."
"""Events of these kinds are told; readers of the log pass over all others."""

PAGE = 500
"""Events read in one go."""

TIMER = 1.0
"""Seconds after which the reader looks without having been woken."""

SOON = 0.02
"""Seconds after which it looks again when a knock came before its event had settled; doubles up to TIMER."""

MAX_BEHIND = 1_000
"""Events that may wait for one subscriber."""

_LONGEST_PAUSE = 5.0
_DEAF_AFTER = 3
_log = structlog.get_logger(__name__)


@dataclass
class FellBehind(AccessError):
    """The subscriber reads more slowly than events come."""

    code: ClassVar[str] = "FELL_BEHIND"

    message: str = "Events come faster than you read them. Subscribe again after your last cursor."


@dataclass(frozen=True, slots=True)
class Previous:
    """A visit as it was before."""

    start: datetime
    end: datetime
    status: str
    staff: Staff | None


@dataclass(eq=False, slots=True)
class LiveEvent:
    """One event with the rows that it speaks of, shared by all who hear of it.

    `answers` keeps what the selections of subscribers made of it, so that a thousand equal ones cost one.
    """

    cursor: Cursor
    kind: str
    occurred_at: datetime
    staff_ids: frozenset[int]
    appointment_id: int
    appointment: Appointment | None
    previous: Previous | None
    answers: Answers = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """Some events in order, and the place up to which nothing else is to be told."""

    events: list[LiveEvent]
    end: Cursor
    is_last: bool


def read_page(after: Cursor, *, until: Cursor | None = None, staff_ids: frozenset[int] | None = None) -> Page:
    """Visits' settled events in (`after`, `until`], of some members of staff or of all. Four statements at most."""
    end = until or log_end()  # before the events: what settles in between is read and lies after it
    rows = settled_after(after).filter(kind__startswith=PREFIX)
    if until is not None:
        rows = rows.filter(
            Q(transaction__lt=until.transaction) | Q(transaction=until.transaction, id__lte=until.event_id)
        )
    if staff_ids is not None:
        rows = rows.filter(Q(staff_id__in=staff_ids) | Q(data__previous__staff_id__in=list(staff_ids)))
    found = list(rows[:PAGE])
    events = _with_rows(found, end.epoch)
    if len(found) == PAGE:
        return Page(events, events[-1].cursor, is_last=False)
    return Page(events, max([after, end, *(event.cursor for event in events[-1:])]), is_last=True)


def _with_rows(events: list[Event], epoch: str) -> list[LiveEvent]:
    """Every appointment and member of staff loaded once, however many events speak of them."""
    appointments = _by_id(scheduling.appointment_rows(event.appointment_id for event in events if event.appointment_id))
    previous = [event.data.get("previous") or {} for event in events]
    people = _by_id(staffing.staff_rows(was["staff_id"] for was in previous if was))
    return [
        LiveEvent(
            cursor=Cursor(event.transaction, event.pk, epoch),
            kind=event.kind,
            occurred_at=event.occurred_at,
            staff_ids=frozenset(i for i in (event.staff_id, was.get("staff_id")) if i is not None),
            appointment_id=event.appointment_id or 0,
            appointment=appointments.get(event.appointment_id or 0),
            previous=_previous(was, people) if was else None,
        )
        for event, was in zip(events, previous, strict=True)
    ]


def _by_id(rows: QuerySet[M]) -> dict[int, M]:
    return {row.pk: row for row in rows}


def _previous(was: dict[str, Any], people: dict[int, Staff]) -> Previous:
    return Previous(
        start=datetime.fromisoformat(was["start"]),
        end=datetime.fromisoformat(was["end"]),
        status=was["status"],
        staff=people.get(was["staff_id"]),
    )


class Subscriber:
    """One subscription's place at the feed. `staff_ids` is None for someone who hears of everyone."""

    def __init__(self, staff_ids: frozenset[int] | None) -> None:
        self.staff_ids = staff_ids
        self._waiting: deque[LiveEvent] = deque()
        self._ready = asyncio.Event()
        self._end: Exception | None = None

    def offer(self, event: LiveEvent) -> None:
        """Queue an event, or end with FellBehind after what is queued."""
        if len(self._waiting) >= MAX_BEHIND:
            self.end(FellBehind())
        elif self._end is None:
            self._waiting.append(event)
            self._ready.set()

    def end(self, reason: Exception) -> None:
        """Let the subscription fail with `reason` once it has taken what is queued."""
        self._end = self._end or reason
        self._ready.set()

    async def take(self) -> LiveEvent:
        """The next event. Raises what `end` was called with."""
        while not self._waiting:
            if self._end is not None:
                raise self._end
            self._ready.clear()
            await self._ready.wait()
        return self._waiting.popleft()


class Feed:
    """The reader of one event loop and its subscribers. Runs while there are any."""

    def __init__(self) -> None:
        self.position = Cursor(0, 0)
        self._joined: set[Subscriber] = set()
        self._everyone: set[Subscriber] = set()
        self._by_staff: defaultdict[int, set[Subscriber]] = defaultdict(set)
        self._wake = asyncio.Event()
        self._starting = asyncio.Lock()
        self._reader: asyncio.Task[None] | None = None
        self._listener: asyncio.Task[None] | None = None

    async def events(self, subscriber: Subscriber, *, after: Cursor) -> AsyncIterator[LiveEvent]:
        """Everything for `subscriber` since `after`, from the log, and then what happens, in order and exactly once.

        The replay reads up to a place that the reader has passed; from that very place on the reader delivers. What is
        old is replayed before joining, so that a long absence doesn't fill the queue meanwhile.
        """
        try:
            async for event in self._replay(subscriber, after, await self._place()):
                after = event.cursor
                yield event
            joined_at = await self._join(subscriber)
            async for event in self._replay(subscriber, after, joined_at):
                after = event.cursor
                yield event
            while True:
                event = await subscriber.take()
                if event.cursor > after:
                    after = event.cursor
                    yield event
        finally:
            self._leave(subscriber)

    def retarget(self, subscriber: Subscriber, staff_ids: frozenset[int] | None) -> None:
        """Let a subscriber hear of other people from now on."""
        self._remove(subscriber)
        subscriber.staff_ids = staff_ids
        if subscriber in self._joined:
            self._index(subscriber)

    async def _replay(self, subscriber: Subscriber, after: Cursor, until: Cursor) -> AsyncIterator[LiveEvent]:
        while after < until:
            page = await in_thread(read_page, after, until=until, staff_ids=subscriber.staff_ids)
            for event in page.events:
                yield event
            after = page.end

    async def _join(self, subscriber: Subscriber) -> Cursor:
        """Deliver to `subscriber` what lies after the place returned."""
        while True:
            await self._place()
            if self._reader is not None:  # no await between looking and joining: that place is the seam
                self._joined.add(subscriber)
                self._index(subscriber)
                return self.position

    async def _place(self) -> Cursor:
        """The reader's place; starts the reader where it doesn't run."""
        async with self._starting:
            if self._reader is None:
                self.position = await in_thread(log_end)
                self._reader = asyncio.create_task(self._read())
                self._listener = asyncio.create_task(self._listen())
            return self.position

    def _index(self, subscriber: Subscriber) -> None:
        if subscriber.staff_ids is None:
            self._everyone.add(subscriber)
        else:
            for staff_id in subscriber.staff_ids:
                self._by_staff[staff_id].add(subscriber)

    def _remove(self, subscriber: Subscriber) -> None:
        self._everyone.discard(subscriber)
        for staff_id in subscriber.staff_ids or ():
            self._by_staff[staff_id].discard(subscriber)
            if not self._by_staff[staff_id]:
                del self._by_staff[staff_id]

    def _leave(self, subscriber: Subscriber) -> None:
        self._remove(subscriber)
        self._joined.discard(subscriber)
        if not self._joined:
            for task in (self._reader, self._listener):
                if task is not None:
                    task.cancel()
            self._reader = self._listener = None

    async def _read(self) -> None:
        """Read the log for ever. What fails is tried again: the place in the log is kept, so nothing is lost."""
        pause = TIMER
        unannounced = 0
        while True:
            woken = await self._woken_within(pause)
            try:
                page = await self._deliver_page()
            except Exception as error:
                pause = min(max(pause, SOON) * 2, _LONGEST_PAUSE)
                _log.warning("feed.read_failed", error=type(error).__name__, retry_in=pause)
                continue
            unannounced = unannounced + 1 if page.events and not woken and pause >= TIMER else 0
            if unannounced >= _DEAF_AFTER:
                self._listen_anew()
                unannounced = 0
            if not page.is_last:
                self._wake.set()
            # A knock and nothing to read: it may be waiting for an older transaction to end. Look again soon.
            pause = TIMER if page.events else SOON if woken else min(pause * 2, TIMER)

    def _listen_anew(self) -> None:
        """Events come that nobody announces: the listener may have lost its subscription without noticing."""
        _log.warning("feed.unannounced")
        if self._listener is not None:
            self._listener.cancel()
        self._listener = asyncio.create_task(self._listen())

    async def _woken_within(self, seconds: float) -> bool:
        # Not wait_for: up to Python 3.11 it swallows a cancellation that comes together with the knock, and then a
        # reader that nobody knows of any more goes on telling everything a second time.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        woken = self._wake.is_set()
        self._wake.clear()
        return woken

    async def _deliver_page(self) -> Page:
        page = await in_thread(read_page, self.position)
        for event in page.events:
            self._deliver(event)
        self.position = page.end
        return page

    def _deliver(self, event: LiveEvent) -> None:
        concerned = self._everyone.union(*(self._by_staff.get(staff_id, ()) for staff_id in event.staff_ids))
        for subscriber in concerned:
            subscriber.offer(event)

    async def _listen(self) -> None:
        """Hear the knocks of all processes. Redis being away is survived: the timer looks meanwhile."""
        pause = SOON
        layer = get_channel_layer()
        if layer is None:
            raise RuntimeError("CHANNEL_LAYERS names no default layer")
        while True:
            try:
                channel = await layer.new_channel()
                await layer.group_add(GROUP, channel)
                self._wake.set()  # for the knocks that came before
                while True:
                    await layer.receive(channel)
                    pause = SOON
                    self._wake.set()
            except Exception as error:
                pause = min(pause * 2, _LONGEST_PAUSE)
                _log.warning("feed.deaf", error=type(error).__name__, retry_in=pause)
                await asyncio.sleep(pause)
            finally:
                # Sockets have no channels of their own, so all that this loop has in the layer is what failed.
                with suppress(Exception):
                    await layer.flush()


_feeds: WeakKeyDictionary[asyncio.AbstractEventLoop, Feed] = WeakKeyDictionary()


def the_feed() -> Feed:
    """The feed of the running event loop, of which a process has one."""
    return _feeds.setdefault(asyncio.get_running_loop(), Feed())
