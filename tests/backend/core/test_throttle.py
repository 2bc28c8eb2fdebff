"""Leaky buckets."""

import uuid
from typing import Any

import pytest

from backend.core import throttle
from backend.core.errors import RateLimited
from backend.core.throttle import Bucket, require_within, take
from tests.conftest import REDIS_CLOCK

SCRIPT = throttle._TAKE
"""As it runs in production; in tests its clock stands."""


def test_a_bucket_empties_and_says_when_to_come_back() -> None:
    bucket, who = Bucket("test", capacity=2, per_second=0.1), uuid.uuid4().hex
    assert [take(bucket, who).allowed for _ in range(3)] == [True, True, False]
    with pytest.raises(RateLimited) as caught:
        require_within(bucket, who)
    assert caught.value.retry_after == 10


def test_it_fills_again_at_its_rate_and_never_beyond_its_brim(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket, who = Bucket("test", capacity=4, per_second=0.5), uuid.uuid4().hex

    def left_at(second: int, cost: float) -> float:
        monkeypatch.setattr(throttle, "_TAKE", SCRIPT.replace(REDIS_CLOCK, f"{{'{second}', '500000'}}"))
        return take(bucket, who, cost).left

    assert [left_at(100, 4), left_at(103, 1), left_at(104, 0), left_at(900, 0)] == [0, 0.5, 1, 4]


def test_it_goes_by_the_clock_that_all_processes_share() -> None:
    assert SCRIPT.count(REDIS_CLOCK) == 1


def test_everyone_has_a_bucket_of_their_own() -> None:
    bucket = Bucket("test", capacity=1, per_second=0.1)
    assert take(bucket, uuid.uuid4().hex).allowed
    assert take(bucket, uuid.uuid4().hex).allowed


def test_without_redis_nobody_is_held_up(settings: Any) -> None:
    throttle._client.cache_clear()
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    try:
        assert take(Bucket("test", capacity=1, per_second=0.1), "anyone", cost=100).allowed
    finally:
        throttle._client.cache_clear()
