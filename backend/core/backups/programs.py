"""PostgreSQL's own programs, of the newest version that the wheel carries: they read every server up to theirs."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connection

from backend.core.backups.manifest import BackupError
from backend.core.embedded import postgres_programs


def database_settings(database: str | None = None) -> dict[str, str]:
    """How libpq finds the database that Django is on, or another on the same server, as environment variables."""
    settings: dict[str, Any] = connection.settings_dict
    found = {
        "PGHOST": settings["HOST"],
        "PGPORT": settings["PORT"],
        "PGUSER": settings["USER"],
        "PGPASSWORD": settings["PASSWORD"],
        "PGDATABASE": database or settings["NAME"],
        "PGCONNECT_TIMEOUT": "10",
        "PGSSLMODE": settings["OPTIONS"].get("sslmode", ""),
        "PGSSLROOTCERT": settings["OPTIONS"].get("sslrootcert", ""),
    }
    return {name: str(value) for name, value in found.items() if value}


def database_url(database: str | None = None) -> str:
    """A DATABASE_URL of the database that Django is on, or of another on the same server."""
    settings: dict[str, Any] = connection.settings_dict
    secret = f":{quote(settings['PASSWORD'], safe='')}" if settings["PASSWORD"] else ""
    host, port = settings["HOST"], f":{settings['PORT']}" if settings["PORT"] else ""
    query = f"?host={quote(host, safe='/')}" if host.startswith("/") else ""
    address = f"{quote(settings['USER'], safe='')}{secret}@{'' if query else host}{port}"
    return f"postgresql://{address}/{database or settings['NAME']}{query}"


def run_program(program: str, arguments: Sequence[str | Path], *, database: str | None = None) -> None:
    """Run pg_dump, pg_restore or psql on the database; BackupError with what it said where it failed."""
    command = [str(postgres_programs() / program), *map(str, arguments)]
    environment = {**os.environ, **database_settings(database)}
    done = subprocess.run(
        command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment
    )
    if done.returncode:
        raise BackupError(f"{program} failed:\n{done.stderr[-2000:].strip()}")
