"""The database crashes and comes back under a running worker and scheduler: they go on by themselves."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
import pytest

from backend.core.embedded import start_postgres, start_redis, stop_postgres, stop_redis
from tests.faults.probes import held_up
from tests.faults.rota import KIND, TABLE
from tests.faults.stack import Stack

pytestmark = pytest.mark.faults


@pytest.fixture
def own_stack() -> Iterator[Stack]:
    """A whole installation of its own, for a server that others use can't be crashed."""
    stack = Stack({"WORKER_THREADS": "2"})
    try:
        stack.environ |= {"DATABASE_URL": start_postgres(stack.home), "REDIS_URL": start_redis(stack.home)}
        assert stack.start("migrate", "--verbosity", "0").wait(300) == 0, stack.logs()
        yield stack
    finally:
        stop_redis(stack.home)
        stack.stop_all()
        stop_postgres(stack.home, immediately=True)
        stack.close()


def ask(stack: Stack, sql: LiteralString, *values: Any) -> list[int]:
    """The first column of what the statement returns."""
    with psycopg.connect(stack.environ["DATABASE_URL"], autocommit=True) as connection:
        cursor = connection.execute(sql, values)
        return [row[0] for row in cursor] if cursor.description else []


def fire(stack: Stack, number: int) -> list[int]:
    """So many probe events in the log; their ids."""
    return ask(
        stack,
        "INSERT INTO events_event (kind, data, request_id, occurred_at)"
        " SELECT %s, '{}', '', now() FROM generate_series(1, %s) RETURNING id",
        KIND,
        number,
    )


def done(stack: Stack) -> int:
    return ask(stack, "SELECT count(*) FROM events_delivery WHERE status = 'DONE'")[0]


def test_a_database_crash_loses_and_doubles_nothing(own_stack: Stack) -> None:
    ask(own_stack, TABLE)
    fired = fire(own_stack, 300)
    worker, scheduler = own_stack.start("run_worker"), own_stack.start("run_scheduler")
    with held_up(own_stack.environ["DATABASE_URL"], fired[0]):
        own_stack.wait_until(lambda: done(own_stack) >= 50)
        stop_postgres(own_stack.home, immediately=True)
    time.sleep(2)  # long enough for both to notice
    start_postgres(own_stack.home)
    fired += fire(own_stack, 100)
    own_stack.wait_until(lambda: done(own_stack) == 400)

    assert Counter(ask(own_stack, "SELECT event_id FROM probe")) == Counter(fired)
    assert worker.poll() is None
    assert scheduler.poll() is None
    assert (own_stack.stop(worker), own_stack.stop(scheduler)) == (0, 0)
