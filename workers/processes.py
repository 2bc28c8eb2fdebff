"""The two processes that run beside the web: a worker (any number) and a scheduler (any number, one is enough).

Each is one process with threads and no children: whoever supervises it sees it end, and starts another. SIGTERM and
SIGINT let it finish what it is at; a second one, or SIGKILL, costs nothing but time.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import structlog
from django.conf import settings
from dramatiq import Worker

from workers.actors import broker
from workers.relay import Relay
from workers.schedule import Clockwork

STOP_TIMEOUT = 20.0
"""Seconds that running work gets to finish."""

_POLL_MS = 200
_log = structlog.get_logger(__name__)


class ThreadDied(RuntimeError):
    """A thread that should run for ever has ended: the process is better started anew."""


@contextmanager
def _stop_signal() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set; on the second of them the process ends as it would by itself."""
    stopping = threading.Event()

    def stop(signum: int, frame: FrameType | None) -> None:
        stopping.set()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopping
    finally:
        for number, action in before.items():
            signal.signal(number, action)


def run_worker() -> None:
    """Carry out messages until SIGTERM or SIGINT. Raises ThreadDied where a thread ended by itself."""
    worker = Worker(broker, worker_threads=settings.WORKER_THREADS, worker_timeout=_POLL_MS)
    with _stop_signal() as stopping:
        worker.start()
        _log.info("worker.started", threads=settings.WORKER_THREADS)
        while not stopping.wait(1):
            _require_alive([*worker.workers, *worker.consumers.values()])
        worker.stop(timeout=int(STOP_TIMEOUT * 1000))
    _log.info("worker.stopped")


def run_scheduler() -> None:
    """Relay events and run the periodic jobs until SIGTERM or SIGINT. Raises ThreadDied as `run_worker` does."""
    relay, clockwork = Relay(), Clockwork()
    relaying = threading.Thread(target=relay.run, name="rota-relay", daemon=True)
    with _stop_signal() as stopping:
        relaying.start()
        clockwork.start()
        _log.info("scheduler.started")
        while not stopping.wait(1):
            _require_alive([relaying, clockwork])
        relay.stop()
        clockwork.stop()
        relaying.join(STOP_TIMEOUT)
        clockwork.join(STOP_TIMEOUT)
    _log.info("scheduler.stopped")


def _require_alive(threads: list[threading.Thread]) -> None:
    dead = [thread.name for thread in threads if not thread.is_alive()]
    if dead:
        raise ThreadDied(", ".join(dead))
