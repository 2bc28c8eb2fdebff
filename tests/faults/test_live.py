"""The live feed goes on when what it stands on breaks."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection

from backend.core import wakeup
from backend.core.embedded import start_redis, stop_redis
from tests import factories
from tests.client import gid
from tests.live.story import SHORT, fact, here, ids, joined, tell, token_of, visit
from tests.sockets import PATIENCE, Server, SocketApi, open_socket, running_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

EVENTS = 5
"""Told one after the other while something is broken."""


@pytest.fixture
def redis_home(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """A Redis that only the channel layer uses."""
    url = start_redis(tmp_path)
    layer = django_settings.CHANNEL_LAYERS["default"]
    settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": {"hosts": [{"address": url, "socket_timeout": None}]}}}
    wakeup._knocker = None  # the next knock takes the new layer
    yield tmp_path
    stop_redis(tmp_path)
    wakeup._knocker = None


@pytest.fixture
def server(transactional_db: None, redis_home: Path) -> Iterator[Server]:
    with running_server() as running:
        yield running


def heard_in_spite_of(server: Server, fault: Callable[[int], None]) -> list[str]:
    """The visits told to a live subscriber, while `fault` strikes before each event."""
    staff = factories.staff_member(with_user=True)
    token, after, appointment = token_of(staff), here(), visit(staff)

    def commit(number: int) -> None:
        try:
            fault(number)
            tell(fact(appointment))
        finally:
            connection.close()

    async def listen(api: SocketApi) -> list[str]:
        name = await api.subscribe(SHORT, after=after)
        await joined(1)
        told = []
        for number in range(EVENTS):
            await asyncio.to_thread(commit, number)
            told += ids([await api.next(name, timeout=PATIENCE)])
        with pytest.raises(TimeoutError):
            await api.next(name, timeout=1.5)  # and nothing twice
        return told

    async def run() -> list[str]:
        async with open_socket(server, token) as api:
            return await listen(api)

    told = asyncio.run(run())
    assert told == [gid(appointment)] * EVENTS
    return told


def test_while_redis_is_away_the_timer_brings_everything(server: Server, redis_home: Path) -> None:
    def stop_then_start(number: int) -> None:
        if number == 1:
            stop_redis(redis_home)
        if number == 4:
            start_redis(redis_home)

    heard_in_spite_of(server, stop_then_start)


def test_a_listener_whose_connection_is_killed_hears_again(server: Server, redis_home: Path) -> None:
    url = start_redis(redis_home)  # found running

    def kill_subscriptions(number: int) -> None:
        with redis.Redis.from_url(url) as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")

    heard_in_spite_of(server, kill_subscriptions)


def test_the_reader_survives_its_database_connections(server: Server) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (of_this_test,) = cursor.fetchone()

    def kill_connections(number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND backend_type = 'client backend' AND pid NOT IN (pg_backend_pid(), %s)",
                [of_this_test],
            )

    heard_in_spite_of(server, kill_connections)


def test_without_any_knock_the_timer_alone_brings_everything(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.events.actions.knock", lambda: None)
    heard_in_spite_of(server, lambda number: None)
