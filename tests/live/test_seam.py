"""Nothing is missed and nothing is told twice: between replay and live, and across cut connections."""

import asyncio
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event as Flag
from threading import Thread
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
from tests.live.story import SHORT, fact, here, tell, token_of, visit
from tests.sockets import Refused, Server, SocketApi, open_socket

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 4


@contextmanager
def writers(appointments: list[Appointment], *, each: int) -> Iterator[Flag]:
    """Concurrent transactions of different lengths, each telling of a visit; the flag is set when all have ended."""
    done = Flag()

    def write(number: int) -> None:
        dice = random.Random(number)  # noqa: S311
        try:
            for _ in range(each):
                slowly(dice.choice(appointments), dice.random() * 0.03)
        finally:
            connection.close()

    def wait() -> None:
        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(write, range(WRITERS)))
        done.set()

    waiter = Thread(target=wait)
    waiter.start()
    try:
        yield done
    finally:
        waiter.join()


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


async def listen(server: Server, token: str, told: list[str], **variables: Any) -> None:
    """Keep the cursors that arrive, until the connection is cut."""
    async with open_socket(server, token) as api:
        name = await api.subscribe(SHORT, **variables)
        while (payload := await api.next(name, timeout=60)) is not None:
            told.append(payload["data"]["scheduleEvents"]["cursor"])


async def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


def test_subscribers_who_join_while_others_write_hear_everything_in_order_and_once(server: Server) -> None:
    staff = factories.staff_member(with_user=True)
    token, start, appointment = token_of(staff), here(), visit(staff)

    async def run() -> list[list[str]]:
        heard: list[list[str]] = []
        with writers([appointment], each=25) as done:
            tasks = []
            while not done.is_set():  # a new one every few milliseconds, each with the whole log to replay
                heard.append([])
                tasks.append(asyncio.create_task(listen(server, token, heard[-1], after=start)))
                await asyncio.sleep(0.05)
        await until(lambda: all(len(told) >= WRITERS * 25 for told in heard))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return heard

    heard = asyncio.run(run())
    assert len(heard) > 5
    log = the_log()
    assert len(log) == WRITERS * 25
    assert all(told == log for told in heard)


def test_a_subscriber_cut_off_and_back_with_its_cursor_misses_nothing_and_sees_nothing_twice(server: Server) -> None:
    staff = factories.staff_member(with_user=True)
    token, start, appointment = token_of(staff), here(), visit(staff)
    told: list[str] = []
    dice = random.Random(7)  # noqa: S311

    async def one_connection(patience: float, enough: Callable[[], bool] = lambda: False) -> None:
        """As much as comes before the connection is cut, or until it is enough."""
        with suppress(websockets.ConnectionClosed):
            async with open_socket(server, token) as api:
                asyncio.get_running_loop().call_later(patience, api.cut)
                name = await api.subscribe(SHORT, after=told[-1] if told else start)
                while not enough():
                    payload = await api.next(name, timeout=60)
                    assert payload is not None
                    told.append(payload["data"]["scheduleEvents"]["cursor"])

    async def run() -> int:
        cuts = 0
        with writers([appointment], each=50) as done:
            while not done.is_set():
                await one_connection(dice.random() * 0.25)
                cuts += 1
        await one_connection(60, enough=lambda: len(told) >= WRITERS * 50)
        return cuts

    assert asyncio.run(run()) > 5
    assert told == the_log()
    assert len(told) == WRITERS * 50


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
            api.connection.transport.pause_reading()
            for _ in range(30):
                await asyncio.to_thread(tell_many)
            await asyncio.sleep(0.5)
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
