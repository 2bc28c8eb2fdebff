"""kill -9 in the middle of 500 events: each effect exactly once, each mail in the log and the outbox once."""

import email
from collections import Counter

import pytest

from backend.events.models import Delivery
from backend.notifications.models import EmailLog
from tests.faults.probes import done, fire, held_up, order_events, probes, sent
from tests.faults.stack import Stack

pytestmark = pytest.mark.faults


def test_a_worker_killed_while_it_works_through_500_events_loses_and_doubles_nothing(stack: Stack) -> None:
    fired, ordered = fire(300), order_events(200)
    stack.start("run_scheduler")
    worker = stack.start("run_worker")
    with held_up(stack.environ["DATABASE_URL"], min(fired)):
        stack.wait_until(lambda: done() >= 100)
        stack.kill(worker)
        assert done() < 500
    worker = stack.start("run_worker")
    stack.wait_until(lambda: done() == 500 and sent() == 200)

    assert probes() == Counter(fired)
    assert set(EmailLog.objects.values_list("event_id", flat=True)) == ordered
    assert EmailLog.objects.count() == 200
    assert len(stack.outbox()) == 200
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}
    letter = email.message_from_bytes((stack.home / "outbox" / stack.outbox()[0]).read_bytes())
    assert letter["To"] == "Ada King <ada@example.com>"
    assert stack.stop(worker) == 0


def test_a_scheduler_killed_while_it_relays_loses_and_doubles_nothing(stack: Stack) -> None:
    fired = fire(500)
    stack.start("run_worker")
    scheduler = stack.start("run_scheduler")
    with held_up(stack.environ["DATABASE_URL"], min(fired)):
        stack.wait_until(lambda: done() >= 50)
        stack.kill(scheduler)
        assert done() < 500
    second, third = stack.start("run_scheduler"), stack.start("run_scheduler")
    stack.wait_until(lambda: done() == 500)
    assert probes() == Counter(fired)
    assert (stack.stop(second), stack.stop(third)) == (0, 0)
