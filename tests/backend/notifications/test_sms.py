"""Short messages over real HTTP, to a server that answers as Twilio documents."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

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
from tests.fakes.twilio import Provider, serving

DAY = timedelta(days=1)


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    with serving() as found:
        settings.ROTA_SMS_URL = found.url
        yield found


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
