"""Memory of a worker after 20,000 events against after 1,000: `python -m tests.bench.worker_memory`.

A real worker and a real scheduler on servers of their own. One event in ten is an order's, whose mail is rendered,
written and put into the outbox; the others make one row.
"""

import os
import sys
import time
from copy import copy

import psutil

from backend.core.embedded import start_postgres, start_redis, stop_postgres, stop_redis
from tests.faults.rota import KIND, TABLE
from tests.faults.stack import Stack

FEW, MANY = 1_000, 20_000
LIMIT = 1.1


def main() -> int:
    """Print the ratio beside its limit; 1 where it is missed."""
    stack = Stack({"LOG_LEVEL": "WARNING"})
    try:
        stack.environ |= {"DATABASE_URL": start_postgres(stack.home), "REDIS_URL": start_redis(stack.home)}
        ratio, report = measure(stack)
    finally:
        stop_redis(stack.home)
        stack.stop_all()
        stop_postgres(stack.home, immediately=True)
        stack.close()
    sys.stdout.write(f"worker memory, {MANY:,} events against {FEW:,}: {ratio:.3f} (at most {LIMIT}); {report}\n")
    return 0 if ratio <= LIMIT else 1


def measure(stack: Stack) -> tuple[float, str]:
    """The ratio, and what it is made of."""
    import django

    os.environ |= stack.environ | {"DJANGO_SETTINGS_MODULE": "backend.settings.local", "ROTA_HOME": str(stack.home)}
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests import factories

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
    order_id = factories.pending_order(factories.service()).pk
    worker = stack.start("run_worker")
    stack.start("run_scheduler")
    process = psutil.Process(worker.pid)
    began = time.monotonic()
    few = _work_through(stack, process, order_id, FEW, FEW)
    many = _work_through(stack, process, order_id, MANY - FEW, MANY)
    rate = MANY / (time.monotonic() - began)
    return many / few, f"{few / 2**20:.1f} MiB, then {many / 2**20:.1f} MiB, at {rate:.0f} events a second"


def _work_through(stack: Stack, process: psutil.Process, order_id: int, number: int, total: int) -> int:
    """Put `number` events into the log, wait until all `total` are done and told; the worker's memory in bytes."""
    from backend.core import clock
    from backend.events.models import Delivery, Event
    from backend.notifications.models import EmailLog

    now = clock.now()
    plain, ordered = Event(kind=KIND, occurred_at=now), Event(kind="order.placed", order_id=order_id, occurred_at=now)
    Event.objects.bulk_create([copy(plain if n % 10 else ordered) for n in range(number)], batch_size=1000)
    stack.wait_until(
        lambda: (
            Delivery.objects.filter(status="DONE").count() == total
            and EmailLog.objects.filter(status="SENT").count() == total // 10
        ),
        seconds=600,
    )
    return int(process.memory_info().rss)


if __name__ == "__main__":
    sys.exit(main())
