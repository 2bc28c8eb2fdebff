"""Nothing is missed and nothing is told twice: between replay and live, and across cut connections."""

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event as Flag
from typing import Any

import pytest
import websockets
from django.db import connection

from backend.core.transactions import use_case
from backend.events.actions import emit
from backend.events.models import Event
from backend.events.queries import Cursor, log_end
from backend.scheduling.models import Appointment
from schema import feed
from schema.cursors import encode_cursor
from tests import factories
from tests.factories.business import NOW
from tests.live.story import SHORT, fact, here, joined, tell, token_of, visit
from tests.sockets import PATIENCE, Refused, Server, SocketApi, open_socket

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 4


@contextmanager
def writers(appointment: Appointment) -> Iterator[None]:
    """Concurrent transactions of different lengths, each telling of a visit, one after the other until the end."""
    ending = Flag()

    def write(number: int) -> None:
        dice = random.Random(number)  # noqa: S311
        try:
            while not ending.is_set():
                slowly(appointment, dice.random() * 0.03)
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        working = [pool.submit(write, number) for number in range(WRITERS)]
        try:
            yield
        finally:
            ending.set()
    for each in working:
        each.result()


@use_case
def slowly(appointment: Appointment, seconds: float) -> None:
    """Draw the event's id early and commit late: others overtake."""
    emit([fact(appointment)], now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


def the_log() -> list[str]:
    """Every event's cursor, in the order of the log."""
    epoch = log_end().epoch
    rows = Event.objects.order_by("transaction", "id")
    return [encode_cursor(Cursor(event.transaction, event.pk, epoch)) for event in rows]


def log_apart() -> list[str]:
    """The same in a thread that is not the test's."""
    try:
        return the_log()
    finally:
        connection.close()


async def listen(server: Server, token: str, told: list[str], **variables: Any) -> None:
    """Keep the cursors that arrive, until the connection is cut."""
    async with open_socket(server, token) as api:
        name = await api.subscribe(SHORT, **variables)
        while (payload := await api.next(name, timeout=PATIENCE)) is not None:
            told.append(payload["data"]["scheduleEvents"]["cursor"])


def test_subscribers_who_join_while_others_write_hear_everything_in_order_and_once(server: Server) -> None:
    staff = factories.staff_member(with_user=True)
    token, start, appointment = token_of(staff), here(), visit(staff)

    async def run() -> list[list[str]]:
        heard: list[list[str]] = [[] for _ in range(8)]
        with writers(appointment):
            tasks = []
            for told in heard:  # a new one every few milliseconds, each with the whole log to replay
                tasks.append(asyncio.create_task(listen(server, token, told, after=start)))
                await asyncio.sleep(0.05)
            await joined(len(heard))
        whole = await asyncio.to_thread(log_apart)
        async with asyncio.timeout(PATIENCE):
            while any(len(told) < len(whole) for told in heard):
                await asyncio.sleep(0.02)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return heard

    heard = asyncio.run(run())
    log = the_log()
    assert len(log) > WRITERS
    assert heard == [log] * 8


def test_a_subscriber_cut_off_and_back_with_its_cursor_misses_nothing_and_sees_nothing_twice(server: Server) -> None:
    staff = factories.staff_member(with_user=True)
    token, start, appointment = token_of(staff), here(), visit(staff)
    told: list[str] = []
    dice = random.Random(7)  # noqa: S311

    async def one_connection(until: int) -> None:
        """From the last cursor on, until so many are told in all; then it is cut without a word."""
        with suppress(websockets.ConnectionClosed):
            async with open_socket(server, token) as api:
                name = await api.subscribe(SHORT, after=told[-1] if told else start)
                while len(told) < until:
                    payload = await api.next(name, timeout=PATIENCE)
                    assert payload is not None
                    told.append(payload["data"]["scheduleEvents"]["cursor"])
                api.cut()

    async def run() -> None:
        with writers(appointment):
            for _ in range(12):
                await one_connection(len(told) + dice.randrange(25))
        whole = await asyncio.to_thread(log_apart)
        await one_connection(len(whole))

    asyncio.run(run())
    assert told == the_log()


def test_who_does_not_keep_up_is_sent_back_to_the_last_cursor(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client stops reading; the server's memory stays bounded, and coming back loses nothing."""
    monkeypatch.setattr(feed, "MAX_BEHIND", 20)
    staff = factories.staff_member(with_user=True)
    token, start, appointment = token_of(staff), here(), visit(staff)
    told: list[str] = []
    query = SHORT.replace("appointment { id }", "appointment { id } " + " ".join(f"a{n}: cursor" for n in range(25)))

    async def run() -> list[str]:
        async with open_socket(server, token, max_queue=1) as api:
            name = await api.subscribe(query, after=start)
            await joined(1)  # what is replayed does not queue
            api.connection.transport.pause_reading()
            for _ in range(30):
                await asyncio.to_thread(tell_many)
            api.connection.transport.resume_reading()
            with pytest.raises(Refused) as refused:
                await drain(api, name)
            return refused.value.codes

    async def drain(api: SocketApi, name: str) -> None:
        while (payload := await api.next(name)) is not None:
            told.append(payload["data"]["scheduleEvents"]["cursor"])

    def tell_many() -> None:
        tell(*[fact(appointment)] * 100)
        connection.close()

    assert asyncio.run(run()) == ["FELL_BEHIND"]
    log = the_log()
    assert 20 <= len(told) < len(log) == 3_000
    assert told == log[: len(told)]


def test_a_reader_that_is_cancelled_with_a_knock_ends() -> None:
    """Were it to go on, it would tell everything a second time beside the reader that follows it."""

    async def run(turns: int) -> bool:
        reading = feed.Feed()
        task = asyncio.create_task(reading._woken_within(10))
        await asyncio.sleep(0.01)
        reading._wake.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        if task.done():
            return True
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert all(asyncio.run(run(turns)) for turns in range(6))
