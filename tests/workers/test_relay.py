"""One round of the relay: what it sends, and what it leaves for later."""

from datetime import timedelta
from typing import Any

import pytest
import redis
import time_machine

from backend.core.wakeup import Listener, knock
from backend.events.models import Delivery
from backend.events.rules import LEASE
from backend.notifications.models import EmailLog
from tests import factories
from tests.factories.business import NOW
from tests.factories.events import delivery, event
from workers import relay
from workers.actors import broker

pytestmark = pytest.mark.django_db


class Queue:
    """Stands where Redis stands: remembers what was sent, or is away."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, int]]] = []
        self.length = 0
        self.is_away = False

    def send(self, actor: str, **ids: int) -> None:
        broker.get_actor(actor)
        self.sent.append((actor, ids))

    def waiting(self) -> int:
        if self.is_away:
            raise redis.ConnectionError("away")
        return self.length


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch, at_now: Any) -> Queue:
    queue = Queue()
    monkeypatch.setattr(relay, "send", queue.send)
    monkeypatch.setattr(relay, "waiting", queue.waiting)
    return queue


def test_a_new_event_is_routed_and_sent_in_one_round(queue: Queue) -> None:
    row = event("user.registered")
    assert relay.relay_round() == 2
    assert queue.sent == [("notifications.registered", {"event_id": row.pk})]
    assert relay.relay_round() == 0
    assert len(queue.sent) == 1


def test_a_due_mail_is_sent(queue: Queue) -> None:
    email = EmailLog.objects.create(
        event=event("mail"),
        kind="ORDER_RECEIVED",
        recipient="ada@example.com",
        subject="Hello",
        text="Hello",
        message_id="<1@rota.test>",
        due_at=NOW,
        created_at=NOW,
    )
    relay.relay_round()
    assert queue.sent == [("notifications.send_email", {"email_id": email.pk})]


def test_while_redis_is_away_nothing_is_leased_so_nothing_waits_for_a_lease_to_end(queue: Queue) -> None:
    row = event("user.registered")
    queue.is_away = True
    with pytest.raises(redis.ConnectionError):
        relay.relay_round()
    due = Delivery.objects.get(event=row).due_at
    assert due == NOW
    queue.is_away = False
    relay.relay_round()
    assert queue.sent == [("notifications.registered", {"event_id": row.pk})]


def test_a_full_queue_gets_nothing_more(queue: Queue) -> None:
    event("user.registered")
    queue.length = relay.MAX_WAITING
    assert relay.relay_round() == 1  # routed, not sent
    assert queue.sent == []


def test_no_more_is_sent_than_there_is_room(queue: Queue) -> None:
    for _ in range(3):
        event("user.registered")
    queue.length = relay.MAX_WAITING - 2
    relay.relay_round()
    assert len(queue.sent) == 2


def test_a_handler_that_nobody_answers_to_counts_as_a_failure(queue: Queue) -> None:
    row = delivery(handler="nobody.knows")
    relay.relay_round()
    row.refresh_from_db()
    assert (row.status, row.attempts, row.due_at) == ("PENDING", 1, NOW + timedelta(seconds=2))
    assert "ActorNotFound: nobody.knows" in row.last_error


def test_what_was_sent_and_not_done_is_sent_again_after_the_lease(queue: Queue) -> None:
    event("user.registered")
    relay.relay_round()
    with time_machine.travel(NOW + LEASE - timedelta(seconds=1), tick=False):
        relay.relay_round()
    assert len(queue.sent) == 1
    with time_machine.travel(NOW + LEASE, tick=False):
        relay.relay_round()
    assert [actor for actor, _ in queue.sent] == ["notifications.registered"] * 2


def test_a_listener_hears_a_knock() -> None:
    listener = Listener()
    listener.start()
    for _ in range(600):  # the first few may come before it listens
        knock()
        if listener.wait(0.1):
            return
    raise AssertionError("it does not hear")


def test_partners_are_told_only_of_what_one_of_them_wants(queue: Queue) -> None:
    """Most events are nothing to partners: no row, no message and no worker's time for these."""
    asked, unasked = event("service.changed"), event("service.approved")
    factories.endpoint(kinds=["service.approved"], state="DISABLED")
    factories.endpoint(factories.partner(is_active=False), kinds=["service.approved"])
    factories.endpoint(factories.partner(scopes=["orders:read"]), kinds=["*"])
    factories.endpoint(kinds=["service.changed"], state="PAUSED")
    relay.relay_round()
    assert queue.sent == [("partners.deliver", {"event_id": asked.pk})]
    assert not Delivery.objects.filter(event=unasked).exists()


def test_whoever_wants_to_know_from_now_on_misses_nothing(queue: Queue) -> None:
    event("service.changed")
    relay.relay_round()
    factories.endpoint(kinds=["service.*"])
    later = event("service.changed")
    relay.relay_round()
    assert queue.sent == [("partners.deliver", {"event_id": later.pk})]
