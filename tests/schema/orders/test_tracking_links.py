"""Tracking links: asked for again without telling anything, and over a while after the order's end."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from backend.core.facts import Fact
from backend.core.throttle import Bucket
from backend.events.models import Event
from backend.orders.actions import finds_links, tracking
from backend.orders.events import OrderLinked
from backend.orders.models import Order
from tests import factories
from tests.client import Answer, Api, gid
from tests.factories.business import NOW
from tests.personas import Personas
from tests.relaying import relay_and_work
from tests.statements import count_statements
from tests.world import digest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london", "at_now")]

RESEND = """mutation($number: String!, $email: String!) {
  resendTrackingLink(input: { number: $number, email: $email }) { accepted userErrors { code field message } } }"""
TRACK = "query($token: String!) { trackOrder(trackingToken: $token) { orderNumber status } }"
LIFETIME = timedelta(days=90)


@pytest.fixture
def order() -> Order:
    """A guest's, completed just now."""
    service = factories.service()
    return factories.pending_order(service, status="COMPLETED", completed_at=NOW, confirmed_at=NOW)


def resend(api: Api, number: str, email: str = "ada@example.com") -> Answer:
    return api(RESEND, number=number, email=email)


def mails(now: datetime, *, times: int = 1) -> list[tuple[str, str]]:
    """To whom and what: the mails that have followed since."""
    mail.outbox.clear()
    relay_and_work(now, times=times)
    return [(each.to[0], str(each.body)) for each in mail.outbox]


def token_of(order: Order) -> str:
    return Order.objects.get(pk=order.pk).tracking_token


def test_the_link_comes_to_whoever_ordered(api: Api, order: Order, at_now: datetime) -> None:
    answer = resend(api, order.order_number.lower(), " ADA@example.com ")
    assert answer.data["resendTrackingLink"] == {"accepted": True, "userErrors": []}
    [(to, text)] = mails(at_now, times=3)
    assert to == "Ada King <ada@example.com>"
    assert f"http://localhost:8000/track/{order.tracking_token}" in text
    assert token_of(order) == order.tracking_token


def test_a_customers_link_comes_to_the_address_of_its_record(api: Api, at_now: datetime) -> None:
    customer = factories.customer(email="grace@example.com")
    order = factories.pending_order(factories.service(), customer=customer)
    resend(api, order.order_number, "grace@example.com")
    assert [to for to, _ in mails(at_now)] == [f"{customer.name} <grace@example.com>"]


def test_a_linked_order_is_no_longer_told_to_the_guests_address(api: Api, at_now: datetime) -> None:
    customer = factories.customer(email="grace@example.com")
    order = factories.pending_order(factories.service())
    Order.objects.filter(pk=order.pk).update(customer=customer)
    resend(api, order.order_number, "ada@example.com")
    assert mails(at_now) == []


def test_the_answer_is_the_same_whether_or_not_they_belong_together(api: Api, order: Order, at_now: datetime) -> None:
    answers = [
        resend(api, number, email)
        for number, email in (
            (order.order_number, "ada@example.com"),
            (order.order_number, "eve@example.com"),
            ("ORD-20270201-ZZZZZZ", "ada@example.com"),
            ("SUB-20270201-ZZZZZZ", "ada@example.com"),
            ("nonsense", "ada@example.com"),
        )
    ]
    for answer in answers:
        answer.body["extensions"]["cost"].pop("available")
    assert [answer.body for answer in answers] == [answers[0].body] * 5
    assert {answer.status for answer in answers} == {200}
    assert {event.order_id for event in Event.objects.all()} == {order.pk, None}
    assert [to for to, _ in mails(at_now)] == ["Ada King <ada@example.com>"]


def test_it_costs_the_same_statements_whether_or_not_they_belong_together(api: Api, order: Order) -> None:
    given = [(order.order_number, "ada@example.com"), (order.order_number, "eve@example.com"), ("ORD-1", "a@b.example")]
    counts = {count_statements(api, RESEND, number=number, email=email) for number, email in given}
    assert len(counts) == 1


def test_what_is_no_number_and_no_e_mail_is_said_before_anything_is_looked_for(api: Api, order: Order) -> None:
    before = digest()
    for number, email, refusal in (
        ("", "ada@example.com", ("REQUIRED", "number")),
        ("x" * 25, "ada@example.com", ("TOO_LONG", "number")),
        ("ORD-\x00", "ada@example.com", ("INVALID_INPUT", "number")),
        (order.order_number, "ada", ("INVALID_INPUT", "email")),
    ):
        [error] = resend(api, number, email).data["resendTrackingLink"]["userErrors"]
        assert (error["code"], error["field"][0]) == refusal
    assert digest() == before


@pytest.mark.parametrize("name", ["LINKS_BY_ADDRESS", "LINKS_BY_EMAIL"])
def test_asking_is_slowed_down_by_address_and_by_e_mail(
    api: Api, order: Order, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(tracking, name, Bucket(f"test-{name}", capacity=2, per_second=0.001))
    answers = [resend(api, "ORD-1") for _ in range(3)]
    assert [answer.codes for answer in answers] == [[], [], ["RATE_LIMITED"]]


def test_a_domain_above_answers_for_its_own_numbers(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def of_plan(*, number: str, email: str) -> Fact:
        asked.append((number, email))
        return OrderLinked(order_id=1, customer_id=None)

    monkeypatch.setattr(tracking, "_finders", {})
    finds_links("PLAN", of_plan)
    resend(api, "plan-1")
    assert asked == [("PLAN-1", "ada@example.com")]
    assert Event.objects.get().kind == "order.linked"


def test_a_link_opens_its_order_until_90_days_after_the_end_and_not_a_moment_longer(api: Api, order: Order) -> None:
    with time_machine.travel(NOW + LIFETIME, tick=False):
        assert api(TRACK, token=order.tracking_token).data["trackOrder"]["status"] == "COMPLETED"
    with time_machine.travel(NOW + LIFETIME + timedelta(microseconds=1), tick=False):
        assert api(TRACK, token=order.tracking_token).data == {"trackOrder": None}


def test_a_cancelled_orders_link_runs_out_too_and_an_open_ones_never(api: Api) -> None:
    service = factories.service()
    off = factories.pending_order(service, status="CANCELLED", cancelled_at=NOW)
    still_open = factories.pending_order(service)
    with time_machine.travel(NOW + LIFETIME + timedelta(days=1000), tick=False):
        assert api(TRACK, token=off.tracking_token).data == {"trackOrder": None}
        assert api(TRACK, token=still_open.tracking_token).data["trackOrder"]["status"] == "PENDING"


def test_a_setting_says_how_long(api: Api, order: Order, settings: Any) -> None:
    settings.ROTA_BUSINESS = replace(settings.ROTA_BUSINESS, tracking_link_lifetime=timedelta(days=1))
    with time_machine.travel(NOW + timedelta(days=1, seconds=1), tick=False):
        assert api(TRACK, token=order.tracking_token).data == {"trackOrder": None}


def test_every_mutation_by_a_token_that_has_run_out_finds_nothing(api: Api, order: Order) -> None:
    item = order.items.get()
    token = {"trackingToken": order.tracking_token}
    line = {"serviceId": gid(item.service)}
    with time_machine.travel(NOW + LIFETIME + timedelta(seconds=1), tick=False):
        before = digest()
        for name, given, returning in (
            ("cancelOrder", {}, "order { id }"),
            ("updateOrder", {"notes": "Hi"}, "order { id }"),
            ("addOrderItem", {"item": line}, "order { id }"),
            ("updateOrderItem", {"orderItemId": gid(item), "quantity": 2}, "order { id }"),
            ("removeOrderItem", {"orderItemId": gid(item)}, "order { id }"),
            ("requestChange", {"requestedDate": "2027-06-01", "requestedTime": "10:00"}, "changeRequest { id }"),
            ("withdrawChange", {}, "changeRequest { id }"),
        ):
            refused = api.mutate(name, {**token, **given}, returning)["userErrors"]
            assert refused == [("NOT_FOUND", "trackingToken")], name
        assert digest() == before


def test_an_order_can_not_be_linked_by_a_token_that_has_run_out(order: Order) -> None:
    user = factories.user(email="ada@example.com", email_verified_at=NOW)
    factories.customer(user=user)
    with time_machine.travel(NOW + LIFETIME + timedelta(seconds=1), tick=False):
        api = Api(factories.token_for(user))
        payload = api.mutate("linkGuestOrder", {"trackingToken": order.tracking_token}, "order { id }")
    assert payload["userErrors"] == [("NOT_FOUND", "trackingToken")]


def test_office_and_customer_go_on_seeing_the_order(personas: Personas) -> None:
    service = factories.service()
    order = factories.pending_order(service, customer=personas.customer, status="COMPLETED", completed_at=NOW)
    node = "query($id: ID!) { node(id: $id) { ... on Order { orderNumber } } }"
    with time_machine.travel(NOW + timedelta(days=400), tick=False):
        for who in ("customer", "admin"):
            assert personas[who](node, id=gid(order)).data["node"] == {"orderNumber": order.order_number}


def test_asking_for_a_link_that_has_run_out_makes_a_fresh_one_for_as_long_again(api: Api, order: Order) -> None:
    later = NOW + timedelta(days=200)
    with time_machine.travel(later, tick=False):
        resend(api, order.order_number)
        [(_, text)] = mails(later, times=3)
        fresh = token_of(order)
        assert fresh != order.tracking_token
        assert f"http://localhost:8000/track/{fresh}" in text
        assert api(TRACK, token=order.tracking_token).data == {"trackOrder": None}
        assert api(TRACK, token=fresh).data["trackOrder"]["status"] == "COMPLETED"
    with time_machine.travel(later + LIFETIME, tick=False):
        assert api(TRACK, token=fresh).data["trackOrder"]["status"] == "COMPLETED"
    with time_machine.travel(later + LIFETIME + timedelta(seconds=1), tick=False):
        assert api(TRACK, token=fresh).data == {"trackOrder": None}
