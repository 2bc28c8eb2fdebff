"""Real processes on servers of their own, to be killed."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Stack:
    """A home with an outbox, and the processes that run on it. Everything it started ends with `close`."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        # Not pytest's tmp_path: embedded PostgreSQL may run as another user, who must be able to enter.
        self.home = Path(tempfile.mkdtemp(prefix="rota-fault-"))
        self.home.chmod(0o755)
        self.environ = dict(environ)
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start one of `manage.py`'s commands."""
        environ = os.environ | {"DJANGO_SETTINGS_MODULE": "backend.settings.local", "ROTA_HOME": str(self.home)}
        with (self.home / f"{command[0]}-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.rota", *command],
                cwd=ROOT,
                env=environ | self.environ,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """kill -9: no handler, no cleaning up."""
        process.send_signal(signal.SIGKILL)
        process.wait(60)

    def stop(self, process: subprocess.Popen[bytes]) -> int:
        """SIGTERM, as every supervisor does; the exit code."""
        process.terminate()
        return process.wait(60)

    def logs(self) -> str:
        """What all processes have written."""
        return "\n".join(log.read_text() for log in sorted(self.home.glob("*.log")))

    def outbox(self) -> list[str]:
        """Names of the mails in the outbox."""
        folder = self.home / "outbox"
        return sorted(file.name for file in folder.iterdir()) if folder.exists() else []

    def wait_until(self, what: Callable[[], bool], *, seconds: float = 300) -> None:
        """Look ten times a second until `what` is so; fail with the logs where it never is."""
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, f"not within {seconds} s:\n{self.logs()[-6000:]}"
            for process in self.processes:
                assert process.poll() in (None, 0, -signal.SIGKILL), f"a process ended:\n{self.logs()[-6000:]}"
            time.sleep(0.1)

    def stop_all(self) -> None:
        """End what still runs, at once."""
        for process in self.processes:
            if process.poll() is None:
                self.kill(process)

    def close(self) -> None:
        """End what still runs, and remove the home."""
        self.stop_all()
        shutil.rmtree(self.home, ignore_errors=True)
