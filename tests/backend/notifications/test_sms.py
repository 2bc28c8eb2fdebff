"""Short messages over real HTTP, to a server that answers as Twilio documents."""

import base64
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from backend.core.errors import InvalidTransition
from backend.core.transactions import use_case
from backend.core.viewer import Role, Viewer
from backend.notifications.actions import lease_sms, remind, send_sms, send_sms_again
from backend.notifications.errors import TransportError
from backend.notifications.gateway import ConfiguredGateway, Sms, TwilioGateway
from backend.notifications.models import NotificationPreference, SmsLog
from tests import factories
from tests.factories.bookings import MONDAY_NINE
from tests.factories.business import NOW

DAY = timedelta(days=1)


class Provider:
    """What was asked of it, and what it answers in turn; then it takes everything."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.url = ""


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    found = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {key: value[0] for key, value in parse_qs(body).items()}
            expected = "Basic " + base64.b64encode(b"AC123:s3cret").decode()
            strict = self.headers["Authorization"] == expected
            strict &= self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            found.asked.append((self.path, form))
            status, answer = found.answers.pop(0) if found.answers else (201, {"sid": "SM1"})
            self.send_response(status if strict else 401)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found.url = f"http://AC123:s3cret@127.0.0.1:{server.server_port}/2010-04-01?from=+442079460000"
        settings.ROTA_SMS_URL = found.url
        yield found
        server.shutdown()


def test_a_message_is_posted_as_a_form_with_the_account_and_its_token(provider: Provider) -> None:
    assert ConfiguredGateway().send(Sms("+442079460958", "Hallo & tschüß")) == "SM1"
    assert provider.asked == [
        (
            "/2010-04-01/Accounts/AC123/Messages.json",
            {"To": "+442079460958", "From": "+442079460000", "Body": "Hallo & tschüß"},
        )
    ]


@pytest.mark.parametrize(
    ("status", "answer", "permanent"),
    [
        (400, {"code": 21211, "message": "Invalid 'To' Phone Number"}, True),
        (400, {"code": 21610, "message": "unsubscribed"}, True),
        (401, {"code": 20003}, False),
        (429, {"code": 20429}, False),
        (500, {}, False),
        (503, {}, False),
    ],
)
def test_what_the_provider_refuses_is_permanent_or_not(
    provider: Provider, status: int, answer: dict[str, Any], permanent: bool
) -> None:
    provider.answers.append((status, answer))
    with pytest.raises(TransportError) as caught:
        ConfiguredGateway().send(Sms("+442079460958", "secret words"))
    assert caught.value.permanent is permanent
    assert str(answer.get("code", status)) in str(caught.value)
    assert "secret words" not in str(caught.value)


def test_a_provider_that_is_not_there_is_worth_another_try() -> None:
    with pytest.raises(TransportError) as caught:
        TwilioGateway.of("http://a:b@127.0.0.1:9/x?from=+44").send(Sms("+442079460958", "x"))
    assert not caught.value.permanent


@pytest.mark.parametrize("url", ["", "ftp://a:b@x?from=1", "https://x/y?from=1", "https://a:b@x/y"])
def test_an_address_that_names_no_account_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="ACCOUNT:TOKEN"):
        TwilioGateway.of(url)


@pytest.mark.django_db
class TestReminderByPhone:
    @pytest.fixture(autouse=True)
    def _visit(self, london: None) -> None:
        service = factories.service(name="Deep clean")
        staff = factories.staff_member(service, name="Anna")
        factories.direct_booking(service, staff=staff, contact_phone="020 7946 0958")

    def round(self, now: Any) -> SmsLog:
        for sms_id in lease_sms(limit=10, now=now):
            send_sms(sms_id=sms_id, gateway=ConfiguredGateway(), now=now)
        return SmsLog.objects.get()

    def test_it_is_put_off_and_then_sent_to_the_number_in_international_form(self, provider: Provider) -> None:
        due = MONDAY_NINE - DAY
        provider.answers.append((503, {}))
        use_case(remind)(limit=10, now=due)
        use_case(remind)(limit=10, now=due + timedelta(minutes=1))
        row = self.round(due)
        assert (row.recipient, row.status, row.failure) == ("+442079460958", "QUEUED", "PASSING")
        row = self.round(due + timedelta(seconds=30))
        assert (row.status, row.failure, row.attempts, row.provider_id) == ("SENT", "", 2, "SM1")
        assert provider.asked[-1][1]["Body"] == (
            "Rota: your visit is on Monday 1 March 2027, 09:00 to 10:00. Deep clean with Anna."
        )
        assert row.segments == 1

    def test_a_number_that_is_none_fails_for_good_until_a_person_tries_again(self, provider: Provider) -> None:
        provider.answers.append((400, {"code": 21211}))
        use_case(remind)(limit=10, now=MONDAY_NINE - DAY)
        row = self.round(MONDAY_NINE - DAY)
        assert (row.status, row.failure) == ("FAILED", "PERMANENT")
        admin = Viewer(user_id=1, role=Role.ADMIN)
        send_sms_again(viewer=admin, sms_id=row.pk, now=MONDAY_NINE - DAY)
        assert self.round(MONDAY_NINE - DAY).status == "SENT"
        with pytest.raises(InvalidTransition):
            send_sms_again(viewer=admin, sms_id=row.pk, now=NOW)

    def test_without_a_provider_nothing_is_written(self) -> None:
        use_case(remind)(limit=10, now=MONDAY_NINE - DAY)
        assert not SmsLog.objects.exists()

    def test_whoever_wants_no_texts_gets_none(self, provider: Provider) -> None:
        NotificationPreference.objects.create(email="ada@example.com", no_sms=["REMINDERS"], updated_at=NOW)
        use_case(remind)(limit=10, now=MONDAY_NINE - DAY)
        assert not SmsLog.objects.exists()
