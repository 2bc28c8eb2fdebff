"""Reading the log while others write: the naive reader loses events, ours does not."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from backend.events.actions import route_events
from backend.events.models import Delivery, Event
from backend.events.queries import Cursor, log_end, settled_after
from tests.factories.business import NOW

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS, EACH = 6, 25


def in_thread(work: Callable[[], Any]) -> threading.Thread:
    """Run `work` on a database connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


class NaiveReader:
    """Keeps the highest id that it saw: the mistake that the log's reader must not make."""

    def __init__(self) -> None:
        self.highest = 0
        self.seen: list[int] = []

    def read(self) -> None:
        for event_id in Event.objects.filter(id__gt=self.highest).order_by("id").values_list("id", flat=True):
            self.seen.append(event_id)
            self.highest = event_id


class SettledReader:
    """Goes by `settled_after`."""

    def __init__(self, start: Cursor) -> None:
        self.cursor = start
        self.seen: list[int] = []

    def read(self) -> None:
        for row in settled_after(self.cursor):
            self.seen.append(row.pk)
            self.cursor = Cursor(row.transaction, row.pk)

    def read_until(self, number: int) -> None:
        """Until so many were seen: a transaction in another database of the server, of a test beside this one, may
        hold the log up for a moment."""
        deadline = time.monotonic() + 60
        while len(self.seen) < number and time.monotonic() < deadline:
            self.read()
            time.sleep(0.01)
        self.read()


def write(kind: str) -> int:
    return Event.objects.create(kind=kind, occurred_at=NOW).pk


def test_a_slow_transaction_is_lost_to_the_naive_reader_and_not_to_ours() -> None:
    naive, ours = NaiveReader(), SettledReader(log_end())
    written, may_commit = threading.Event(), threading.Event()
    slow_id: list[int] = []

    def slow() -> None:
        with transaction.atomic():
            slow_id.append(write("slow"))
            written.set()
            assert may_commit.wait(60)

    thread = in_thread(slow)
    assert written.wait(60)
    quick_id = write("quick")
    assert slow_id[0] < quick_id
    naive.read()
    ours.read()
    assert naive.seen == [quick_id]
    assert ours.seen == []  # not settled: an older transaction still runs
    may_commit.set()
    thread.join(60)
    naive.read()
    ours.read_until(2)
    assert naive.seen == [quick_id]  # the slow one is lost for ever
    assert ours.seen == [slow_id[0], quick_id]


def test_under_many_writers_ours_sees_every_event_once_in_log_order_and_the_naive_one_loses_some() -> None:
    naive, ours = NaiveReader(), SettledReader(log_end())
    start, stop = threading.Barrier(WRITERS + 1), threading.Event()
    drawn, overtaken = threading.Event(), threading.Event()

    def slow() -> None:
        """Its id is older than one that the naive reader has seen when it commits."""
        with transaction.atomic():
            slow_id = write("slow")
            drawn.set()
            while naive.highest < slow_id and not stop.is_set():
                time.sleep(0.001)
        overtaken.set()

    def writer(number: int) -> None:
        start.wait(60)
        for _ in range(EACH):
            with transaction.atomic():
                write(f"writer.{number}")
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(%s)", [0.001 * number])

    def reader() -> None:
        while not stop.is_set():
            naive.read()
            ours.read()

    slowly = in_thread(slow)
    assert drawn.wait(60)
    reading = in_thread(reader)
    writing = [in_thread(lambda number=number: writer(number)) for number in range(WRITERS)]  # type: ignore[misc]
    start.wait(60)
    for thread in writing:
        thread.join(120)
    assert overtaken.wait(60)
    slowly.join(60)
    stop.set()
    reading.join(120)
    naive.read()
    ours.read_until(WRITERS * EACH + 1)
    everything = set(Event.objects.values_list("id", flat=True))
    assert len(everything) == WRITERS * EACH + 1
    assert set(naive.seen) < everything
    assert len(ours.seen) == len(everything)
    assert set(ours.seen) == everything
    log_order = list(Event.objects.order_by("transaction", "id").values_list("id", flat=True))
    assert ours.seen == log_order


def test_a_reader_that_starts_at_the_end_of_the_log_hears_of_transactions_that_were_running() -> None:
    write("before")
    written, may_commit = threading.Event(), threading.Event()

    def running() -> None:
        with transaction.atomic():
            write("running")
            written.set()
            assert may_commit.wait(60)

    thread = in_thread(running)
    assert written.wait(60)
    end = log_end()
    may_commit.set()
    thread.join(60)
    write("after")
    reader = SettledReader(end)
    reader.read_until(2)
    kinds = dict(Event.objects.values_list("id", "kind"))
    assert [kinds[event_id] for event_id in reader.seen] == ["running", "after"]


def test_the_relay_routes_an_event_that_commits_late_with_an_early_id() -> None:
    routes = {"slow": ("probe.count",), "quick": ("probe.count",)}
    written, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            write("slow")
            written.set()
            assert may_commit.wait(60)

    thread = in_thread(slow)
    assert written.wait(60)
    write("quick")
    assert route_events(routes=routes, limit=10, now=NOW) == 1
    may_commit.set()
    thread.join(60)
    assert route_events(routes=routes, limit=10, now=NOW) == 1
    assert set(Delivery.objects.values_list("event__kind", flat=True)) == {"slow", "quick"}
