"""What is done by the clock: one readable table."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from django.db import close_old_connections, connections
from django.db.models import Q

from backend.accounts.actions import forget_ended_sessions, forget_ended_tokens
from backend.audit.actions import forget_old_changes
from backend.calendars.actions import forget_unanswered, read_busy_times, replan
from backend.core import clock
from backend.core.backups import back_up
from backend.core.idempotency import forget_old_keys
from backend.core.orphans import remove_orphans
from backend.core.provenance import coming_from
from backend.core.transactions import use_case
from backend.events.actions import forget_done_deliveries, forget_old_events
from backend.notifications.actions import forget_old_messages, remind, write_digests
from backend.partners.actions import forget_old_webhooks
from backend.scheduling.actions import forget_ended_holds
from backend.subscriptions.actions import tell_plans_to_place, tell_plans_to_resume
from workers.models import PeriodicRun

LIMIT = 5_000
"""Rows that one run touches at most, so that no transaction is long. A run that reaches it is followed by another."""

PAUSE = 5.0
"""Seconds between two looks at the table."""

_log = structlog.get_logger(__name__)


LEASE = timedelta(hours=1)
"""How long a long job may take before another scheduler tries: the first may have died at it."""

_MAX_ERROR = 4_000


class Sweep(Protocol):
    """A step that treats up to `limit` rows and says how many there were."""

    def __call__(self, *, limit: int, now: datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class Job:
    """A name for the logs and the table, how often, and what.

    A job is one transaction with the note that it ran, unless it `is_long`: then it is nobody's transaction, whoever
    leases it runs it alone, and it must be able to begin anew where it was killed.
    """

    name: str
    every: timedelta
    run: Sweep
    is_long: bool = False


JOBS: tuple[Job, ...] = (
    Job("forget_old_idempotency_keys", timedelta(hours=1), forget_old_keys),
    Job("forget_ended_access_tokens", timedelta(hours=6), forget_ended_tokens),
    Job("resume_plans", timedelta(minutes=15), tell_plans_to_resume),
    Job("place_visits_of_plans", timedelta(hours=6), tell_plans_to_place),
    Job("forget_done_deliveries", timedelta(hours=1), forget_done_deliveries),
    Job("forget_old_changes", timedelta(hours=6), forget_old_changes),
    Job("forget_ended_holds", timedelta(minutes=5), forget_ended_holds),
    Job("forget_old_webhooks", timedelta(hours=6), forget_old_webhooks),
    Job("forget_old_events", timedelta(hours=6), forget_old_events),
    Job("forget_ended_sessions", timedelta(days=1), forget_ended_sessions),
    Job("replan_calendars", timedelta(hours=6), replan),
    Job("read_busy_times", timedelta(minutes=10), read_busy_times),
    Job("forget_unanswered_calendars", timedelta(hours=1), forget_unanswered),
    Job("remove_orphaned_files", timedelta(days=1), remove_orphans, is_long=True),
    Job("forget_old_messages", timedelta(hours=6), forget_old_messages),
    Job("write_digests", timedelta(minutes=5), write_digests),
    Job("remind", timedelta(minutes=1), remind),
    Job("backup", timedelta(days=1), back_up, is_long=True),
)


def run_if_due(job: Job, *, now: datetime) -> int | None:
    """Run `job` if its time has come and nobody else is at it; how many rows it treated, None where it was not run.

    The note that it ran is committed with its effect: a scheduler that is killed leaves the job due. What it fails of
    is noted, and raised.
    """
    try:
        with coming_from(f"job:{job.name}"):
            return _run_long(job, now=now) if job.is_long else _run_short(job, now=now)
    except Exception as error:
        _note_failure(job, error, now=now)
        raise


@use_case
def _run_short(job: Job, *, now: datetime) -> int | None:
    row = _due(job, now)
    if row is None:
        return None
    started = time.monotonic()
    treated = job.run(limit=LIMIT, now=now)
    if treated < LIMIT:
        row.last_run_at = now
    row.last_treated, row.last_seconds = treated, time.monotonic() - started
    row.save(update_fields=["last_run_at", "last_treated", "last_seconds"])
    return treated


def _run_long(job: Job, *, now: datetime) -> int | None:
    if not _lease(job, now=now):
        return None
    started = time.monotonic()
    treated = job.run(limit=LIMIT, now=now)
    _note_long_run(job, treated, time.monotonic() - started, now=now)
    return treated


@use_case
def _lease(job: Job, *, now: datetime) -> bool:
    """Whether the long job is ours now, for the time of LEASE."""
    row = _due(job, now)
    if row is None:
        return False
    row.leased_until = now + LEASE
    row.save(update_fields=["leased_until"])
    return True


@use_case
def _note_long_run(job: Job, treated: int, seconds: float, *, now: datetime) -> None:
    PeriodicRun.objects.filter(job=job.name).update(
        last_run_at=now, last_treated=treated, last_seconds=seconds, leased_until=None
    )


@use_case
def _note_failure(job: Job, error: Exception, *, now: datetime) -> None:
    """Whoever looks at the table sees it. The lease stays: what fails at once would fail again at once."""
    PeriodicRun.objects.filter(job=job.name).update(failed_at=now, last_error=repr(error)[:_MAX_ERROR])


def _due(job: Job, now: datetime) -> PeriodicRun | None:
    """The job's row, locked, where its time has come and nobody else holds it."""
    PeriodicRun.objects.bulk_create([PeriodicRun(job=job.name)], ignore_conflicts=True)
    due = Q(last_run_at=None) | Q(last_run_at__lte=now - job.every)
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    return PeriodicRun.objects.filter(due, free, job=job.name).select_for_update(skip_locked=True).first()


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
