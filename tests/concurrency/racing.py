"""Racing on real commits: many at once, and what they left behind."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Any

from django.db import connection, connections

from backend.core.errors import Refusal, Refusals
from backend.scheduling.models import Appointment
from backend.staff.models import TimeOff

WON = "won"


def all_at_once(works: Sequence[Callable[[], Any]]) -> list[str]:
    """Run each on a connection of its own, all from the same moment on; `won`, or the refusal's code, of each.

    Whatever is no refusal is raised here, a deadlock for one.
    """
    return through_a_pool(works, threads=len(works))


def through_a_pool(works: Sequence[Callable[[], Any]], *, threads: int) -> list[str]:
    """As `all_at_once`, for more works than there can be connections.

    All of `threads` begin with a work of their own at the same moment, and each takes the next one off the queue as
    soon as it is done: there are that many at it to the last work.
    """
    barrier = threading.Barrier(threads)
    waiting = SimpleQueue[int]()
    for number in range(threads, len(works)):
        waiting.put(number)
    outcomes: list[str] = [""] * len(works)
    crashes: list[BaseException] = []

    def run(number: int) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            while True:
                outcomes[number] = _outcome(works[number])
                number = waiting.get_nowait()
        except Empty:
            pass
        except BaseException as crash:
            crashes.append(crash)
        finally:
            connections.close_all()

    running = [threading.Thread(target=run, args=[number]) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(timeout=300)
    if crashes:
        raise crashes[0]
    assert not any(thread.is_alive() for thread in running), "somebody waits for ever"
    return outcomes


def _outcome(work: Callable[[], Any]) -> str:
    try:
        work()
    except Refusals as refused:
        return refused.refusals[0].code
    except Refusal as refused:
        return refused.code
    return WON


def overlaps() -> int:
    """How many pairs of one person's visits overlap, buffers included, by what the visits themselves say."""
    rows = Appointment.objects.exclude(status="CANCELLED").order_by("staff_id", "start")
    spans = [(row.staff_id, row.start, row.end + timedelta(minutes=row.buffer_minutes)) for row in rows]
    spans += [(row.staff_id, row.start, row.end) for row in TimeOff.objects.all()]
    pairs = [(a, b) for number, a in enumerate(spans) for b in spans[:number]]
    return sum(a[0] == b[0] and a[1] < b[2] and b[1] < a[2] for a, b in pairs)
