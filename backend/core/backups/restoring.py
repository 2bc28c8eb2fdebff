"""Putting a backup back."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import psycopg
from django.core.files.base import File
from django.core.files.storage import Storage, default_storage
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader

from backend.core.backups.manifest import DUMP, FILES, BackupError, Manifest, Measured, StoredFile
from backend.core.backups.programs import database_url, run_program
from backend.core.backups.taking import Tell

_LEAVING = 3.0
"""Seconds that the server may need to notice who has left."""

_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
_AFTER: dict[str, Callable[[], None]] = {}


def after_restore(name: str, action: Callable[[], None]) -> None:
    """Have `action` run on the restored database, before anybody uses it. Registered once, by an app at start."""
    _AFTER[name] = action


def restore_backup(
    store: Storage,
    manifest: Manifest,
    *,
    replace: bool = False,
    despite_others: bool = False,
    tell: Tell = lambda _: None,
) -> None:
    """Make the database and the stored files what they were.

    All checksums are proven first. Into an empty database, or, with `replace`, in the place of what is there: then
    the old schema goes and the new one comes in one transaction, so that a failure leaves the old one. Files come
    first: one that no row names does no harm, a row without its file does. Refused while others are connected, whose
    Rota would find another database under its feet; `despite_others` is for poolers, which keep connections that nobody
    uses. Raises BackupError, with no row changed.
    """
    if not replace and _has_tables():
        raise BackupError("The database is not empty. Restore into an empty one, or say --replace.")
    require_known(manifest)
    connections.close_all()
    if not despite_others:
        _require_nobody_else()
    tell("Proving the checksums …")
    check_files(store, manifest)
    tell(f"Restoring {len(manifest.files):,} files …")
    for each in manifest.files:
        _restore_file(store, manifest, each)
    with local_copy(store, manifest) as dump:
        tell("Restoring the database …")
        restore_dump(dump)
    for action in _AFTER.values():
        action()
    tell(f"Restored {manifest.name}, taken {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC.")


def require_known(manifest: Manifest) -> None:
    """BackupError for what a newer Rota has written: this one would not know what to do with it."""
    known = MigrationLoader(None).disk_migrations or {}
    unknown = [f"{app} {name}" for app, name in manifest.migrations.items() if (app, name) not in known]
    if unknown:
        raise BackupError(
            f"{manifest.name} was taken by a newer Rota, with migrations that are not known here: "
            f"{', '.join(sorted(unknown))}. Update this one first."
        )


def is_behind(manifest: Manifest) -> bool:
    """Whether this Rota has migrations that the backup's did not have."""
    newest = dict(MigrationLoader(None).graph.leaf_nodes())
    return any(manifest.migrations.get(app) != name for app, name in newest.items())


def _require_nobody_else() -> None:
    """BackupError while anybody but this process is connected to the database. Those that just left are waited for."""
    deadline = time.monotonic() + _LEAVING
    while True:
        with psycopg.connect(database_url()) as asking:
            found = asking.execute(_OTHERS).fetchone()
        others = found[0] if found else 0
        if not others:
            return
        if time.monotonic() > deadline:
            raise BackupError(
                f"Others are connected to the database ({others}). Stop web, sockets, worker and scheduler; "
                "where these are a pooler's, say --despite-others."
            )
        time.sleep(0.1)


def restore_dump(dump: Path, *, database: str | None = None) -> None:
    """Empty the schema and fill it from the dump, in one transaction."""
    with tempfile.NamedTemporaryFile(prefix="rota-restore-", suffix=".sql") as script:
        run_program("pg_restore", ["--no-owner", "--no-privileges", "-f", script.name, dump], database=database)
        _suit_older_servers(Path(script.name))
        emptied = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
        arguments = ["--quiet", "--no-psqlrc", "--single-transaction", "-v", "ON_ERROR_STOP=1"]
        run_program("psql", [*arguments, "-o", "/dev/null", "-c", emptied, "-f", script.name], database=database)


def _suit_older_servers(script: Path) -> None:
    """Take out, in place, a setting that the script begins with and that PostgreSQL knows from 17 on only."""
    setting = b"SET transaction_timeout"
    with script.open("r+b") as file:
        found = file.read(4096).find(setting)
        if found >= 0:
            file.seek(found)
            file.write(b"--")


def check_files(store: Storage, manifest: Manifest) -> None:
    """BackupError naming everything that is missing or not as it was stored."""
    wrong = [
        each.name
        for path, each in _contents(manifest)
        if not store.exists(path) or measure(store, path) != (each.size, each.sha256)
    ]
    if wrong:
        raise BackupError(f"Missing or damaged in {manifest.name}: {', '.join(wrong[:20])}")


def measure(store: Storage, path: str) -> tuple[int, str]:
    """Size and SHA-256 of a stored file."""
    with store.open(path) as file:
        measured = Measured(cast(BinaryIO, file))
        measured.drain()
    return measured.size, measured.sha256


@contextmanager
def local_copy(store: Storage, manifest: Manifest) -> Iterator[Path]:
    """The dump as a file on this machine, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="rota-restore-") as folder:
        path = Path(folder) / DUMP
        with store.open(f"{manifest.name}/{DUMP}") as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
        yield path


def _contents(manifest: Manifest) -> list[tuple[str, StoredFile]]:
    files = [(f"{manifest.name}/{FILES}/{each.name}", each) for each in manifest.files]
    return [(f"{manifest.name}/{DUMP}", manifest.dump), *files]


def _has_tables() -> bool:
    return bool(connection.introspection.table_names())


def _restore_file(store: Storage, manifest: Manifest, each: StoredFile) -> None:
    """Put a file where it was; what is there under its name and differs makes room."""
    if default_storage.exists(each.name):
        if measure(default_storage, each.name) == (each.size, each.sha256):
            return
        default_storage.delete(each.name)
    with store.open(f"{manifest.name}/{FILES}/{each.name}") as file:
        default_storage.save(each.name, File(file))
