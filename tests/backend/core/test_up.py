"""`manage.py up` as a newcomer runs it: real processes on servers of its own. One start serves all these tests."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from io import StringIO
from pathlib import Path

import psycopg
import pytest

from backend.core.management.commands import up as up_command
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 300.0


class Up:
    """The running product and what it has said."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port, self.lines = home, port, list[str]()
        # Nothing of the test's own servers: this one brings its own.
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        self.environ = kept | {"ROTA_HOME": str(home), "PORT": str(port)}
        self.process = self.run("manage.py", "up")
        threading.Thread(target=self._read, daemon=True).start()

    def run(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        """One of the project's commands, as if typed beside the running product."""
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environ | environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append(line)

    def wait_for(self, pattern: str, times: int = 1) -> None:
        self.wait_until(lambda: sum(bool(re.search(pattern, line)) for line in self.lines) >= times)

    def wait_until(self, what: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not what():
            assert self.process.poll() is None, "".join(self.lines)
            assert time.monotonic() < deadline, "".join(self.lines)
            time.sleep(0.02)

    def pid_of(self, command: str) -> int:
        """The process id of a child, by the kernel's list of children."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return next(int(pid) for pid in children if command in Path(f"/proc/{pid}/cmdline").read_text())


@pytest.fixture(scope="module")
def up(server_homes: Callable[[], Path]) -> Iterator[Up]:
    product = Up(server_homes() / "rota home", free_port())
    try:
        product.wait_for("Rota is up after")
        yield product
    finally:
        product.process.terminate()
        product.process.wait(PATIENCE)


def answer(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and output."""
    output, _ = process.communicate(timeout=PATIENCE)
    return process.returncode, output


def test_it_says_where_it_answers_and_who_can_sign_in(up: Up) -> None:
    up.wait_for("Ctrl-C stops everything")
    told = "".join(up.lines)
    assert f"http://localhost:{up.port}/graphql/" in told
    assert f"http://localhost:{up.port}/admin/" in told
    assert f"{up.home}/outbox/" in told
    for sign_in in ("admin@demo.test", "manager@demo.test", "anna@demo.test", "customer@demo.test", "rota-demo-2026"):
        assert sign_in in told


def test_the_story_goes_as_told(up: Up) -> None:
    code, output = answer(up.run("-m", "backend.demo"))
    assert code == 0, output
    assert "As told" in output
    assert output.count("The socket in Anna's app speaks") == 2
    assert output.count("A mail lies in the outbox") == 3


def test_the_story_fails_where_nothing_answers(up: Up) -> None:
    code, output = answer(up.run("-m", "backend.demo", PORT=str(free_port())))
    assert code == 1
    assert "Start it first: make up" in output


def test_a_second_one_in_the_same_home_is_refused(up: Up) -> None:
    code, output = answer(up.run("manage.py", "up", PORT=str(free_port())))
    assert code == 1
    assert f"Rota already runs in {up.home} (process {up.process.pid}, http://localhost:{up.port})" in output
    assert up.process.poll() is None


def test_a_port_that_is_taken_is_named(up: Up, server_home: Path) -> None:
    code, output = answer(up.run("manage.py", "up", ROTA_HOME=str(server_home)))
    assert code == 1
    assert f"Port {up.port} can't be used" in output
    assert f"make up PORT={up.port + 1}" in output
    assert not servers_of(server_home), "its servers still run"


def test_a_home_that_can_not_be_written_to_is_named(up: Up, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, output = answer(up.run("manage.py", "up", ROTA_HOME=str(tmp_path / "file")))
    assert (code, output.splitlines()[0][:36]) == (1, "The embedded servers did not start: ")
    assert str(tmp_path / "file") in output
    assert "Traceback" not in output


def test_a_database_that_does_not_answer_is_named(up: Up, tmp_path: Path) -> None:
    elsewhere = {"DATABASE_URL": "postgresql://127.0.0.1:1/rota", "REDIS_URL": "redis://127.0.0.1:1/0"}
    code, output = answer(up.run("manage.py", "up", ROTA_HOME=str(tmp_path), PORT=str(free_port()), **elsewhere))
    assert code == 1
    assert "The database of DATABASE_URL does not answer" in output
    assert "Traceback" not in output


def test_a_killed_worker_is_started_again(up: Up) -> None:
    up.wait_for("worker.started")
    os.kill(up.pid_of("run_worker"), signal.SIGKILL)
    up.wait_for(r"worker +\| ended with -9; starting it again")
    up.wait_for("worker.started", times=2)


def servers_of(home: Path) -> list[Path]:
    """What shows that servers run there, or did when they were killed."""
    return [*home.glob("postgres/postmaster.pid"), *home.glob("redis/redis.sock"), *home.glob("redis/redis.pid")]


def is_laying_out(home: Path) -> bool:
    return (home / "postgres.new" / "PG_VERSION").exists()


def is_migrating(home: Path) -> bool:
    """There are tables, and not yet those of the last domain."""
    if not (home / "redis/redis.pid").exists():
        return False
    with psycopg.connect(f"postgresql://postgres@/rota?host={home}/postgres") as connection:
        return connection.execute("SELECT to_regclass('django_migrations')").fetchone() != (None,)


def test_interrupted_at_any_moment_it_leaves_nothing_running_and_starts_again(server_home: Path) -> None:
    for is_there in (is_laying_out, is_migrating):
        product = Up(server_home, free_port())
        product.wait_until(partial(is_there, server_home))
        product.process.send_signal(signal.SIGINT)
        product.process.wait(PATIENCE)
        assert "".join(product.lines).strip() == "Stopped."
        assert servers_of(server_home) == []
    product = Up(server_home, free_port())
    product.wait_for("Rota is up after")
    children = [product.pid_of(name) for name in ("run_web", "run_worker", "run_scheduler")]
    product.process.send_signal(signal.SIGTERM)
    assert product.process.wait(PATIENCE) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)
    assert servers_of(server_home) == []
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"postgresql://postgres@/rota?host={server_home}/postgres")
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{product.port}/healthz", timeout=2)


def test_when_it_is_late_it_says_so_once_and_still_tells_when_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([False, False, False, True])
    monkeypatch.setattr(up_command, "_answers", lambda url: next(answers))
    monkeypatch.setattr(up_command, "_READY_SECONDS", 0)
    told = StringIO()
    command = up_command.Command(stdout=told, stderr=told)
    command._started = command._served_since = time.monotonic() - 1
    command._is_ready, command._is_late, command._demo = False, False, ""
    for _ in range(6):
        command._announce()
    assert (told.getvalue().count("Not ready after"), told.getvalue().count("Rota is up after")) == (1, 1)
