"""Whoever is no user yet is written to in the language that it asked for, however long that is ago."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from backend.accounts.models import Profile
from backend.notifications.models import EmailLog
from backend.notifications.queries import person, unsubscribe_token
from backend.notifications.rules import MessageGroup
from backend.orders.models import Order
from backend.scheduling.models import CustomerAppointment
from backend.subscriptions.models import Subscription
from tests.client import Api
from tests.personas import Personas
from tests.relaying import relay_and_work
from tests.schema.orders import checkout
from tests.schema.scheduling import booking
from tests.schema.subscriptions import planning

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

GUEST = {"name": "Ada King", "email": "ada@example.com"}
AUSTRIAN = "de-AT, de;q=0.9, en;q=0.5"
PLACE = "order { id guestLanguage trackingToken version }"


@pytest.fixture
def browser(api: Api) -> Api:
    """An Austrian visitor's."""
    api.http.defaults["HTTP_ACCEPT_LANGUAGE"] = AUSTRIAN
    return api


def subjects(now: datetime) -> list[str]:
    """Of all mails so far, the oldest first."""
    relay_and_work(now)
    return list(EmailLog.objects.order_by("id").values_list("subject", flat=True))


class TestOfGuests:
    def test_an_order_keeps_the_browsers_and_hands_it_to_its_visits(
        self, browser: Api, personas: Personas, now: datetime
    ) -> None:
        shop = checkout.open_shop()
        order = browser.mutate("placeOrder", shop.order(guest=GUEST), PLACE)["order"]
        assert order["guestLanguage"] == "de"
        given = {"orderId": order["id"], "version": order["version"]}
        assert personas["admin"].mutate("confirmOrder", given, "order { id }")["userErrors"] == []
        assert CustomerAppointment.objects.get().contact_language == "de"
        number = Order.objects.get().order_number
        assert subjects(now) == [f"Wir haben Ihren Auftrag {number}", f"Ihr Auftrag {number} ist bestätigt"]

    def test_a_direct_booking_keeps_the_browsers(self, browser: Api, now: datetime) -> None:
        booking.open_shop().book(browser, guest=GUEST)
        assert subjects(now) == ["Ihr Termin ist gebucht"]
        relay_and_work(now)
        assert EmailLog.objects.get().language == "de"

    def test_a_plan_keeps_the_browsers_and_hands_it_to_its_visits(self, browser: Api, now: datetime) -> None:
        planning.create(browser, planning.open_shop(), guest=GUEST)
        number = Subscription.objects.get().subscription_number
        assert subjects(now) == [f"Ihr Plan {number} ist eingerichtet"]
        assert set(CustomerAppointment.objects.values_list("contact_language", flat=True)) == {"de"}

    @pytest.mark.parametrize(
        ("said", "kept"), [("en-GB", "en"), ("de", "de"), ("fr", ""), ("", ""), (None, "de")], ids=str
    )
    def test_what_is_said_goes_before_what_the_browser_asks_for(
        self, browser: Api, said: str | None, kept: str
    ) -> None:
        guest = GUEST | {"language": said}
        order = browser.mutate("placeOrder", checkout.open_shop().order(guest=guest), PLACE)["order"]
        assert order["guestLanguage"] == kept

    def test_what_is_no_language_is_refused_with_the_rest(self, api: Api) -> None:
        guest = {"name": "", "email": "ada@example.com", "language": "<script>"}
        answer = api.mutate("placeOrder", checkout.open_shop().order(guest=guest), PLACE)
        assert answer["userErrors"] == [("REQUIRED", "guest.name"), ("INVALID_INPUT", "guest.language")]

    def test_the_office_browser_is_not_the_guests(self, personas: Personas) -> None:
        office = personas["admin"]
        office.http.defaults["HTTP_ACCEPT_LANGUAGE"] = AUSTRIAN
        booking.open_shop().book(office, guest=GUEST)
        assert CustomerAppointment.objects.get().contact_language == ""

    def test_another_contact_speaks_as_before_unless_it_says_so(self, browser: Api) -> None:
        order = browser.mutate("placeOrder", checkout.open_shop().order(guest=GUEST), PLACE)["order"]
        for guest, kept in ((GUEST | {"name": "Ada Lovelace"}, "de"), (GUEST | {"language": "en"}, "en")):
            browser.http.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
            given: dict[str, Any] = {"trackingToken": order["trackingToken"], "guest": guest}
            assert browser.mutate("updateOrder", given, PLACE)["order"]["guestLanguage"] == kept


class TestOfAccounts:
    def test_who_registers_is_written_to_as_its_browser_asks(self, browser: Api, now: datetime) -> None:
        given = {"name": "Ada King", "email": "ada@example.com", "password": "correct horse battery"}
        assert browser.mutate("register", given, "user { id }")["userErrors"] == []
        assert Profile.objects.get(user__email="ada@example.com").preferences == {"language": "de"}
        assert subjects(now) == ["Bestätigen Sie Ihre E-Mail-Adresse für Rota"]

    def test_what_an_account_prefers_goes_before_what_it_asked_for_as_a_guest(self, personas: Personas) -> None:
        user = personas.customer.user
        assert user is not None
        Profile.objects.filter(user=user).update(preferences={"language": "en"})
        assert person(name="", email="", user_id=user.pk, language="de").language == "en"
        Profile.objects.filter(user=user).update(preferences={})
        assert person(name="", email="", user_id=user.pk, language="de").language == "de"


class TestUnsubscribing:
    def ask(self, token: str, accepted: str = "") -> str:
        return Client(headers={"Accept-Language": accepted}).get(f"/unsubscribe/{token}").content.decode()

    def test_the_page_speaks_as_the_mail_did(self) -> None:
        to = person(name="Ada", email="ada@example.com", language="de")
        page = self.ask(unsubscribe_token(to, MessageGroup.ORDERS), accepted="en")
        assert '<html lang="de">' in page
        assert "Möchten Sie keine E-Mails dieser Art mehr bekommen?" in page
        done = Client().post(f"/unsubscribe/{unsubscribe_token(to, MessageGroup.ORDERS)}").content.decode()
        assert "Erledigt: Sie bekommen keine E-Mails dieser Art mehr." in done

    def test_a_link_of_nobodys_is_answered_as_the_browser_asks(self) -> None:
        answer = Client(headers={"Accept-Language": AUSTRIAN}).post("/unsubscribe/abc:def:ghi")
        assert answer.status_code == 404
        assert "Dieser Link ist keiner von uns." in answer.content.decode()
        assert "Do you want no more mails of this kind?" in self.ask("abc:def:ghi")
