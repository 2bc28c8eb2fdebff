"""Many workers, handlers in any order, and a receiver that fails at random: all arrives, in order."""

import random
import threading
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from backend.core.transactions import use_case
from backend.partners import actions
from backend.partners.actions import delivering
from backend.partners.models import WebhookDelivery, WebhookEndpoint
from backend.partners.rules import WebhookStatus
from tests import factories
from tests.factories.business import NOW
from tests.factories.events import delivery, event, happened
from tests.receiver import Got, Receiver, receiving

pytestmark = pytest.mark.django_db(transaction=True)

KINDS = ["order.placed", "order.changed", "order.confirmed", "order.started", "order.completed"]
SEED = 7


@pytest.fixture
def moody(settings: Settings) -> Iterator[Receiver]:
    """Takes two of three, and answers the others in all the ways there are."""
    settings.ROTA_WEBHOOKS_ANYWHERE = True
    dice = random.Random(SEED)  # noqa: S311

    def mood(got: Got) -> int:
        return dice.choice([200, 204, 201, 202, 500, 429])

    with receiving(mood) as receiver:
        yield receiver


def happen_in_any_order(orders: int) -> None:
    """Each order goes through its life; handlers treat the events shuffled, on several connections."""
    rows = [event(kind, order_id=order) for kind in KINDS for order in range(1, orders + 1)]
    for row in rows:
        delivery(row, handler=delivering.HANDLER)
    random.Random(SEED).shuffle(rows)  # noqa: S311
    tell = use_case(actions.tell_partners)

    def handle(mine: list[object]) -> None:
        for row in mine:
            tell(event=happened(row), now=NOW)  # type: ignore[arg-type]
        connections.close_all()

    run([threading.Thread(target=handle, args=[rows[number::3]]) for number in range(3)])


def run(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)


def send_until_nothing_waits(rounds: int = 80) -> None:
    """Two workers at a time, each with the lease of its own or a copy of the other's."""
    moment = NOW
    for _ in range(rounds):
        leases = actions.lease_endpoints(at_once=4, now=moment) * 2

        def work(endpoint_id: int, lease: int, moment: object = moment) -> None:
            actions.send_waiting(endpoint_id=endpoint_id, lease=lease, now=moment)  # type: ignore[arg-type]
            connections.close_all()

        run([threading.Thread(target=work, args=list(lease)) for lease in leases])
        if not WebhookDelivery.objects.filter(status="WAITING").exists():
            return
        moment += timedelta(hours=8)
        WebhookEndpoint.objects.update(failing_since=None)  # hours pass here as seconds do elsewhere


def taken_by_order(receiver: Receiver) -> dict[str, list[str]]:
    """The kinds that were taken of each order, in the order in which they were."""
    found = defaultdict(list)
    for got in receiver.taken:
        found[got.told["data"]["orderId"]].append(got.told["type"])
    return found


def test_everything_arrives_and_each_order_in_its_order(moody: Receiver) -> None:
    endpoint = factories.endpoint(url=moody.url)
    happen_in_any_order(8)
    assert endpoint.deliveries.count() == 40
    send_until_nothing_waits()
    assert set(endpoint.deliveries.values_list("status", flat=True)) == {"DELIVERED"}
    assert len(moody.got) > len(moody.taken) == 40
    assert list(taken_by_order(moody).values()) == [KINDS] * 8


def test_the_control_without_the_rule_they_overtake_each_other(
    moody: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def anything_due(endpoint_id: int, now: object) -> object:
        return WebhookDelivery.objects.filter(
            endpoint=endpoint_id, status=WebhookStatus.WAITING, due_at__lte=now
        ).order_by("due_at", "position", "pk")

    monkeypatch.setattr(delivering, "waiting_for", anything_due)
    factories.endpoint(url=moody.url)
    happen_in_any_order(8)
    send_until_nothing_waits()
    assert any(kinds != KINDS for kinds in taken_by_order(moody).values())
