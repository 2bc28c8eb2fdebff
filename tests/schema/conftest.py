"""What the tests that walk the permission matrix stand on."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import time_machine
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.factories.business import NOW
from tests.flush import empty
from tests.world import World, digest, make_world


@dataclass(frozen=True)
class Shared:
    """A world that is there for all tests of a file, and its digest."""

    world: World
    digest: str


@pytest.fixture(scope="module")
def shared(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Shared]:
    """Committed once: each test undoes what it does."""
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False):
        made = Shared(make_world(), digest())
    yield made
    with django_db_blocker.unblock():
        empty(connection)
