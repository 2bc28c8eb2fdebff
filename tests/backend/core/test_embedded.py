"""The bundled servers start wherever a clone may lie."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from backend.core import embedded


@pytest.fixture(params=["plain", "with spaces/and é", "deep/" + "x" * 100])
def home(request: pytest.FixtureRequest, server_home: Path) -> Iterator[Path]:
    """A folder whose name shells, URLs and unix sockets may choke on."""
    folder = server_home / str(request.param)
    yield folder
    embedded.stop_all(folder)


def test_the_servers_start_are_found_again_and_stop(home: Path) -> None:
    database, cache = embedded.start_postgres(home), embedded.start_redis(home)
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT current_database(), lower('É')").fetchone() == ("rota", "é")
    assert redis.Redis.from_url(cache).ping()
    assert embedded.start_postgres(home) == database
    assert embedded.start_redis(home) == cache
    embedded.stop_all(home)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(database)
    with pytest.raises(redis.ConnectionError):
        redis.Redis.from_url(cache, retry=None).ping()


def test_data_survives_a_crash(server_home: Path) -> None:
    database = embedded.start_postgres(server_home)
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    embedded.stop_postgres(server_home, immediately=True)
    assert embedded.start_postgres(server_home) == database
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_after_kill_9_of_both_what_they_left_behind_is_in_nobody_s_way(server_home: Path) -> None:
    database, cache = embedded.start_postgres(server_home), embedded.start_redis(server_home)
    for pid_file in ("postgres/postmaster.pid", "redis/redis.pid"):
        os.kill(int((server_home / pid_file).read_text().split()[0]), signal.SIGKILL)
    assert (embedded.start_postgres(server_home), embedded.start_redis(server_home)) == (database, cache)
    psycopg.connect(database).close()
    assert redis.Redis.from_url(cache).ping()


def test_a_number_that_is_another_programs_by_now_keeps_nobody_from_starting(server_home: Path) -> None:
    embedded.start_postgres(server_home)
    embedded.stop_postgres(server_home)
    pid_file = server_home / "postgres/postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{pid_file.parent}\n")
    psycopg.connect(embedded.start_postgres(server_home)).close()
    assert int(pid_file.read_text().split()[0]) != os.getpid()


def test_a_server_that_was_never_laid_out_to_its_end_is_laid_out_anew(server_home: Path) -> None:
    half = server_home / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    psycopg.connect(embedded.start_postgres(server_home)).close()
    assert not half.exists()


def test_a_home_that_is_no_folder_is_told(server_home: Path) -> None:
    (server_home / "file").touch()
    with pytest.raises(embedded.EmbeddedServerError, match="file"):
        embedded.start_missing({"ROTA_HOME": str(server_home / "file")})


def test_what_the_environment_names_is_not_started(tmp_path: Path) -> None:
    environ = {"DATABASE_URL": "postgresql://db/rota", "REDIS_URL": "redis://cache/0", "ROTA_HOME": str(tmp_path)}
    embedded.start_missing(environ)
    assert "ROTA_EMBEDDED" not in environ
    assert list(tmp_path.iterdir()) == []
