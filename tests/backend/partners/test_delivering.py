"""From an event to a receiver over real HTTP: once for each endpoint, again where it fails, and in order."""

import base64
import hashlib
import hmac
import random
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from backend.accounts.queries import viewer_for_user
from backend.core.transactions import use_case
from backend.core.viewer import Role, Viewer
from backend.events.models import Event
from backend.partners import actions
from backend.partners.actions import delivering
from backend.partners.errors import Unreached
from backend.partners.models import WebhookDelivery, WebhookEndpoint
from backend.partners.rules import LEASE, MAX_ATTEMPTS, RETRIES
from tests import factories
from tests.factories.business import NOW
from tests.factories.events import event, happened
from tests.factories.partners import SECRET
from tests.ports import free_port
from tests.receiver import Got, Receiver, receiving

pytestmark = pytest.mark.django_db

tell = use_case(actions.tell_partners)


@pytest.fixture(autouse=True)
def _anywhere(settings: Settings) -> None:
    """The receiver is on this machine."""
    settings.ROTA_WEBHOOKS_ANYWHERE = True


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "random", lambda: 0.0)


@pytest.fixture
def admin() -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


def happen(kind: str = "order.placed", **given: Any) -> Event:
    """An event, told to all that want to know."""
    row = event(kind, **given)
    tell(event=happened(row), now=NOW)
    return row


def work(now: datetime = NOW) -> int:
    """One look at everything that is due: how many tries were made."""
    return sum(
        actions.send_waiting(endpoint_id=endpoint_id, lease=lease, now=now)
        for endpoint_id, lease in actions.lease_endpoints(at_once=10, now=now)
    )


def endpoint_at(receiver: Receiver, **given: Any) -> WebhookEndpoint:
    return factories.endpoint(url=receiver.url, **given)


def kinds_waiting(endpoint: WebhookEndpoint) -> list[str]:
    return list(endpoint.deliveries.filter(status="WAITING").order_by("pk").values_list("kind", flat=True))


class TestWriting:
    def test_an_event_is_written_once_for_each_endpoint_however_often_it_comes(self) -> None:
        first, second = factories.endpoint(), factories.endpoint()
        row = event("order.placed", order_id=7)
        for _ in range(3):
            tell(event=happened(row), now=NOW)
        assert sorted(WebhookDelivery.objects.values_list("endpoint_id", "event_id")) == [
            (first.pk, row.pk),
            (second.pk, row.pk),
        ]
        assert len(set(WebhookDelivery.objects.values_list("message_id", flat=True))) == 2

    def test_only_who_wants_to_know_may_know_and_was_there(self) -> None:
        wanted = {
            "all": factories.endpoint(),
            "paused": factories.endpoint(state="PAUSED"),
            "by name": factories.endpoint(kinds=["order.placed"]),
        }
        factories.endpoint(kinds=["appointment.*"])
        factories.endpoint(state="DISABLED")
        factories.endpoint(factories.partner(scopes=["catalogue:read", "webhooks:manage"]))
        factories.endpoint(factories.partner(is_active=False))
        factories.endpoint(created_at=NOW + timedelta(seconds=1))
        happen("order.placed", order_id=7)
        assert set(WebhookDelivery.objects.values_list("endpoint_id", flat=True)) == {
            each.pk for each in wanted.values()
        }

    def test_what_stays_in_the_house_is_told_to_nobody(self) -> None:
        factories.endpoint()
        for kind in ("user.registered", "customer.erased", "webhook.paused"):
            happen(kind)
        assert not WebhookDelivery.objects.exists()

    def test_a_later_event_that_is_handled_first_writes_the_earlier_ones_along(self) -> None:
        endpoint = factories.endpoint()
        placed = event("order.placed", order_id=7)
        other = event("order.placed", order_id=8)
        happen("order.confirmed", order_id=7)
        assert kinds_waiting(endpoint) == ["order.placed", "order.confirmed"]
        for row in (placed, other):
            tell(event=happened(row), now=NOW)
        assert endpoint.deliveries.count() == 3


class TestSending:
    def test_what_arrives_is_signed_as_the_standard_says(self) -> None:
        with receiving() as receiver:
            endpoint = endpoint_at(receiver)
            row = happen("order.placed", order_id=7, data={"reason": "private"})
            assert work() == 1
        (got,) = receiver.got
        signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.{got.body}".encode()
        expected = base64.b64encode(hmac.new(bytes(range(32)), signed, hashlib.sha256).digest()).decode()
        assert got.headers["webhook-signature"] == f"v1,{expected}"
        assert got.headers["content-type"] == "application/json"
        assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
        assert got.told == {
            "id": got.message_id,
            "type": "order.placed",
            "occurredAt": "2027-02-01T08:00:00Z",
            "apiVersion": "2026-11-21",
            "data": {
                "orderId": base64.b64encode(b"Order:7").decode(),
                "appointmentId": None,
                "customerId": None,
                "staffId": None,
            },
        }
        delivery = endpoint.deliveries.get()
        assert (delivery.event_id, delivery.status, delivery.attempts) == (row.pk, "DELIVERED", 1)
        assert (delivery.response_status, delivery.error) == (204, "")
        assert delivery.delivered_at is not None
        assert work() == 0

    def test_while_a_secret_is_rotated_both_sign(self, admin: Viewer) -> None:
        with receiving() as receiver:
            endpoint = endpoint_at(receiver)
            _, secret = actions.rotate_webhook_secret(viewer=admin, endpoint_id=endpoint.pk, overlap_hours=2, now=NOW)
            assert secret != SECRET
            happen()
            work()
            actions.send_test_webhook(viewer=admin, endpoint_id=endpoint.pk, now=NOW)
            work(NOW + timedelta(hours=2))
        assert [len(got.headers["webhook-signature"].split(" ")) for got in receiver.got] == [2, 1]
        endpoint.refresh_from_db()
        assert (endpoint.previous_secret, endpoint.previous_until) == ("", None)

    def test_a_failure_is_tried_again_later_with_the_same_id_and_body(self) -> None:
        with receiving(lambda got: (500, {}, b"oops \x00 " + b"x" * 50_000)) as receiver:
            endpoint = endpoint_at(receiver)
            happen()
            work()
            delivery = endpoint.deliveries.get()
            assert (delivery.status, delivery.response_status, delivery.attempts) == ("WAITING", 500, 1)
            assert delivery.response_body.startswith("oops  x")
            assert len(delivery.response_body) == 2000
            assert timedelta(seconds=5) <= delivery.due_at - NOW < timedelta(seconds=8)
            assert work(NOW + timedelta(seconds=4)) == 0
            receiver.mood = lambda got: 200
            assert work(NOW + timedelta(seconds=9)) == 1
        first, second = receiver.got
        assert (first.message_id, first.body) == (second.message_id, second.body)
        assert endpoint.deliveries.get().status == "DELIVERED"
        assert WebhookEndpoint.objects.get().failures == 0

    def test_after_thirteen_tries_over_a_day_it_is_given_up(self) -> None:
        with receiving(lambda got: 500) as receiver:
            endpoint = endpoint_at(receiver)
            happen()
            moment = NOW
            for delay in (*RETRIES, timedelta()):
                assert work(moment) == 1
                moment += max(delay, timedelta(minutes=16)) + timedelta(seconds=5)
                # Else the day of failures would pause it: here somebody else succeeds now and then.
                WebhookEndpoint.objects.update(failing_since=None)
            assert work(moment + timedelta(days=2)) == 0
        assert len(receiver.got) == MAX_ATTEMPTS
        assert endpoint.deliveries.get().status == "FAILED"

    def test_retry_after_is_honoured_by_the_delivery_and_all_others(self) -> None:
        with receiving(lambda got: (429, {"Retry-After": "600"}, b"")) as receiver:
            endpoint = endpoint_at(receiver)
            happen(order_id=1)
            happen(order_id=2)
            assert work() == 1
            assert work(NOW + timedelta(minutes=9, seconds=55)) == 0
            receiver.mood = lambda got: 204
            assert work(NOW + timedelta(minutes=10, seconds=5)) == 2
        assert kinds_waiting(endpoint) == []

    def test_an_answer_of_410_disables_the_endpoint_and_nothing_waits_for_it(self) -> None:
        with receiving(lambda got: 410) as receiver:
            endpoint = endpoint_at(receiver)
            happen(order_id=1)
            happen(order_id=2)
            work()
            happen(order_id=3)
        endpoint.refresh_from_db()
        assert (endpoint.state, endpoint.state_reason) == ("DISABLED", "It answered 410: it is gone.")
        assert list(endpoint.deliveries.values_list("status", flat=True)) == ["FAILED", "FAILED"]
        assert Event.objects.filter(kind="webhook.disabled", data__endpoint_id=endpoint.pk).count() == 1

    def test_a_redirect_is_an_answer_and_is_not_followed(self) -> None:
        with receiving() as inner, receiving(lambda got: (302, {"Location": inner.url}, b"")) as receiver:
            endpoint = endpoint_at(receiver)
            happen()
            work()
        assert inner.got == []
        assert endpoint.deliveries.get().response_status == 302

    def test_nobody_at_home_is_told_in_the_log(self) -> None:
        with receiving() as receiver:
            endpoint = endpoint_at(receiver)
        happen()
        work()
        delivery = endpoint.deliveries.get()
        assert (delivery.status, delivery.response_status) == ("WAITING", None)
        assert "ConnectError" in delivery.error


class TestOrder:
    def test_a_later_event_of_a_subject_waits_and_other_subjects_do_not(self) -> None:
        def mood(got: Got) -> int:
            return 500 if got.told["type"] == "order.placed" else 204

        with receiving(mood) as receiver:
            endpoint = endpoint_at(receiver)
            happen("order.placed", order_id=1)
            happen("order.confirmed", order_id=1)
            happen("order.confirmed", order_id=2)
            work()
            work(NOW + timedelta(seconds=6))
            assert [got.told["type"] for got in receiver.taken] == ["order.confirmed"]
            assert kinds_waiting(endpoint) == ["order.placed", "order.confirmed"]
            receiver.mood = lambda got: 204
            work(NOW + timedelta(minutes=5))
        confirmed = base64.b64encode(b"Order:1").decode()
        of_first = [got.told["type"] for got in receiver.taken if got.told["data"]["orderId"] == confirmed]
        assert of_first == ["order.placed", "order.confirmed"]

    def test_what_was_given_up_holds_up_nothing(self) -> None:
        with receiving() as receiver:
            endpoint = endpoint_at(receiver)
            happen("order.placed", order_id=1)
            endpoint.deliveries.update(status="FAILED")
            happen("order.confirmed", order_id=1)
            assert work() == 1
        assert [got.told["type"] for got in receiver.got] == ["order.confirmed"]


class TestOutage:
    def test_down_for_hours_then_back_everything_arrives_in_order(self) -> None:
        port = free_port()
        with receiving(port=port) as receiver:
            endpoint = endpoint_at(receiver)
        moment = NOW
        for minute in range(0, 300, 5):
            happen("order.changed", order_id=1 + minute % 4)
            moment = NOW + timedelta(minutes=minute)
            work(moment)
        assert endpoint.deliveries.filter(status="WAITING").count() == 60
        with receiving(port=port) as receiver:
            # Within a quarter of an hour it is noticed, and then nothing waits for a later try.
            for _ in range(3):
                moment += timedelta(minutes=16)
                work(moment)
        assert endpoint.deliveries.filter(status="DELIVERED").count() == 60
        by_order = defaultdict(list)
        for got in receiver.taken:
            position = WebhookDelivery.objects.get(message_id=got.message_id).position
            by_order[got.told["data"]["orderId"]].append(position)
        assert len(by_order) == 4
        assert all(positions == sorted(positions) for positions in by_order.values())

    def test_after_a_day_it_is_paused_told_and_resumed_by_hand_with_all_that_waited(self, admin: Viewer) -> None:
        with receiving(lambda got: 503) as receiver:
            endpoint = endpoint_at(receiver)
            happen("order.placed", order_id=1)
            moment = NOW
            while moment < NOW + timedelta(hours=30):
                work(moment)
                moment += timedelta(minutes=20)
            endpoint.refresh_from_db()
            assert endpoint.state == "PAUSED"
            assert endpoint.state_reason.startswith("Every delivery has failed since 2027-02-01 08:00")
            (told,) = Event.objects.filter(kind="webhook.paused")
            assert (told.data["endpoint_id"], told.data["automatic"]) == (endpoint.pk, True)
            happen("order.confirmed", order_id=1)
            assert work(moment) == 0
            receiver.mood = lambda got: 204
            receiver.got.clear()
            endpoint.deliveries.filter(kind="order.placed").update(status="WAITING")
            actions.resume_webhook_endpoint(viewer=admin, endpoint_id=endpoint.pk, now=moment)
            assert work(moment) == 2
        assert [got.told["type"] for got in receiver.got] == ["order.placed", "order.confirmed"]

    def test_what_was_given_up_since_then_is_sent_again_under_its_id(self, admin: Viewer) -> None:
        with receiving() as receiver:
            endpoint = endpoint_at(receiver)
            old, new = factories.webhook(endpoint, status="FAILED"), factories.webhook(endpoint, status="FAILED")
            WebhookDelivery.objects.filter(pk=old.pk).update(created_at=NOW - timedelta(days=2))
            count = actions.redeliver_webhooks(
                viewer=admin, endpoint_id=endpoint.pk, since=NOW - timedelta(days=1), now=NOW
            )
            assert (count, work()) == (1, 1)
        assert [got.message_id for got in receiver.got] == [new.message_id]


class TestLeases:
    def test_a_message_that_comes_twice_acts_once(self) -> None:
        with receiving() as receiver:
            endpoint_at(receiver)
            happen()
            ((endpoint_id, lease),) = actions.lease_endpoints(at_once=2, now=NOW)
            assert [actions.send_waiting(endpoint_id=endpoint_id, lease=lease, now=NOW) for _ in range(3)] == [1, 0, 0]
        assert len(receiver.got) == 1

    def test_a_worker_that_vanished_loses_its_lease_after_a_minute(self) -> None:
        factories.webhook(factories.endpoint())
        assert len(actions.lease_endpoints(at_once=2, now=NOW)) == 1
        assert actions.lease_endpoints(at_once=2, now=NOW + LEASE - timedelta(seconds=1)) == []
        assert len(actions.lease_endpoints(at_once=2, now=NOW + LEASE)) == 1

    def test_no_more_endpoints_are_at_it_than_may_be_so_that_workers_are_left_for_others(self) -> None:
        for _ in range(5):
            factories.webhook(factories.endpoint())
        assert [len(actions.lease_endpoints(at_once=2, now=NOW)) for _ in range(2)] == [2, 0]

    def test_whoever_lost_its_lease_changes_nothing_by_a_failure_and_keeps_a_success(self) -> None:
        with receiving() as receiver:
            endpoint = endpoint_at(receiver)
            happen()
            ((endpoint_id, lease),) = actions.lease_endpoints(at_once=2, now=NOW)
            assert delivering._take(endpoint_id=endpoint_id, lease=lease)
            turn = delivering._next(endpoint_id=endpoint_id, lease=lease + 1, now=NOW)
            assert turn is not None
            actions.lease_endpoints(at_once=2, now=NOW + LEASE * 2)
            failed = Unreached("gone")
            delivering._settle_failure(
                turn=turn, endpoint_id=endpoint_id, lease=lease + 1, result=failed, now=NOW + LEASE * 2
            )
            endpoint.refresh_from_db()
            assert endpoint.failures == 0
            assert delivering._next(endpoint_id=endpoint_id, lease=lease + 1, now=NOW + LEASE * 2) is None


def test_old_deliveries_are_forgotten_after_a_month() -> None:
    endpoint = factories.endpoint()
    factories.webhook(endpoint, created_at=NOW - timedelta(days=31))
    kept = factories.webhook(endpoint, created_at=NOW - timedelta(days=29))
    assert use_case(actions.forget_old_webhooks)(limit=10, now=NOW) == 1
    assert WebhookDelivery.objects.get() == kept


class TestSecretsThatNoKeyOpens:
    """Somebody took a key away too early."""

    def test_the_endpoint_is_paused_and_told_of_and_a_new_secret_mends_it(
        self, settings: Settings, admin: Viewer
    ) -> None:
        with receiving() as receiver:
            endpoint = endpoint_at(receiver)
            happen()
            settings.ROTA_SEALING_KEYS, settings.SECRET_KEY = [], "another" * 10
            assert work() == 0
            endpoint.refresh_from_db()
            assert (endpoint.state, endpoint.state_reason) == (
                "PAUSED",
                "No key opens its secret: rotate it, then resume.",
            )
            assert Event.objects.get(kind="webhook.paused").data["automatic"] is True
            assert endpoint.deliveries.get().attempts == 0
            actions.rotate_webhook_secret(viewer=admin, endpoint_id=endpoint.pk, now=NOW)
            actions.resume_webhook_endpoint(viewer=admin, endpoint_id=endpoint.pk, now=NOW)
            # The one before can't be read either: it signs nothing, and is in nobody's way.
            assert work() == 1
        assert [len(got.headers["webhook-signature"].split(" ")) for got in receiver.got] == [1]
