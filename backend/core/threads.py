"""Blocking work for code that runs on an event loop: sockets and the live feed.

All SQL of sockets happens in one bounded pool of threads, as that of HTTP happens in another. The loop itself never
touches the database, and a process never holds more connections than it has threads.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from threading import Barrier, Lock
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import close_old_connections, connections

P = ParamSpec("P")
R = TypeVar("R")

_lock = Lock()
_pool: ThreadPoolExecutor | None = None


async def in_thread(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a blocking function in the pool, in a copy of the caller's context; wait without blocking the loop."""
    call = partial(copy_context().run, _with_fresh_connections, partial(function, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_executor(), call)


def close_threads() -> None:
    """End the pool and close its threads' connections; the next call starts a new one. For orderly ends and tests."""
    global _pool
    with _lock:
        pool, _pool = _pool, None
    if pool is not None:
        close_connections_of(pool, settings.ROTA_SOCKET_THREADS)
        pool.shutdown()


def close_connections_of(pool: ThreadPoolExecutor, size: int) -> None:
    """Close the database connections of every thread of a pool that has nothing else to do."""
    together = Barrier(size)  # keeps each thread busy until all have come, so that every one gets exactly one call

    def close() -> None:
        together.wait(timeout=30)
        connections.close_all()

    for future in [pool.submit(close) for _ in range(size)]:
        future.result()


def _executor() -> ThreadPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(settings.ROTA_SOCKET_THREADS, thread_name_prefix="rota-socket")
        return _pool


def _with_fresh_connections(call: Callable[[], R]) -> R:
    """What Django does around an HTTP request: connections that broke or are too old are opened anew."""
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()
