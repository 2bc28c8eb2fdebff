"""`manage.py up`: the whole product on one machine, for development and demonstration."""

import fcntl
import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections

from backend.core import embedded
from backend.core.supervisor import Child, Supervisor

_MIGRATION_LOCK = 7_682_001
_READY_SECONDS = 60.0


class Command(BaseCommand):
    help = "Run the whole product: embedded servers, web, worker, scheduler, and a demo business in an empty database."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Until Ctrl-C or SIGTERM. CommandError where this ROTA_HOME is served already, or the port is taken."""
        if not settings.ROTA_ON_ONE_MACHINE:
            raise CommandError("`up` is for one machine. Production runs its processes itself: docs/operations.md.")
        self._started = time.monotonic()
        with _stop_signal() as stopping, self._alone():
            try:
                self._require_free_port()
                self._migrate()
                self._demo = self._load_demo()
                connections.close_all()
                self._serve(stopping)
            finally:
                self._stop_servers()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One `up` per ROTA_HOME: its servers end with it."""
        settings.ROTA_HOME.mkdir(parents=True, exist_ok=True)
        with (settings.ROTA_HOME / "up.lock").open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                handle.seek(0)
                raise CommandError(
                    f"Rota already runs in {settings.ROTA_HOME} ({handle.read().strip()}).\n"
                    "Stop it, or run a second one beside it: make up ROTA_HOME=/tmp/rota2 PORT=8001"
                ) from None
            handle.truncate(0)
            handle.write(f"process {os.getpid()}, {_url()}")
            handle.flush()
            yield

    def _require_free_port(self) -> None:
        with socket.socket(socket.AF_INET6 if ":" in settings.ROTA_BIND else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.ROTA_BIND, settings.ROTA_PORT))
            except OSError as error:
                raise CommandError(
                    f"Port {settings.ROTA_PORT} can't be used: {error.strerror}.\n"
                    f"Free it, or choose another: make up PORT={settings.ROTA_PORT + 1}"
                ) from None

    def _migrate(self) -> None:
        """Bring the tables up to date; several machines that start at once take turns."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
            try:
                call_command("migrate", verbosity=0, interactive=False)
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])

    def _load_demo(self) -> str:
        """Fill an empty database; what a visitor should know about it. Named by string: the demo stands above core."""
        if not settings.ROTA_DEMO:
            return ""
        told = StringIO()
        call_command("load_demo", if_empty=True, stdout=told)
        return told.getvalue()

    def _serve(self, stopping: threading.Event) -> None:
        manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
        children = [Child(name, [*manage, f"run_{name}"]) for name in ("web", "worker", "scheduler")]
        environ = {"PUBLIC_URL": f"http://localhost:{settings.ROTA_PORT}", **os.environ}
        self._is_ready = False
        Supervisor(children, environ=environ, say=self._say).run(stopping, every_tick=self._announce)
        self.stdout.write("Stopped.")

    def _say(self, name: str, line: str) -> None:
        self.stdout.write(f"{name:<9} | {line}")
        self.stdout.flush()

    def _announce(self) -> None:
        """Once the product serves, say where; if it does not within a minute, say so."""
        if self._is_ready:
            return
        after = time.monotonic() - self._started
        if _answers(f"{_url()}/readyz"):
            self._is_ready = True
            self.stdout.write(_welcome(after, self._demo))
            self.stdout.flush()
        elif after > _READY_SECONDS:
            self._is_ready = True
            self.stderr.write(f"Not ready after {_READY_SECONDS:.0f} s; the lines above say why. Still trying.")

    def _stop_servers(self) -> None:
        connections.close_all()
        started = os.environ.get("ROTA_EMBEDDED", "").split(",")
        if "DATABASE_URL" in started:
            embedded.stop_postgres(settings.ROTA_HOME)
        if "REDIS_URL" in started:
            embedded.stop_redis(settings.ROTA_HOME)


def _url() -> str:
    return f"http://localhost:{settings.ROTA_PORT}"


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 (our own http address)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _welcome(seconds: float, demo: str) -> str:
    outbox = "the server of EMAIL_URL"
    if settings.EMAIL_BACKEND == "backend.notifications.gateway.OutboxFolder":
        folder = Path(settings.EMAIL_FILE_PATH)
        outbox = f"{folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder}/"
    return f"""
Rota is up after {seconds:.1f} s.

  GraphiQL     {_url()}/graphql/
  Back office  {_url()}/admin/
  Mails        {outbox}
{demo}
Ctrl-C stops everything.
"""


@contextmanager
def _stop_signal() -> Iterator[threading.Event]:
    """An event that Ctrl-C, SIGTERM and a closed terminal set."""
    stopping = threading.Event()

    def stop(signum: int, frame: FrameType | None) -> None:
        stopping.set()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield stopping
    finally:
        for number, action in before.items():
            signal.signal(number, action)
