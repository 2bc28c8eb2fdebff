"""Children that end are started again; all end together."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from backend.core.supervisor import Child, Supervisor, restart_pause


class Watched:
    """A supervisor in a thread, and what its children said."""

    def __init__(self, *scripts: str) -> None:
        self.lines: list[tuple[str, str]] = []
        self.children = [Child(f"child{n}", [sys.executable, "-c", script]) for n, script in enumerate(scripts)]
        supervisor = Supervisor(self.children, environ=os.environ, say=lambda *said: self.lines.append(said))
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=supervisor.run, args=(self.stopping,), kwargs={"every_tick": int})
        self.thread.start()

    def wait_for(self, text: str, times: int = 1) -> None:
        deadline = time.monotonic() + 60
        while sum(text in line for _, line in self.lines) < times:
            assert time.monotonic() < deadline, self.lines
            time.sleep(0.02)

    def stop(self) -> None:
        self.stopping.set()
        self.thread.join(60)
        assert not self.thread.is_alive()


def test_the_pause_doubles_up_to_ten_seconds() -> None:
    assert [restart_pause(failures) for failures in (1, 2, 3, 4, 5, 6, 60)] == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_a_child_that_ends_is_started_again_and_its_lines_are_passed_on() -> None:
    watched = Watched("print('born'); raise SystemExit(3)")
    try:
        watched.wait_for("born", times=2)
        assert ("child0", "ended with 3; starting it again in 0.5 s") in watched.lines
    finally:
        watched.stop()


def test_all_children_end_with_the_supervisor() -> None:
    watched = Watched(*["import time; print('up', flush=True); time.sleep(60)"] * 2)
    watched.wait_for("up", times=2)
    processes = [child.process for child in watched.children]
    watched.stop()
    assert [process.returncode for process in processes if process] == [-15, -15]


def test_who_does_not_want_to_wait_for_a_child_that_will_not_end_leaves_none_behind() -> None:
    stubborn = "import signal, time; signal.signal(15, lambda *_: print('no', flush=True)); print('up', flush=True)\n"
    child = Child("child", [sys.executable, "-c", stubborn + "while True: time.sleep(1)"])
    stopping = threading.Event()

    def say(_: str, line: str) -> None:
        if line == "up":
            stopping.set()
        if line == "no":
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        Supervisor([child], environ=os.environ, say=say).run(stopping, every_tick=lambda: None)
    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel in Linux's way")
def test_children_do_not_outlive_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    inner = f"import os, time; open(r'{pid_file}', 'w').write(str(os.getpid())); time.sleep(60)"
    script = (
        "import os, sys, threading; from backend.core.supervisor import Child, Supervisor\n"
        f"child = Child('child', [sys.executable, '-c', {inner!r}])\n"
        "Supervisor([child], environ=os.environ, say=print).run(threading.Event(), every_tick=int)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script])
    deadline = time.monotonic() + 60
    while not (pid_file.exists() and pid_file.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    child = int(pid_file.read_text())
    parent.kill()
    parent.wait()
    while Path(f"/proc/{child}").exists() and "\nState:\tZ" not in Path(f"/proc/{child}/status").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
