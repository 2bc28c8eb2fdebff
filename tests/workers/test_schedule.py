"""Periodic jobs: when they are due, what they sweep, and that two schedulers do nothing twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from pytest_django.fixtures import Settings

from backend.accounts.actions import KEEP_ENDED_TOKENS
from backend.accounts.models import AccessToken
from backend.audit.models import Change
from backend.core.backups import list_backups, store_at
from backend.core.idempotency import KEEP
from backend.core.models import IdempotencyKey
from backend.events.models import Delivery, Event
from backend.scheduling.models import Claim, Hold
from tests import factories
from tests.factories.business import NOW
from tests.factories.events import delivery
from workers.models import PeriodicRun
from workers.schedule import JOBS, LEASE, LIMIT, Job, Sweep, run_if_due

SECOND = timedelta(seconds=1)


def counting(*, limit: int, now: datetime) -> int:
    """Leaves one row for each run."""
    Event.objects.create(kind="ran", occurred_at=now)
    return 1


JOB = Job("count", timedelta(hours=1), counting)


def runs() -> int:
    return Event.objects.filter(kind="ran").count()


@pytest.mark.django_db
class TestWhenDue:
    def test_a_job_runs_at_once_and_then_once_an_interval(self) -> None:
        assert run_if_due(JOB, now=NOW) == 1
        assert run_if_due(JOB, now=NOW + JOB.every - SECOND) is None
        assert run_if_due(JOB, now=NOW + JOB.every) == 1
        assert runs() == 2

    def test_a_job_that_reached_its_limit_is_due_again_at_once(self) -> None:
        full = Job("full", timedelta(hours=1), lambda *, limit, now: limit)
        assert run_if_due(full, now=NOW) == LIMIT
        assert run_if_due(full, now=NOW) == LIMIT

    def test_a_job_that_fails_leaves_no_trace_and_stays_due(self) -> None:
        def fail(*, limit: int, now: datetime) -> int:
            counting(limit=limit, now=now)
            raise ValueError("broken")

        with pytest.raises(ValueError, match="broken"):
            run_if_due(Job("count", timedelta(hours=1), fail), now=NOW)
        assert runs() == 0
        assert run_if_due(JOB, now=NOW) == 1


@pytest.mark.django_db(transaction=True)
class TestLongJobs:
    def long_job(self, run: Sweep) -> Job:
        return Job("long", timedelta(days=1), run, is_long=True)

    def test_a_long_job_holds_no_transaction_and_runs_once_an_interval(self) -> None:
        def look(*, limit: int, now: datetime) -> int:
            assert not connection.in_atomic_block
            return counting(limit=limit, now=now)

        job = self.long_job(look)
        assert [run_if_due(job, now=NOW), run_if_due(job, now=NOW)] == [1, None]
        row = PeriodicRun.objects.get()
        assert (row.last_run_at, row.last_treated, row.leased_until) == (NOW, 1, None)

    def test_while_one_is_at_it_another_scheduler_does_nothing(self) -> None:
        answers = []

        def meanwhile(*, limit: int, now: datetime) -> int:
            answers.append(run_if_due(self.long_job(counting), now=now))
            return 1

        assert run_if_due(self.long_job(meanwhile), now=NOW) == 1
        assert answers == [None]
        assert runs() == 0

    def test_who_was_killed_at_it_is_followed_by_another_after_the_lease(self) -> None:
        def die(*, limit: int, now: datetime) -> int:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_if_due(self.long_job(die), now=NOW)
        job = self.long_job(counting)
        assert run_if_due(job, now=NOW + LEASE - SECOND) is None
        assert run_if_due(job, now=NOW + LEASE) == 1

    def test_what_it_failed_of_can_be_read(self) -> None:
        def fail(*, limit: int, now: datetime) -> int:
            raise ValueError("the bucket is gone")

        with pytest.raises(ValueError, match="bucket"):
            run_if_due(self.long_job(fail), now=NOW)
        row = PeriodicRun.objects.get()
        assert (row.failed_at, row.last_error) == (NOW, "ValueError('the bucket is gone')")

    def test_the_daily_backup_is_one_of_them(self, settings: Settings, tmp_path: Path) -> None:
        backup = next(job for job in JOBS if job.name == "backup")
        assert run_if_due(backup, now=NOW) == 0
        settings.ROTA_BACKUP_URL = str(tmp_path)
        media = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path / "m")}}
        settings.STORAGES = {**settings.STORAGES, "default": media}
        assert run_if_due(backup, now=NOW + timedelta(days=1)) == 1
        assert [each.taken_at for each in list_backups(store_at(str(tmp_path)))] == [NOW + timedelta(days=1)]


def test_every_job_is_in_the_manual() -> None:
    manual = (Path(settings.BASE_DIR) / "docs" / "operations.md").read_text()
    assert [job.name for job in JOBS if f"| `{job.name}` |" not in manual] == []


@pytest.mark.django_db(transaction=True)
def test_of_eight_schedulers_at_once_one_runs_the_job() -> None:
    barrier = threading.Barrier(8)

    def scheduler() -> int | None:
        try:
            barrier.wait(60)
            return run_if_due(JOB, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        results = [future.result(120) for future in [pool.submit(scheduler) for _ in range(8)]]
    assert sorted(results, key=str) == [1] + [None] * 7
    assert runs() == 1
    assert PeriodicRun.objects.get().last_run_at == NOW


@pytest.mark.django_db
class TestSweeps:
    def run(self, name: str) -> int | None:
        return run_if_due(next(job for job in JOBS if job.name == name), now=NOW)

    def test_idempotency_keys_are_forgotten_after_a_week(self) -> None:
        for key, age in (("old", KEEP + SECOND), ("young", KEEP)):
            IdempotencyKey.objects.create(scope="s", operation="o", key=key, created_at=NOW - age)
        assert self.run("forget_old_idempotency_keys") == 1
        assert IdempotencyKey.objects.get().key == "young"

    def test_tokens_are_forgotten_a_month_after_they_expired_or_were_revoked(self) -> None:
        user = factories.user()
        long_ago, recently = NOW - KEEP_ENDED_TOKENS - SECOND, NOW - KEEP_ENDED_TOKENS
        for name, expires, revoked in (
            ("expired", long_ago, None),
            ("revoked", NOW + KEEP_ENDED_TOKENS, long_ago),
            ("just expired", recently, None),
            ("live", NOW + KEEP_ENDED_TOKENS, None),
        ):
            AccessToken.objects.create(
                user=user,
                token_hash=name,
                created_at=long_ago,
                last_used_at=long_ago,
                expires_at=expires,
                revoked_at=revoked,
            )
        assert self.run("forget_ended_access_tokens") == 2
        assert set(AccessToken.objects.values_list("token_hash", flat=True)) == {"just expired", "live"}

    def test_the_trail_is_forgotten_after_seven_years(self) -> None:
        for age in (2558, 2556):
            row = Change(model="orders.Order", object_id=age, pgh_label="CREATE")
            row.pgh_created_at = NOW - timedelta(days=age)
            row.save(force_insert=True)
        assert self.run("forget_old_changes") == 1
        assert list(Change.objects.values_list("object_id", flat=True)) == [2556]

    def test_a_job_leaves_its_name_in_the_trail(self) -> None:
        def touch(*, limit: int, now: datetime) -> int:
            factories.category(name="By a job")
            return 1

        run_if_due(Job("touch", timedelta(hours=1), touch), now=NOW)
        assert Change.objects.get(after__name="By a job").source == "job:touch"

    def test_done_deliveries_are_forgotten_after_a_month(self) -> None:
        delivery(status="DONE", done_at=NOW - timedelta(days=31))
        kept = delivery(status="DONE", done_at=NOW - timedelta(days=29))
        assert self.run("forget_done_deliveries") == 1
        assert Delivery.objects.get() == kept

    def test_holds_are_forgotten_once_they_are_over(self) -> None:
        service = factories.service()
        staff = factories.staff_member(service)
        factories.held_slot(staff, service, NOW + timedelta(days=2))
        over = factories.held_slot(staff, service, NOW + timedelta(days=1), token="over")
        Claim.objects.filter(hold=over).update(expires_at=NOW)
        assert self.run("forget_ended_holds") == 1
        assert Hold.objects.get().start == NOW + timedelta(days=2)
