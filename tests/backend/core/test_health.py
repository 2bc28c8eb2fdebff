"""Liveness and readiness."""

from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_living_process_says_so() -> None:
    response = Client().get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_ready_means_database_redis_and_migrations() -> None:
    response = Client().get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "checks": {"database": "ok", "redis": "ok", "migrations": "ok"}}


def test_without_redis_it_is_not_ready_and_says_why(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["redis"] == "unreachable (ConnectionError)"


def test_a_request_id_is_echoed_or_made() -> None:
    assert Client().get("/healthz", headers={"X-Request-Id": "abc-123-def"})["X-Request-Id"] == "abc-123-def"
    made = Client().get("/healthz", headers={"X-Request-Id": "no spaces or <tags>"})["X-Request-Id"]
    assert len(made) == 32
