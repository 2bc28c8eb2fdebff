"""What benches stand on: servers of their own, a migrated database, and one way of telling a figure.

A figure is a ratio within one run, printed as `name: 1.23 (at most 4); details`; `python -m tests.bench` collects them.
"""

import os
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

from backend.core.embedded import start_postgres, start_redis, stop_postgres, stop_redis
from tests.faults.stack import Stack


@contextmanager
def prepared(**environ: str) -> Iterator[Stack]:
    """PostgreSQL and Redis in a home of their own, Django set up on them, every table there and empty."""
    stack = Stack({"LOG_LEVEL": "WARNING"} | environ)
    try:
        stack.environ |= {"DATABASE_URL": start_postgres(stack.home), "REDIS_URL": start_redis(stack.home)}
        os.environ |= stack.environ | {"DJANGO_SETTINGS_MODULE": "backend.settings.local", "ROTA_HOME": str(stack.home)}
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield stack
    finally:
        stop_redis(stack.home)
        stack.stop_all()
        stop_postgres(stack.home, immediately=True)
        stack.close()


def tell(name: str, value: float, limit: float, details: str, *, at_least: bool = False) -> int:
    """Print one figure beside its limit; 1 where the limit is missed, as an exit code."""
    bound = "at least" if at_least else "at most"
    sys.stdout.write(f"{name}: {value:.3g} ({bound} {limit:g}); {details}\n")
    sys.stdout.flush()
    return 0 if (value >= limit if at_least else value <= limit) else 1


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that `percent` of a hundred do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def timed(what: Callable[[], object], times: int) -> list[float]:
    """Seconds that each of `times` calls takes, after one that does not count."""
    what()
    seconds = []
    for _ in range(times):
        began = perf_counter()
        what()
        seconds.append(perf_counter() - began)
    return seconds
