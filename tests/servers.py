"""A pytest plugin (`-p tests.servers`): starts PostgreSQL and Redis before Django reads its settings.

pytest-django reads the settings before any conftest hook runs, hence a plugin. The servers live in their own home, so a
test run never touches the data of `make up`.
"""

import os
from pathlib import Path

import psycopg

from backend.core.embedded import start_missing, start_postgres, stop_postgres


def hurry(url: str) -> None:
    """Let commits not wait for the disk: what a crash of this machine takes of a test run, nobody misses."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")


os.environ["DJANGO_SETTINGS_MODULE"] = "backend.settings.testing"
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["ROTA_HOME"] = os.environ.get("ROTA_TEST_HOME", ".rota/test")
    start_missing(os.environ)
    if "DATABASE_URL" in os.environ.get("ROTA_EMBEDDED", ""):
        hurry(os.environ["DATABASE_URL"])
else:
    # The event log settles when the oldest transaction of the whole server ends, and queues and buckets are one
    # Redis's: each worker has servers of its own, unless the environment names shared ones.
    name = os.environ["PYTEST_XDIST_WORKER"]
    if "DATABASE_URL" in os.environ.get("ROTA_EMBEDDED", ""):
        os.environ["DATABASE_URL"] = start_postgres(Path(os.environ["ROTA_HOME"]).resolve() / name)
        hurry(os.environ["DATABASE_URL"])
    # Database 0 belongs to nobody.
    number = int(name.removeprefix("gw")) + 1
    separator = "&" if "?" in os.environ["REDIS_URL"] else "?"
    os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL']}{separator}db={number}"


def pytest_unconfigure() -> None:
    """A worker stops the server that is its own; `make test` stops those of the run."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker and "DATABASE_URL" in os.environ.get("ROTA_EMBEDDED", ""):
        stop_postgres(Path(os.environ["ROTA_HOME"]).resolve() / worker)
