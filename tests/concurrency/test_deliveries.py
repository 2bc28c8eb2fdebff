"""Relays and workers that race: each event is routed once, each lease has one holder, each effect happens once."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

import pytest
from django.db import connection

from backend.core.errors import InvalidTransition
from backend.core.viewer import Role, Viewer
from backend.events.actions import deliver, lease_deliveries, route_events, send_again
from backend.events.models import Delivery, Event
from backend.events.rules import LEASE, Happened
from backend.notifications.actions import lease_emails, send_email
from backend.notifications.gateway import Mail
from backend.notifications.models import EmailLog
from tests.factories.business import NOW
from tests.factories.events import delivery, event

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8
T = TypeVar("T")


def race(work: Callable[[], T], threads: int = THREADS) -> list[T]:
    """Run `work` in so many threads that start at once, each on a connection of its own; what each returned."""
    barrier = threading.Barrier(threads)

    def run() -> T:
        try:
            barrier.wait(60)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return [future.result(120) for future in [pool.submit(run) for _ in range(threads)]]


def slow_effect(happening: Happened, /, *, now: datetime) -> None:
    """Makes one row, and takes long enough for everyone to arrive."""
    Event.objects.create(kind="probe.effect", occurred_at=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.05)")


def test_one_message_in_eight_workers_at_once_acts_once() -> None:
    row = delivery()
    told = race(lambda: deliver(event_id=row.event_id, handler="probe.count", effect=slow_effect, now=NOW))
    assert Counter(told) == {True: 1, False: 7}
    assert Event.objects.filter(kind="probe.effect").count() == 1


def test_a_failure_in_eight_workers_at_once_leaves_no_effect_and_the_row_as_pending() -> None:
    row = delivery()

    def fail(happening: Happened, /, *, now: datetime) -> None:
        slow_effect(happening, now=now)
        raise ValueError("broken")

    told = race(lambda: deliver(event_id=row.event_id, handler="probe.count", effect=fail, now=NOW))
    row.refresh_from_db()
    assert told == [False] * THREADS
    assert row.status == "PENDING"
    assert row.attempts >= 1
    assert Event.objects.filter(kind="probe.effect").count() == 0


def test_eight_relays_route_each_event_once() -> None:
    Event.objects.bulk_create([Event(kind="probe.fired", occurred_at=NOW) for _ in range(200)])

    def relay() -> int:
        moved = 0
        while taken := route_events(routes={"probe.fired": ("a", "b")}, limit=20, now=NOW):
            moved += taken
        return moved

    assert sum(race(relay)) == 200
    assert Delivery.objects.count() == 400
    assert Event.objects.filter(routed_at=None).count() == 0


def test_eight_relays_lease_each_delivery_to_one_of_them() -> None:
    rows = Event.objects.bulk_create([Event(kind="probe.fired", occurred_at=NOW) for _ in range(200)])
    Delivery.objects.bulk_create([Delivery(event=row, handler="a", due_at=NOW) for row in rows])

    def relay() -> list[int]:
        mine: list[int] = []
        while leased := lease_deliveries(limit=15, now=NOW):
            mine += [each.delivery_id for each in leased]
        return mine

    leased = Counter(delivery_id for mine in race(relay) for delivery_id in mine)
    assert set(leased.values()) == {1}
    assert len(leased) == 200


def test_a_delivery_that_is_being_carried_out_is_not_leased_again_however_long_it_takes() -> None:
    row = delivery()
    inside, may_end = threading.Event(), threading.Event()

    def wait(happening: Happened, /, *, now: datetime) -> None:
        inside.set()
        assert may_end.wait(60)

    def work() -> bool:
        try:
            return deliver(event_id=row.event_id, handler="probe.count", effect=wait, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(work)
        assert inside.wait(60)
        assert lease_deliveries(limit=10, now=NOW + 2 * LEASE) == []
        may_end.set()
        assert told.result(60)


def test_a_dead_letter_that_eight_people_send_again_acts_once() -> None:
    row = delivery(status="DEAD")
    admin = Viewer(user_id=1, role=Role.ADMIN)

    def revive_and_act() -> bool:
        with suppress(InvalidTransition):
            send_again(viewer=admin, delivery_id=row.pk, now=NOW)
        return deliver(event_id=row.event_id, handler="probe.count", effect=slow_effect, now=NOW)

    assert Counter(race(revive_and_act))[True] == 1
    assert Event.objects.filter(kind="probe.effect").count() == 1


def test_one_mail_in_eight_workers_at_once_is_sent_once() -> None:
    email = EmailLog.objects.create(
        event=event(),
        kind="ORDER_RECEIVED",
        recipient="ada@example.com",
        subject="Hello",
        text="Hello\n",
        message_id="<1@rota.test>",
        due_at=NOW,
        created_at=NOW,
    )
    sent: list[Mail] = []

    class Recorder:
        def send(self, mail: Mail) -> None:
            sent.append(mail)

    def work() -> Any:
        lease_emails(limit=10, now=NOW)
        return send_email(email_id=email.pk, mailer=Recorder(), now=NOW)

    assert Counter(race(work)) == {True: 1, False: 7}
    assert [mail.message_id for mail in sent] == ["<1@rota.test>"]
