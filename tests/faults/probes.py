"""What the fault tests put into the log, and what they count."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection

from backend.events.models import Delivery, Event
from backend.notifications.models import EmailLog
from tests import factories
from tests.factories.business import NOW
from tests.faults.rota import KIND, LOCK


def probes() -> Counter[int]:
    """How often each event's effect happened."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT event_id FROM probe")
        return Counter(row[0] for row in cursor.fetchall())


@contextmanager
def held_up(database_url: str, event_id: int) -> Iterator[None]:
    """Whoever treats this event waits in the middle of it, until the end of the block."""
    holding = psycopg.connect(database_url, autocommit=True)
    holding.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK, event_id])
    try:
        yield
    finally:
        holding.close()  # also where the server has gone meanwhile


def done() -> int:
    """Deliveries that are done."""
    return Delivery.objects.filter(status="DONE").count()


def sent() -> int:
    return EmailLog.objects.filter(status="SENT").count()


def fire(number: int) -> set[int]:
    """So many probe events in the log; their ids."""
    rows = Event.objects.bulk_create([Event(kind=KIND, occurred_at=NOW) for _ in range(number)])
    return {row.pk for row in rows}


def order_events(number: int) -> set[int]:
    """So many events of one order, each of which is told by a mail; their ids."""
    order = factories.pending_order(factories.service())
    rows = Event.objects.bulk_create(
        [Event(kind="order.placed", order_id=order.pk, occurred_at=NOW) for _ in range(number)]
    )
    return {row.pk for row in rows}
