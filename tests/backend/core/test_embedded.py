"""The bundled servers start wherever a clone may lie."""

from pathlib import Path

import psycopg
import pytest
import redis

from backend.core import embedded


@pytest.fixture(params=["plain", "with spaces/and é", "deep/" + "x" * 100])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder whose name shells, URLs and unix sockets may choke on."""
    return tmp_path / str(request.param)


def test_the_servers_start_are_found_again_and_stop(home: Path) -> None:
    database, cache = embedded.start_postgres(home), embedded.start_redis(home)
    try:
        with psycopg.connect(database) as connection:
            assert connection.execute("SELECT current_database(), lower('É')").fetchone() == ("rota", "é")
        assert redis.Redis.from_url(cache).ping()
        assert embedded.start_postgres(home) == database
        assert embedded.start_redis(home) == cache
    finally:
        embedded.stop_all(home)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(database)
    with pytest.raises(redis.ConnectionError):
        redis.Redis.from_url(cache, retry=None).ping()


def test_data_survives_a_crash(tmp_path: Path) -> None:
    database = embedded.start_postgres(tmp_path)
    try:
        with psycopg.connect(database) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        embedded.stop_postgres(tmp_path, immediately=True)
        assert embedded.start_postgres(tmp_path) == database
        with psycopg.connect(database) as connection:
            assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    finally:
        embedded.stop_all(tmp_path)


def test_what_the_environment_names_is_not_started(tmp_path: Path) -> None:
    environ = {"DATABASE_URL": "postgresql://db/rota", "REDIS_URL": "redis://cache/0", "ROTA_HOME": str(tmp_path)}
    embedded.start_missing(environ)
    assert "ROTA_EMBEDDED" not in environ
    assert list(tmp_path.iterdir()) == []
