"""Workers that die at a chosen statement, by SIGKILL: as real as kill -9, and never by luck.

`python -m tests.faults.mortal` loads the product once and then forks a process for each task that it reads: what a
worker does with one message, or a scheduler with one job. The task says when its process is to die:

* `first`: as soon as the effect has written something, in the middle of its transaction;
* `last`: when all is written and noted as done, and only COMMIT is missing;
* `unsaid`: when the outside has taken a message and nobody has noted it yet;
* `told`: after COMMIT, before the queue hears that the message is dealt with;
* nothing: it lives.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "rota-mortal"
"""What the database knows its connections by."""
_BOOKS = ("events_delivery", "workers_periodicrun")
"""Tables that say what was done: writing there is not yet the effect."""


class Mortals:
    """The process that forks them. Ends with `close`."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.mortal"],
            cwd=ROOT,
            env=os.environ | {"PGAPPNAME": NAME, "DJANGO_SETTINGS_MODULE": "backend.settings.testing", **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, **task: Any) -> int:
        """Do one task in a process of its own; the signal that ended it, 0 for none. AssertionError where it failed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(task), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, "the process that forks has ended"
        status = int(answer)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"{task} failed"
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _watch(moment: str) -> Any:
    """Dies at its moment, of all statements that go to the database."""

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        writes = sql.startswith(("INSERT", "UPDATE", "DELETE"))
        if moment == "unsaid" and writes and "SENT" in (params or ()):
            _die()
        result = execute(sql, params, many, context)
        if writes:
            noted = sql.startswith(tuple(f'UPDATE "{table}"' for table in _BOOKS))
            opened = sql.startswith(tuple(f'INSERT INTO "{table}"' for table in _BOOKS))
            if (moment == "first" and not noted and not opened) or (moment == "last" and noted):
                _die()
        return result

    return watch


def _carry_out(task: dict[str, Any]) -> None:
    import time_machine
    from django.conf import settings
    from django.db import connection

    from workers.actors import broker
    from workers.schedule import JOBS, run_if_due

    for name, value in task.get("settings", {}).items():
        setattr(settings, name, value)
    now = datetime.fromisoformat(task["now"])
    with time_machine.travel(now, tick=False), connection.execute_wrapper(_watch(task.get("dies", ""))):
        if "job" in task:
            run_if_due(next(job for job in JOBS if job.name == task["job"]), now=now)
        else:
            broker.get_actor(task["actor"]).fn(**task["ids"])
    if task.get("dies") == "told":
        _die()


def _exit_code(task: dict[str, Any]) -> int:
    """0 where it went well; whatever happens, a child never returns to reading tasks."""
    sys.stdout = sys.stderr
    try:
        _carry_out(task)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def main() -> None:
    """Fork for each line until there are no more."""
    import django
    import time_machine  # noqa: F401 - loaded once, for all

    django.setup()
    import workers.actors
    import workers.schedule  # noqa: F401 - loaded once, for all

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(_exit_code(json.loads(line)))
        sys.stdout.write(f"{os.waitpid(child, 0)[1]}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
