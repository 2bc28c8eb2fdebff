"""What every test can ask for."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import redis
import time_machine
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as examples

from backend.core import throttle
from backend.core.embedded import stop_all
from tests import factories, flush
from tests.client import Api
from tests.factories.business import NOW
from tests.personas import Personas, make_personas

flush.install()

# A slow machine is no defect. The examples are the same every time: what a change breaks shows with that change.
examples.register_profile(
    "rota",
    examples(deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, database=None),
)
examples.load_profile("rota")

REDIS_CLOCK = "redis.call('TIME')"
"""By which buckets fill again."""


@cache
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url)


def fill_buckets() -> None:
    """Nobody has tried anything yet."""
    client = _redis(settings.REDIS_URL)
    keys = list(client.scan_iter("rota:bucket:*", count=1000))
    if keys:
        client.delete(*keys)


TAKES_LONG = ("tests/schema/test_bad_input.py", "tests/faults/", "tests/backend/core/", "tests/stateful/")
"""Files with single tests that take many seconds. They begin first: one that began last would be waited for."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long before the short; which of each comes when stays as it was shuffled."""
    items.sort(key=lambda item: not item.nodeid.startswith(TAKES_LONG))


@pytest.fixture(autouse=True)
def _full_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits and buckets start full in every test, and do not fill again while it runs: the clock of Redis stands."""
    fill_buckets()
    monkeypatch.setattr(throttle, "_TAKE", throttle._TAKE.replace(REDIS_CLOCK, "{'0', '0'}"))


@pytest.fixture
def now() -> datetime:
    """The instant that tests take for the present: pass it as `now`."""
    return NOW


@pytest.fixture
def at_now() -> Iterator[datetime]:
    """The clock stands at NOW, for tests that go through HTTP."""
    with time_machine.travel(NOW, tick=False):
        yield NOW


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    """Where files are kept in this test."""
    default = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": default}
    return tmp_path


@pytest.fixture(scope="module")
def server_homes() -> Iterator[Callable[[], Path]]:
    """Makes folders for servers of a test's own.

    Not pytest's tmp_path: embedded PostgreSQL runs as another user where we are root, and pytest shuts that one out
    again whenever it starts a session.
    """
    homes: list[Path] = []

    def home() -> Path:
        homes.append(Path(tempfile.mkdtemp(prefix="rota-home-")))
        homes[-1].chmod(0o755)
        return homes[-1]

    yield home
    for each in homes:
        stop_all(each)
        shutil.rmtree(each, ignore_errors=True)


@pytest.fixture
def server_home(server_homes: Callable[[], Path]) -> Path:
    """One of them."""
    return server_homes()


@pytest.fixture
def api(db: None) -> Api:
    """A client without a token."""
    return Api()


@pytest.fixture
def personas(db: None) -> Personas:
    """The nine personas."""
    return make_personas()


@pytest.fixture
def london(db: None) -> None:
    """The outward codes that the factories use."""
    factories.add_postcodes()
