"""From the event log to the queue, and again for what was not done in time.

Any number of relays may run: each claims rows that no other holds, and says so in the rows themselves.
"""

import redis
import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections
from dramatiq.errors import ActorNotFound, BrokerError

from backend.calendars.actions import lease_syncs
from backend.core import clock
from backend.core.wakeup import Listener
from backend.events.actions import count_failure, lease_deliveries, route_events
from backend.notifications.actions import lease_emails, lease_sms
from backend.partners.actions import lease_endpoints
from workers import routing
from workers.broker import send, waiting

BATCH = 200
"""Rows taken at once: few enough for a short transaction."""

MAX_WAITING = 400
"""No more is sent while so many messages wait: what lies in PostgreSQL can't be lost, and its lease does not run."""

PAUSE = 1.0
"""Seconds between two looks when nobody knocks."""

_log = structlog.get_logger(__name__)


def relay_round() -> int:
    """Route what is new, send what is due; how many rows were moved. Raises DatabaseError or redis.RedisError."""
    now = clock.now()
    moved = route_events(routes=routing.ROUTES, wanted=routing.WANTED, limit=BATCH, now=now)
    # Ask Redis first: leasing what can't be sent would put it off for the length of the lease.
    room = min(BATCH, MAX_WAITING - waiting())
    if room <= 0:
        return moved
    deliveries = lease_deliveries(limit=room, now=now)
    for leased in deliveries:
        try:
            send(leased.handler, event_id=leased.event_id)
        except ActorNotFound as error:
            count_failure(event_id=leased.event_id, handler=leased.handler, error=error, now=now)
    emails = lease_emails(limit=room, now=now)
    for email_id in emails:
        send("notifications.send_email", email_id=email_id)
    syncs = lease_syncs(limit=room, now=now)
    for connection_id in syncs:
        send("calendars.sync", connection_id=connection_id)
    texts = lease_sms(limit=room, now=now)
    for sms_id in texts:
        send("notifications.send_sms", sms_id=sms_id)
    endpoints = lease_endpoints(at_once=max(1, settings.WORKER_THREADS // 2), now=now)
    for endpoint_id, lease in endpoints:
        send("partners.send_waiting", endpoint_id=endpoint_id, lease=lease)
    return moved + len(deliveries) + len(emails) + len(syncs) + len(texts) + len(endpoints)


class Relay:
    """The loop: rounds while there is work, a pause of at most a second when there is none."""

    def __init__(self) -> None:
        self._listener = Listener()
        self._stopping = False

    def stop(self) -> None:
        """Let `run` return after the round that it is in."""
        self._stopping = True
        self._listener.interrupt()

    def run(self) -> None:
        """Until stopped. Neither the database nor Redis being away ends it."""
        self._listener.start()
        while not self._stopping:
            if not self._round_or_log():
                self._listener.wait(PAUSE)
        connections.close_all()

    def _round_or_log(self) -> bool:
        """Whether there may be more to do at once."""
        close_old_connections()
        try:
            return relay_round() > 0
        except (DatabaseError, redis.RedisError, BrokerError, OSError) as error:
            _log.warning("relay.held_up", error=repr(error))
        except Exception:
            _log.exception("relay.failed")
        return False
