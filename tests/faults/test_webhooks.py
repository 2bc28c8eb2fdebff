"""kill -9 of the worker while a receiver is thinking: the delivery comes again, under the same Webhook-Id."""

import threading

import pytest

from backend.core import clock
from backend.partners.models import WebhookDelivery, WebhookEndpoint
from tests import factories
from tests.faults.stack import Stack
from tests.receiver import Got, receiving

pytestmark = pytest.mark.faults


def test_a_worker_killed_while_the_receiver_thinks_delivers_at_least_once(stack: Stack) -> None:
    stack.environ["WEBHOOKS_ANYWHERE"] = "true"
    asked, answering = threading.Event(), threading.Event()

    def thinks_at_first(got: Got) -> int:
        if not asked.is_set():
            asked.set()
            answering.wait(60)
        return 204

    with receiving(thinks_at_first) as receiver:
        endpoint = factories.endpoint(url=receiver.url)
        webhook = factories.webhook(endpoint, due_at=clock.now())
        stack.start("run_scheduler")
        worker = stack.start("run_worker")
        stack.wait_until(asked.is_set)
        stack.kill(worker)
        answering.set()
        # The lease of the dead would run for a minute: shorten it, as waiting would.
        WebhookEndpoint.objects.update(leased_until=None)
        stack.start("run_worker")
        stack.wait_until(lambda: WebhookDelivery.objects.get().status == "DELIVERED")
    webhook.refresh_from_db()
    assert webhook.attempts == 2
    assert {got.message_id for got in receiver.got} == {webhook.message_id}
    assert len(receiver.got) == 2
