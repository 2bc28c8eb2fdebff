"""Processes and a Redis of each test's own, on the test database."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from backend.core.embedded import start_redis, stop_redis
from tests.faults.rota import TABLE
from tests.faults.stack import Stack


@pytest.fixture
def stack(transactional_db: None) -> Iterator[Stack]:
    """Processes on the test database, with a Redis of their own."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    database_url = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    stack = Stack({"DATABASE_URL": database_url, "WORKER_THREADS": "2"})
    stack.environ["REDIS_URL"] = start_redis(stack.home)
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
    yield stack
    stop_redis(stack.home)
    stack.close()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE probe")
