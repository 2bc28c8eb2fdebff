"""`manage.py up`: the whole product on one machine, for development and demonstration."""

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
from django.db import OperationalError, connection, connections

from backend.core import embedded
from backend.core.supervisor import Child, Supervisor

_MIGRATION_LOCK = 7_682_001
_READY_SECONDS = 60.0


class Command(BaseCommand):
    help = "Run the whole product: embedded servers, web, worker, scheduler, and a demo business in an empty database."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Until Ctrl-C or SIGTERM; CommandError where the port is taken or the database does not answer.

        `manage.py` starts the servers before and stops them after (embedded.serving).
        """
        if not settings.ROTA_ON_ONE_MACHINE:
            raise CommandError("`up` is for one machine. Production runs its processes itself: docs/operations.md.")
        self._started = time.monotonic()
        with _Stop() as stop:
            self._require_free_port()
            self._migrate()
            with stop.put_off("Stopping when the demo business is complete. Ctrl-C again stops at once."):
                self._demo = self._load_demo()
            connections.close_all()
            with stop.put_off("Stopping. Ctrl-C again stops at once."):
                self._serve(stop.asked)

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
        try:
            connection.ensure_connection()
        except OperationalError as error:
            raise CommandError(f"The database of DATABASE_URL does not answer: {error}") from None
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        call_command("migrate", verbosity=0, interactive=False)
        with connection.cursor() as cursor:
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
        self._is_ready = self._is_late = False
        self._served_since = time.monotonic()
        Supervisor(children, environ=environ, say=self._say).run(stopping, every_tick=self._announce)
        self.stdout.write("Stopped.")

    def _say(self, name: str, line: str) -> None:
        self.stdout.write(f"{name:<9} | {line}")
        self.stdout.flush()

    def _announce(self) -> None:
        """Once the product serves, say where; if it does not within a minute, say so, and go on looking."""
        if self._is_ready:
            return
        now = time.monotonic()
        if _answers(f"{_url()}/readyz"):
            self._is_ready = True
            self.stdout.write(_welcome(now - self._started, self._demo))
            self.stdout.flush()
        elif now - self._served_since > _READY_SECONDS and not self._is_late:
            self._is_late = True
            self.stderr.write(f"Not ready after {_READY_SECONDS:.0f} s; the lines above say why. Still trying.")


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


class _Stop:
    """What Ctrl-C, SIGTERM and a closed terminal do: the first ends the command at once, or sets `asked` where it is
    put off; the second always ends it.
    """

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._answer: str | None = None

    def __enter__(self) -> "_Stop":
        self._before = {number: signal.signal(number, self._stop) for number in embedded.STOP_SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, action in self._before.items():
            signal.signal(number, action)

    @contextmanager
    def put_off(self, answer: str) -> Iterator[None]:
        """Inside, the first signal is answered in words and waits to be looked at."""
        self._answer = answer
        try:
            yield
        finally:
            self._answer = None

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        if self.asked.is_set() or self._answer is None:
            raise KeyboardInterrupt
        self.asked.set()
        os.write(2, f"\n{self._answer}\n".encode())  # not through a buffer that we may have interrupted
