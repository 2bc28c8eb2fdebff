"""Keeping a few processes alive, as `manage.py up` does; production leaves this to its own supervisor."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

STOP_SECONDS = 25.0
"""How long a process may take to stop before it is killed: longer than a worker gives its running jobs."""

_LONGEST_PAUSE = 10.0
_HEALTHY_AFTER = 30.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def restart_pause(failures: int) -> float:
    """Seconds to wait before the start after the `failures`-th failure in a row: doubling from a half, at most ten."""
    return min(0.5 * float(2 ** max(failures - 1, 0)), _LONGEST_PAUSE)


@dataclass
class Child:
    """One process to keep alive."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    failures: int = 0
    """Ends since it last ran for half a minute."""
    due_at: float = field(default=0.0)
    """When to start it next, on the monotonic clock."""


class Supervisor:
    """Starts its children, starts them again when they end, and stops them together. Their lines go to `say`."""

    def __init__(
        self, children: Sequence[Child], *, environ: Mapping[str, str], say: Callable[[str, str], None]
    ) -> None:
        self._children = children
        self._environ = {**environ, "PYTHONUNBUFFERED": "1"}
        self._say = say

    def run(self, stopping: threading.Event, *, every_tick: Callable[[], None]) -> None:
        """Keep everything running until `stopping` is set, then stop everything. Calls `every_tick` in between."""
        try:
            while not stopping.wait(0.1):
                for child in self._children:
                    self._mind(child)
                every_tick()
        finally:
            self._stop()

    def _mind(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.due_at:
                self._start(child)
        elif (code := child.process.poll()) is not None:
            child.failures = 1 if now - child.started_at > _HEALTHY_AFTER else child.failures + 1
            pause = restart_pause(child.failures)
            child.process, child.due_at = None, now + pause
            self._say(child.name, f"ended with {code}; starting it again in {pause:g} s")

    def _start(self, child: Child) -> None:
        child.started_at = time.monotonic()
        child.process = subprocess.Popen(
            child.command,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Ctrl-C in a terminal reaches all of a session; the children are to be stopped by us, in order.
            start_new_session=True,
            preexec_fn=_end_with_parent if _libc else None,
        )
        threading.Thread(target=self._pass_on, args=(child.name, child.process), daemon=True).start()

    def _pass_on(self, name: str, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self._say(name, line.rstrip("\n"))

    def _stop(self) -> None:
        running = [child.process for child in self._children if child.process and child.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        try:
            for process in running:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, deadline - time.monotonic()))
        finally:  # also where somebody would not wait
            for process in running:
                process.kill()
                process.wait()


def _end_with_parent() -> None:
    """Let the kernel stop the new process when its supervisor is killed, so that nothing keeps the port."""
    if _libc is not None:
        parent = os.getppid()
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before the call
            os._exit(1)
