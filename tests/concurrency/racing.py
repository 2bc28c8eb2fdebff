"""Racing on real commits: many at once, and what they left behind."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
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
    barrier = threading.Barrier(len(works))
    outcomes: list[str] = [""] * len(works)
    crashes: list[BaseException] = []

    def run(number: int, work: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            work()
            outcomes[number] = WON
        except Refusals as refused:
            outcomes[number] = refused.refusals[0].code
        except Refusal as refused:
            outcomes[number] = refused.code
        except BaseException as crash:
            crashes.append(crash)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    if crashes:
        raise crashes[0]
    return outcomes


def overlaps() -> int:
    """How many pairs of one person's visits overlap, buffers included, by what the visits themselves say."""
    rows = Appointment.objects.exclude(status="CANCELLED").order_by("staff_id", "start")
    spans = [(row.staff_id, row.start, row.end + timedelta(minutes=row.buffer_minutes)) for row in rows]
    spans += [(row.staff_id, row.start, row.end) for row in TimeOff.objects.all()]
    pairs = [(a, b) for number, a in enumerate(spans) for b in spans[:number]]
    return sum(a[0] == b[0] and a[1] < b[2] and b[1] < a[2] for a, b in pairs)
