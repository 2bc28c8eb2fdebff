"""Leaky buckets in Redis: how often somebody may try something.

Redis holds the only state, and it may be lost: then everybody starts with a full bucket. While Redis is away nobody is
held up, which is logged; refusing everyone would turn a cache outage into an outage of the business.
"""

from dataclasses import dataclass
from functools import cache

import redis
import structlog
from django.conf import settings

from backend.core.errors import RateLimited

_log = structlog.get_logger(__name__)

# One round trip, atomic. The clock is Redis's own, so that several web processes share one.
_TAKE = """
local capacity, rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1000000
local state = redis.call('HMGET', KEYS[1], 'level', 'at')
local level, at = tonumber(state[1] or capacity), tonumber(state[2] or now)
level = math.min(capacity, level + (now - at) * rate)
local allowed = 0
if level >= cost then
  level = level - cost
  allowed = 1
end
redis.call('HSET', KEYS[1], 'level', level, 'at', now)
redis.call('EXPIRE', KEYS[1], math.ceil(capacity / rate) + 1)
return {allowed, tostring(level)}
"""


@dataclass(frozen=True, slots=True)
class Bucket:
    """`capacity` points, refilled at `per_second`."""

    name: str
    capacity: float
    per_second: float


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether the points were there, and how many are left."""

    allowed: bool
    left: float


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5, retry=None, decode_responses=True
    )


def take(bucket: Bucket, who: str, cost: float = 1) -> Taken:
    """Take `cost` points out of the bucket that belongs to `who`."""
    try:
        allowed, left = _client().eval(
            _TAKE, 1, f"rota:bucket:{bucket.name}:{who}", bucket.capacity, bucket.per_second, cost
        )
    except (redis.RedisError, OSError) as error:
        _log.warning("throttle.unavailable", bucket=bucket.name, error=type(error).__name__)
        return Taken(allowed=True, left=bucket.capacity)
    return Taken(allowed=bool(int(allowed)), left=float(left))


def require_within(bucket: Bucket, who: str) -> None:
    """RateLimited, with the seconds until the next try, where the bucket is empty."""
    taken = take(bucket, who)
    if not taken.allowed:
        raise RateLimited(retry_after=max(1, round((1 - taken.left) / bucket.per_second)))
