"""Taking a backup while the business goes on."""

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import psycopg
import structlog
from django.conf import settings
from django.core.files.storage import Storage, default_storage
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from backend.core.backups.manifest import DUMP, FILES, MANIFEST, Manifest, StoredFile
from backend.core.backups.programs import database_url, run_program
from backend.core.backups.retention import configured_keep, forget_backups
from backend.core.backups.stores import all_files, put, put_text, store_at

_log = structlog.get_logger(__name__)

Tell = Callable[[str], None]
"""Hears how far a long job has come, in words."""


def take_backup(store: Storage, *, now: datetime, tell: Tell = lambda _: None) -> Manifest:
    """Dump the database as of one instant, copy the stored files, and vouch for both. Nobody is kept from writing.

    Files are written before the row that names them, never changed, and removed after it: copied after the dump, every
    file that the dump's rows name is there, unless it was removed in between on purpose. Raises BackupError.
    """
    name = f"rota-{now:%Y%m%dT%H%M%SZ}"
    with tempfile.TemporaryDirectory(prefix="rota-backup-") as folder:
        dump = Path(folder) / DUMP
        tell("Dumping the database …")
        facts = _dump(dump)
        tell(f"Storing {dump.stat().st_size:,} bytes of it …")
        with dump.open("rb") as file:
            stored_dump = put(store, f"{name}/{DUMP}", file, name=DUMP)
    files = _copy_files(store, name, tell)
    manifest = Manifest(name=name, taken_at=now, dump=stored_dump, files=files, **facts)
    put_text(store, f"{name}/{MANIFEST}", manifest.to_json())
    tell(f"{name}: {sum(manifest.rows.values()):,} rows, {len(files):,} files.")
    return manifest


def _dump(path: Path) -> dict[str, Any]:
    """Dump into `path` and count rows in one snapshot: what the manifest states is what the dump holds."""
    with psycopg.connect(database_url(), autocommit=True) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        (snapshot,) = _row(connection.execute("SELECT pg_export_snapshot()"))
        run_program("pg_dump", ["-Fc", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", "-f", path])
        facts = {
            "rows": count_rows(connection),
            "migrations": last_migrations(connection),
            "server_version": _row(connection.execute("SHOW server_version"))[0],
        }
        connection.execute("COMMIT")
    return facts


def count_rows(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """How many rows each table has, as the connection sees them."""
    tables = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    ).fetchall()
    count = sql.SQL("SELECT count(*) FROM {}")
    return {name: _row(connection.execute(count.format(sql.Identifier(name))))[0] for (name,) in tables}


def last_migrations(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """The last migration that each app has had applied."""
    table = sql.Identifier(MigrationRecorder.Migration._meta.db_table)
    rows = connection.execute(sql.SQL("SELECT app, max(name) FROM {} GROUP BY app ORDER BY app").format(table))
    return dict(rows.fetchall())


def _row(cursor: psycopg.Cursor[Any]) -> Any:
    row = cursor.fetchone()
    assert row is not None  # noqa: S101 - every statement here gives one
    return row


def _copy_files(store: Storage, name: str, tell: Tell) -> tuple[StoredFile, ...]:
    copied: list[StoredFile] = []
    paths = all_files(default_storage)
    for number, path in enumerate(paths, start=1):
        try:
            with default_storage.open(path) as file:
                copied.append(put(store, f"{name}/{FILES}/{path}", cast(BinaryIO, file), name=path))
        except FileNotFoundError:
            continue  # removed since we listed it: its row went before it
        if number % 100 == 0:
            tell(f"Files: {number:,} of {len(paths):,} …")
    return tuple(copied)


def back_up(*, limit: int, now: datetime) -> int:
    """The daily backup to BACKUP_URL, and the removal of those that need not be kept; how many were taken, 0 or 1."""
    if not settings.ROTA_BACKUP_URL:
        return 0
    store = store_at(settings.ROTA_BACKUP_URL)
    take_backup(store, now=now, tell=_log.info)
    forget_backups(store, keep=configured_keep(), now=now)
    return 1
