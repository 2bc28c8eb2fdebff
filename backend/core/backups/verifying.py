"""Trying a backup: it is worth what its restore is worth."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.conf import settings
from django.core.files.storage import Storage
from psycopg import sql

from backend.core.backups.manifest import BackupError, Manifest
from backend.core.backups.programs import database_url
from backend.core.backups.restoring import check_files, is_behind, local_copy, require_known, restore_dump
from backend.core.backups.taking import Tell, count_rows, last_migrations


@dataclass(frozen=True, slots=True)
class Report:
    """What a trial restore showed: what was looked at, and a sentence for each thing that is wrong."""

    tables: int
    rows: int
    checks: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        return not self.faults


def verify_backup(store: Storage, manifest: Manifest, *, tell: Tell = lambda _: None) -> Report:
    """Restore a backup into a scratch database of the same server, and compare it with its manifest and the rules.

    Checks the checksums of all files, the rows of each table, the migrations, and every invariant that the domains
    know; a backup from before the last migrations goes through them first, as it would in earnest. The running business
    is not touched; the scratch database is gone afterwards. Needs the right to create databases. Raises BackupError
    where the trial itself can't be made.
    """
    require_known(manifest)
    tell("Proving the checksums …")
    try:
        check_files(store, manifest)
    except BackupError as error:
        return Report(0, 0, (), (str(error),))
    with local_copy(store, manifest) as dump, _scratch_database() as name:
        tell(f"Restoring into {name} …")
        try:
            restore_dump(dump, database=name)
        except BackupError as error:
            return Report(0, 0, (), (f"The dump can't be restored. {error}",))
        with psycopg.connect(database_url(name)) as connection:
            rows, migrations = count_rows(connection), last_migrations(connection)
        if is_behind(manifest):
            tell("Bringing it to the migrations of today …")
            done = _run_on(name, "migrate", "--no-input")
            if done.returncode:
                return Report(0, 0, (), (f"It can't be migrated:\n{done.stderr[-2000:].strip()}",))
        tell("Checking what must never be false …")
        found = _offences_in(name)
    faults = [*_differences("table", manifest.rows, rows), *_differences("app", manifest.migrations, migrations)]
    faults += [f"{check}: {offence}" for check, offences in found.items() for offence in offences]
    return Report(len(rows), sum(rows.values()), tuple(found), tuple(faults))


def _differences(what: str, stated: Mapping[str, object], found: Mapping[str, object]) -> list[str]:
    return [
        f"The {what} {name} has {found.get(name)}, the manifest says {stated.get(name)}."
        for name in sorted(stated.keys() | found.keys())
        if stated.get(name) != found.get(name)
    ]


@contextmanager
def _scratch_database() -> Iterator[str]:
    name = f"rota_verify_{secrets.token_hex(4)}"
    with psycopg.connect(database_url("postgres"), autocommit=True) as connection:
        try:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name))
            )
        except psycopg.errors.InsufficientPrivilege as error:
            raise BackupError("Verifying needs the right to create a database (ALTER ROLE … CREATEDB).") from error
        try:
            yield name
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _offences_in(database: str) -> dict[str, list[str]]:
    """What the domains find wrong in another database."""
    done = _run_on(database, "check_invariants", "--json")
    try:
        found: dict[str, list[str]] = json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise BackupError(f"The invariants could not be checked:\n{done.stderr[-2000:].strip()}") from error
    return found


def _run_on(database: str, *command: str) -> subprocess.CompletedProcess[str]:
    """A command of manage.py on another database, in a process of its own, which knows no other."""
    called = [sys.executable, str(settings.BASE_DIR / "manage.py"), *command]
    environment = {**os.environ, "DATABASE_URL": database_url(database)}
    return subprocess.run(called, check=False, capture_output=True, text=True, env=environment)
