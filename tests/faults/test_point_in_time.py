"""Recovery to a point in time, as docs/operations.md says for production, done on a server of this test's own."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from backend.core import embedded

pytestmark = pytest.mark.faults

ARCHIVING = """
archive_mode = on
archive_command = 'test ! -f "{archive}/%f" && cp "%p" "{archive}/%f"'
"""
RECOVERY = """
archive_mode = off
restore_command = 'cp "{archive}/%f" "%p"'
recovery_target_time = '{moment}'
recovery_target_action = 'promote'
"""


class Cluster:
    """A PostgreSQL that archives its log as it goes."""

    def __init__(self, home: Path, archive: Path) -> None:
        self.home, self.archive = home, archive

    @property
    def folder(self) -> Path:
        return self.home / "postgres"

    def start(self) -> str:
        return embedded.start_postgres(self.home)

    def configure(self, lines: str) -> None:
        """Written into postgresql.conf before the next start."""
        with (self.folder / "postgresql.conf").open("a") as handle:
            handle.write(lines)


def as_owner_of(folder: Path) -> dict[str, Any]:
    """The user that may run a server on this folder."""
    status = folder.stat()
    return {} if os.geteuid() != 0 else {"user": status.st_uid, "group": status.st_gid}


def base_backup(url: str, target: Path, owner: dict[str, Any]) -> None:
    program = embedded.postgres_programs() / "pg_basebackup"
    command = [str(program), "--dbname", url, "--pgdata", str(target), "--wal-method=none", "--checkpoint=fast"]
    subprocess.run(command, check=True, capture_output=True, cwd=target.parent, **owner)
    # Here, unlike in production, the socket lies in the data folder; its lock is that of the server that still runs.
    (target / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


@pytest.fixture
def cluster(server_home: Path) -> Iterator[Cluster]:
    cluster = Cluster(server_home / "live", server_home / "archive")
    cluster.archive.mkdir(mode=0o777)
    cluster.archive.chmod(0o777)
    cluster.start()
    embedded.stop_postgres(cluster.home)
    wait_until(lambda: not (cluster.folder / "postmaster.pid").exists(), "the server did not stop")
    cluster.configure(ARCHIVING.format(archive=cluster.archive))
    yield cluster
    embedded.stop_all(cluster.home)


def test_a_deleted_order_is_back_as_of_the_second_before(cluster: Cluster, server_home: Path) -> None:
    url = cluster.start()
    restored = Cluster(server_home / "restored", cluster.archive)
    restored.home.mkdir(mode=0o777)
    restored.home.chmod(0o777)
    with psycopg.connect(url, autocommit=True) as live:
        live.execute("CREATE TABLE orders_order (number text PRIMARY KEY)")
        base_backup(url, restored.folder, as_owner_of(cluster.folder))
        live.execute("INSERT INTO orders_order VALUES ('placed after the base backup')")
        (moment,) = live.execute("SELECT clock_timestamp()").fetchone() or (None,)
        time.sleep(1)
        live.execute("DELETE FROM orders_order")
        live.execute("INSERT INTO orders_order VALUES ('placed after the accident')")
        archived = live.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        segment = cluster.archive / (archived or ("",))[0]
        wait_until(segment.exists, f"{segment.name} was not archived")
        timeline = live.execute("SELECT left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)").fetchone()
    restored.configure(RECOVERY.format(archive=cluster.archive, moment=moment))
    (restored.folder / "recovery.signal").touch()
    try:
        with psycopg.connect(restored.start(), autocommit=True) as back:
            recovering = "SELECT pg_is_in_recovery()"
            wait_until(lambda: back.execute(recovering).fetchone() == (False,), "recovery did not end")
            assert back.execute("SELECT number FROM orders_order").fetchall() == [("placed after the base backup",)]
            # The feed tells cursors of the life that was lost from its own by the timeline.
            assert back.execute("SELECT left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)").fetchone() != timeline
    finally:
        embedded.stop_all(restored.home)


def wait_until(holds: Callable[[], bool], otherwise: str) -> None:
    """Up to five minutes."""
    deadline = time.monotonic() + 300
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.1)
