"""What is done by the clock: one readable table."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from django.db import close_old_connections, connections
from django.db.models import Q

from backend.accounts.actions import forget_ended_tokens
from backend.audit.actions import forget_old_changes
from backend.core import clock
from backend.core.idempotency import forget_old_keys
from backend.core.provenance import coming_from
from backend.core.transactions import use_case
from backend.events.actions import forget_done_deliveries
from backend.scheduling.actions import forget_ended_holds
from workers.models import PeriodicRun

LIMIT = 5_000
"""Rows that one run touches at most, so that no transaction is long. A run that reaches it is followed by another."""

PAUSE = 5.0
"""Seconds between two looks at the table."""

_log = structlog.get_logger(__name__)


class Sweep(Protocol):
    """A step that treats up to `limit` rows and says how many there were."""

    def __call__(self, *, limit: int, now: datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class Job:
    """A name for the logs and the table, how often, and what."""

    name: str
    every: timedelta
    run: Sweep


JOBS: tuple[Job, ...] = (
    Job("forget_old_idempotency_keys", timedelta(hours=1), forget_old_keys),
    Job("forget_ended_access_tokens", timedelta(hours=6), forget_ended_tokens),
    Job("forget_done_deliveries", timedelta(hours=1), forget_done_deliveries),
    Job("forget_old_changes", timedelta(hours=6), forget_old_changes),
    Job("forget_ended_holds", timedelta(minutes=5), forget_ended_holds),
)


def run_if_due(job: Job, *, now: datetime) -> int | None:
    """Run `job` if its time has come and nobody else is at it; how many rows it treated, None where it was not run.

    The note that it ran is committed with its effect: a scheduler that is killed leaves the job due.
    """
    with coming_from(f"job:{job.name}"):
        return _run_if_due(job, now=now)


@use_case
def _run_if_due(job: Job, *, now: datetime) -> int | None:
    PeriodicRun.objects.bulk_create([PeriodicRun(job=job.name)], ignore_conflicts=True)
    due = Q(last_run_at=None) | Q(last_run_at__lte=now - job.every)
    row = PeriodicRun.objects.filter(due, job=job.name).select_for_update(skip_locked=True).first()
    if row is None:
        return None
    treated = job.run(limit=LIMIT, now=now)
    if treated < LIMIT:
        row.last_run_at = now
        row.save(update_fields=["last_run_at"])
    return treated


class Clockwork(threading.Thread):
    """Runs the jobs, in a thread of its own: a long sweep never holds up the relay."""

    def __init__(self, jobs: Sequence[Job] = JOBS) -> None:
        super().__init__(name="rota-clockwork", daemon=True)
        self._jobs = jobs
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Let the thread end after the job that it is at."""
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.is_set():
            close_old_connections()
            more = [self._run_or_log(job) for job in self._jobs]
            if not any(more):
                self._stopping.wait(PAUSE)
        connections.close_all()

    def _run_or_log(self, job: Job) -> bool:
        """Whether there is more of it at once. A job that fails is tried again, and holds up no other."""
        try:
            treated = run_if_due(job, now=clock.now())
        except Exception:
            _log.exception("job.failed", job=job.name)
            return False
        if treated is not None:
            _log.info("job.done", job=job.name, treated=treated)
        return treated == LIMIT
