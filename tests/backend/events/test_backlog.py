"""How far behind the scheduler and the workers are."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from backend.events.models import Event
from backend.events.queries import Backlog, backlog
from tests.factories.events import delivery, event

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_nothing_to_do_is_nothing_behind(now: datetime) -> None:
    assert backlog(now=now) == Backlog(scheduler=timedelta(), worker=timedelta())


def test_the_scheduler_is_behind_by_its_oldest_unrouted_event(now: datetime) -> None:
    Event.objects.filter(pk=event("order.placed").pk).update(occurred_at=now - 3 * MINUTE)
    Event.objects.filter(pk=event("order.placed").pk).update(occurred_at=now - 9 * MINUTE, routed_at=now)
    assert backlog(now=now) == Backlog(scheduler=3 * MINUTE, worker=timedelta())


def test_the_worker_is_behind_by_the_oldest_delivery_that_nobody_tried(now: datetime) -> None:
    for status, attempts, age in (("PENDING", 0, 2), ("PENDING", 3, 7), ("DONE", 0, 8), ("DEAD", 8, 9)):
        row = delivery(status=status, attempts=attempts)
        Event.objects.filter(pk=row.event_id).update(occurred_at=now - age * MINUTE, routed_at=now)
    assert backlog(now=now) == Backlog(scheduler=timedelta(), worker=2 * MINUTE)


def test_the_command_fails_for_whom_it_is_asked_about(at_now: datetime) -> None:
    Event.objects.filter(pk=event("order.placed").pk).update(occurred_at=at_now - 3 * MINUTE)
    told = StringIO()
    call_command("backlog", "worker", stdout=told)
    assert told.getvalue() == "worker is 0 s behind\n"
    with pytest.raises(CommandError, match="Too far behind: scheduler"):
        call_command("backlog", stdout=StringIO())
    call_command("backlog", "scheduler", "--at-most", "200", stdout=StringIO())
    with pytest.raises(CommandError, match="no printer"):
        call_command("backlog", "printer", stdout=StringIO())
