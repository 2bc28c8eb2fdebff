"""Any sequence of what office, customers, staff and the clock do leaves the database as the rules say.

`ROTA_STATEFUL_EXAMPLES=500 pytest tests/stateful` looks further, another way each time, and makes what it finds small.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import MagicMock
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from backend.orders.actions import change, place
from backend.scheduling.actions import moving, progress
from backend.scheduling.rules import Queue
from backend.subscriptions.actions import lifecycle, visits
from tests import factories
from tests.stateful.ground import Ground, lay_ground
from tests.stateful.machine import DONE, Office, Seasons

pytestmark = pytest.mark.django_db

LONG = os.environ.get("ROTA_STATEFUL_EXAMPLES")
SHORT = settings(
    max_examples=20,
    stateful_step_count=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
    print_blob=False,
)
BRIEF = settings(SHORT, max_examples=10, stateful_step_count=30)
PATIENT = settings(SHORT, max_examples=100)
"""For what is there to be found: it ends with the first example that finds it."""


Machine = type[Office] | type[Seasons]


@pytest.fixture
def ground(db: None) -> Iterator[Ground]:
    with factories.configured(zone=ZoneInfo("UTC")):  # plans run on into the weeks of London's summer
        yield lay_ground()


def play(ground: Ground, how: settings = SHORT, machine: Machine = Office) -> None:
    run_state_machine_as_test(lambda: machine(ground), settings=how)  # type: ignore[arg-type]  # any factory will do


@pytest.mark.parametrize(("machine", "how", "kinds"), [(Office, SHORT, 25), (Seasons, BRIEF, 25)])
def test_whatever_is_done_the_rules_hold(ground: Ground, machine: Machine, how: settings, kinds: int) -> None:
    DONE.clear()
    if LONG is not None:
        how = settings(SHORT, max_examples=int(LONG), derandomize=False, phases=list(Phase))
    play(ground, how, machine)
    done = {name.partition(":")[0] for name in DONE if name.endswith(": done")}
    assert len(done) > kinds, "too little of what can be done was done"
    assert sum(times for name, times in DONE.items() if not name.endswith(": done")) > 50


def nothing(*_: Any, **__: Any) -> None:
    """Does not do it."""


def most_booked_first(patch: pytest.MonkeyPatch) -> None:
    turn = Queue.in_order
    patch.setattr(Queue, "in_order", lambda self, given=(): turn(self, given)[::-1])


PLANTED: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "a visit that is called off keeps its time": lambda patch: patch.setattr(progress, "Claim", MagicMock()),
    "a coupon is not given back": lambda patch: patch.setattr(change, "give_back", nothing),
    "whoever has most to do is sent": most_booked_first,
    "nobody is told that a visit moved": lambda patch: patch.setattr(moving, "emit", nothing),
    "notice is not asked for": lambda patch: patch.setattr(place, "require_orderable_time", nothing),
}


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found(bug: str, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTED[bug](monkeypatch)
    with pytest.raises(AssertionError):
        play(ground, PATIENT)


PLANTED_IN_PLANS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "a visit that is skipped keeps its time": lambda patch: patch.setattr(visits, "cancel_visits", nothing),
    "what a pause took away is forgotten": lambda patch: patch.setattr(lifecycle, "owed_visits", lambda plan: 0),
}


@pytest.mark.parametrize("bug", PLANTED_IN_PLANS)
def test_a_bug_planted_in_plans_is_found(bug: str, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTED_IN_PLANS[bug](monkeypatch)
    with pytest.raises(AssertionError):
        play(ground, settings(PATIENT, stateful_step_count=30), Seasons)


def test_a_hole_in_the_trail_is_found(ground: Ground) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'orders_order'::regclass AND tgname ~ 'audit'")
        (trigger,) = cursor.fetchone() or ("",)
        cursor.execute(f'ALTER TABLE orders_order DISABLE TRIGGER "{trigger}"')  # until the test is undone
    with pytest.raises(AssertionError, match="no entry in the trail"):
        play(ground, PATIENT)
