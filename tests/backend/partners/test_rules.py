"""What is told and what never, when again, how it is signed, and where nothing is sent."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import backend
from backend.core.viewer import Scope
from backend.events.rules import Happened
from backend.partners.rules import (
    MAX_ATTEMPTS,
    RETRIES,
    TOLD,
    Health,
    body_of,
    fault_of_url,
    headers_of,
    kinds_of,
    matches,
    public_data,
    rest,
    retry_delay,
    sign,
    subject_of,
    why_pause,
)
from tests.factories.business import NOW
from tests.factories.partners import SECRET
from tests.workers.test_routing import facts


def event(**given: Any) -> Happened:
    values: dict[str, Any] = dict.fromkeys(["staff_id", "order_id", "appointment_id", "customer_id", "actor_id"])
    values |= {"event_id": 1, "kind": "order.placed", "data": {}, "occurred_at": NOW}
    return Happened(**values | given)


class TestSigning:
    def test_the_example_of_the_standard(self) -> None:
        """From the specification's own test vectors."""
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        got = sign(secret, message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body='{"test": 2432232314}')
        assert got == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    def test_while_secrets_rotate_there_are_two_signatures(self) -> None:
        other = f"whsec_{base64.b64encode(bytes(32)).decode()}"
        headers = headers_of([SECRET, other], message_id="msg_1", now=NOW, body="{}")
        signed = f"msg_1.{int(NOW.timestamp())}.{{}}".encode()
        assert headers["Webhook-Signature"].split(" ") == [
            "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
            for key in (bytes(range(32)), bytes(32))
        ]
        assert (headers["Webhook-Id"], headers["Webhook-Timestamp"]) == ("msg_1", str(int(NOW.timestamp())))


class TestWhatIsTold:
    def test_ids_times_and_states_and_nothing_that_names_a_person_or_gives_a_reason(self) -> None:
        data = {
            "start": "2027-03-01T09:00:00Z",
            "status": "CONFIRMED",
            "reason": "Her mother died",
            "contact_email": "ada@example.com",
            "previous": {"start": "2027-02-01T09:00:00+00:00", "status": "PENDING", "staff_id": 7, "reason": "x"},
        }
        assert public_data(event(order_id=12, staff_id=9, actor_id=4, data=data)) == {
            "orderId": base64.b64encode(b"Order:12").decode(),
            "appointmentId": None,
            "customerId": None,
            "staffId": base64.b64encode(b"Staff:9").decode(),
            "start": "2027-03-01T09:00:00Z",
            "status": "CONFIRMED",
            "previous": {
                "start": "2027-02-01T09:00:00Z",
                "status": "PENDING",
                "staffId": base64.b64encode(b"Staff:7").decode(),
            },
        }

    def test_every_kind_that_can_be_told_is_a_fact_of_some_domain(self) -> None:
        for module in Path(*backend.__path__).glob("*/events.py"):
            import_module(f"backend.{module.parent.name}.events")
        assert set(TOLD) <= {getattr(fact, "kind", None) for fact in facts()}

    def test_accounts_customers_and_partners_are_nobodys_business(self) -> None:
        assert {kind.split(".")[0] for kind in TOLD} == {
            *("order", "appointment", "subscription", "visit", "staff", "service")
        }

    @pytest.mark.parametrize(
        ("pattern", "kind", "is_match"),
        [
            ("*", "order.placed", True),
            ("order.*", "order.placed", True),
            ("order.placed", "order.placed", True),
            ("order.place", "order.placed", False),
            ("order", "order.placed", False),
            ("ord.*", "order.placed", False),
            ("appointment.*", "order.placed", False),
        ],
    )
    def test_a_kind_is_chosen_by_name_by_prefix_or_with_all(self, pattern: str, kind: str, is_match: bool) -> None:
        assert matches([pattern], kind) == is_match

    def test_what_the_scopes_do_not_cover_is_not_told_whatever_is_chosen(self) -> None:
        assert kinds_of(["*"], [Scope.CATALOGUE_READ]) == {"service.changed", "service.approved"}
        assert kinds_of(["*"], [Scope.WEBHOOKS_MANAGE]) == set()
        assert kinds_of(["order.placed", "service.*"], [Scope.ORDERS_READ]) == {"order.placed"}

    @pytest.mark.parametrize(
        ("told", "subject"),
        [
            ({"order_id": 1, "appointment_id": 2, "customer_id": 3}, "order:1"),
            ({"appointment_id": 2, "customer_id": 3}, "appointment:2"),
            ({"customer_id": 3, "data": {"subscription_id": 5}}, "subscription:5"),
            ({"staff_id": 4, "data": {"service_id": 6}}, "service:6"),
            ({"customer_id": 3, "staff_id": 4}, "customer:3"),
            ({"staff_id": 4}, "staff:4"),
            ({}, ""),
        ],
    )
    def test_the_subject_is_what_an_event_is_about(self, told: dict[str, Any], subject: str) -> None:
        assert subject_of(event(**told)) == subject


class TestWhenAgain:
    def test_thirteen_tries_over_a_day(self) -> None:
        assert MAX_ATTEMPTS == 13
        assert timedelta(hours=23) < sum(RETRIES, timedelta()) < timedelta(hours=25)
        assert list(RETRIES) == sorted(RETRIES)

    @given(st.integers(1, 20), st.floats(0, 1))
    def test_jitter_makes_it_later_by_at_most_a_fifth(self, attempts: int, jitter: float) -> None:
        listed = RETRIES[min(attempts, len(RETRIES)) - 1]
        assert listed <= retry_delay(attempts, jitter=jitter) <= listed * 1.2

    def test_what_the_receiver_asks_for_is_kept_up_to_a_day(self) -> None:
        assert retry_delay(1, jitter=0, retry_after=timedelta(minutes=7)) == timedelta(minutes=7)
        assert retry_delay(1, jitter=0, retry_after=timedelta(seconds=1)) == timedelta(seconds=5)
        assert retry_delay(1, jitter=0, retry_after=timedelta(days=9)) == timedelta(days=1)

    def test_an_endpoint_that_fails_is_left_alone_for_longer_and_longer_up_to_a_quarter_of_an_hour(self) -> None:
        assert [rest(n).total_seconds() for n in (1, 2, 3, 8, 9, 500)] == [5, 10, 20, 640, 900, 900]
        assert rest(1, retry_after=timedelta(hours=1)) == timedelta(hours=1)

    def test_it_is_paused_after_a_day_of_failures_or_twenty_refusals_in_a_row(self) -> None:
        day = timedelta(days=1)
        assert why_pause(failing_since=NOW - day, refusals=0, now=NOW) == (
            "Every delivery has failed since 2027-01-31 08:00 UTC."
        )
        assert why_pause(failing_since=NOW - day + timedelta(seconds=1), refusals=19, now=NOW) == ""
        assert why_pause(failing_since=NOW, refusals=20, now=NOW) == "It refused 20 deliveries in a row."

    def test_only_refusals_count_as_refusals_and_anything_else_ends_their_row(self) -> None:
        health = Health()
        for status, refusals in ((404, 1), (403, 2), (503, 0), (401, 1), (429, 0), (None, 0), (400, 1)):
            health = health.after_failure(status, NOW)
            assert health.refusals == refusals, status
        assert (health.failures, health.failing_since) == (7, NOW)


class TestWhereNothingIsSent:
    @pytest.mark.parametrize(
        "url",
        [
            *("http://hooks.example.com/", "ftp://example.com/", "https://", "//example.com", "example.com"),
            *("https://user@example.com/", "https://user:pw@example.com/", "https://:pw@example.com/"),
            *("https://example.com:22/", "https://example.com:6379/", "https://example.com:99999/"),
            *("https://localhost/", "https://intranet/", "https://printer.local/", "https://db.internal/"),
            *("https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest/", "https://[::ffff:10.0.0.1]/"),
            *("https://2130706433/", "https://127.1/", "https://0x7f.0.0.1/", "https://bücher.example/"),
            *("https://metadata.google.internal/", "https://localhost./", "https://a.localhost/", "https://x.com/#f"),
        ],
    )
    def test_no_such_address_is_accepted(self, url: str) -> None:
        assert fault_of_url(url) is not None

    @pytest.mark.parametrize(
        "url", ["https://hooks.example.com/rota?a=b", "https://example.com:8443/", "https://8.8.8.8/", "https://a.io"]
    )
    def test_public_https_is(self, url: str) -> None:
        assert fault_of_url(url) is None


def test_instants_are_told_in_utc() -> None:
    body = body_of(message_id="m", kind="k", occurred_at=datetime(2027, 6, 1, 8, tzinfo=UTC), data={"a": "ü"})
    assert body == (
        '{"id":"m","type":"k","occurredAt":"2027-06-01T08:00:00Z","apiVersion":"2026-11-21","data":{"a":"ü"}}'
    )
