"""Redis as a means of transport, and how a message becomes a delivery.

A message is a handler's name and an id, nothing else: what is to be done stands in PostgreSQL. So Dramatiq's own
retries, results and dead letters stay unused (no middleware but ours); a message that gets lost is sent again by the
relay when its lease runs out.
"""

from typing import Any

import dramatiq
import redis
import structlog
from django.conf import settings
from django.db import close_old_connections, connections
from dramatiq.brokers.redis import RedisBroker
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from backend.core import clock
from backend.core.requests import new_request_id
from backend.events.actions import Effect, deliver

QUEUE = "default"
_NAMESPACE = "rota:queue"


class DatabaseConnections(dramatiq.Middleware):
    """Each message starts on a connection that works; a thread that ends leaves none behind."""

    def before_process_message(self, broker: Any, message: Any) -> None:
        close_old_connections()

    def after_process_message(self, broker: Any, message: Any, *, result: Any = None, exception: Any = None) -> None:
        close_old_connections()

    def before_worker_thread_shutdown(self, broker: Any, thread: Any) -> None:
        connections.close_all()


class RequestContext(dramatiq.Middleware):
    """Log lines of one message never carry what another has bound."""

    def before_process_message(self, broker: Any, message: Any) -> None:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=new_request_id())

    def after_process_message(self, broker: Any, message: Any, *, result: Any = None, exception: Any = None) -> None:
        structlog.contextvars.clear_contextvars()


def _redis() -> redis.Redis:
    # Three quick tries, so that a restarted Redis costs a hiccup on each pooled connection and no error.
    retry = Retry(ExponentialBackoff(cap=0.5, base=0.05), 3)
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=5, retry=retry)


broker = RedisBroker(  # type: ignore[no-untyped-call]
    client=_redis(),
    namespace=_NAMESPACE,
    # With Dramatiq's defaults the messages of a killed worker come back after two minutes, with these after 17 s.
    heartbeat_timeout=15_000,
    maintenance_chance=50_000,
    middleware=[DatabaseConnections(), RequestContext()],
)
dramatiq.set_broker(broker)


def handler(effect: Effect) -> Effect:
    """Let `effect` be named in workers/routing.py, as `module.function`: `notifications.order_received`.

    It runs inside a transaction that also marks the delivery done, so it only writes rows; it calls no outside system.
    The message tolerates arguments that a later version may send.
    """
    name = f"{effect.__module__.rpartition('.')[2]}.{effect.__name__}"  # type: ignore[attr-defined]

    def run(event_id: int, **_: object) -> None:
        deliver(event_id=event_id, handler=name, effect=effect, now=clock.now())

    dramatiq.actor(actor_name=name, queue_name=QUEUE, broker=broker)(run)
    return effect


def send(actor: str, **ids: int) -> None:
    """Enqueue one message. Raises ActorNotFound for a name that nobody answers to, and redis.RedisError."""
    broker.enqueue(broker.get_actor(actor).message(**ids))


def waiting() -> int:
    """How many messages no worker has fetched yet. Raises redis.RedisError."""
    return int(broker.client.llen(f"{_NAMESPACE}:{QUEUE}"))
