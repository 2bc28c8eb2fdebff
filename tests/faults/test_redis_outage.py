"""Redis stopped for a while and started again, empty: every event's effect exactly once, every mail once."""

from collections import Counter

import pytest

from backend.core.embedded import start_redis, stop_redis
from backend.events.models import Delivery
from backend.notifications.models import EmailLog
from tests.faults.probes import done, fire, held_up, order_events, probes, sent
from tests.faults.stack import Stack

pytestmark = pytest.mark.faults


def test_redis_stopped_for_a_while_loses_and_doubles_nothing(stack: Stack) -> None:
    fired, ordered = fire(200), order_events(50)
    worker, scheduler = stack.start("run_worker"), stack.start("run_scheduler")
    with held_up(stack.environ["DATABASE_URL"], min(fired)):
        stack.wait_until(lambda: done() >= 50)
        stop_redis(stack.home)
    # What commits while Redis is away is in the log like everything else.
    fired |= fire(100)
    ordered |= order_events(50)
    assert done() < 400
    start_redis(stack.home)
    stack.wait_until(lambda: done() == 400 and sent() == 100)

    assert probes() == Counter(fired)
    assert set(EmailLog.objects.values_list("event_id", flat=True)) == ordered
    assert EmailLog.objects.count() == 100
    assert len(stack.outbox()) == 100
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}
    assert (stack.stop(worker), stack.stop(scheduler)) == (0, 0)


def test_processes_that_start_without_redis_work_as_soon_as_it_is_there(stack: Stack) -> None:
    stop_redis(stack.home)
    fired = fire(20)
    stack.start("run_worker")
    stack.start("run_scheduler")
    stack.wait_until(lambda: "relay.held_up" in stack.logs())
    assert done() == 0
    start_redis(stack.home)
    stack.wait_until(lambda: done() == 20)
    assert probes() == Counter(fired)
