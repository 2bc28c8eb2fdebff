"""The link to a plan, asked for again by its number."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.core import mail

from backend.core.invariants import offences
from backend.subscriptions.models import Subscription
from tests import factories
from tests.client import Api
from tests.factories.business import NOW
from tests.factories.subscriptions import active_plan
from tests.relaying import relay_and_work
from tests.statements import count_statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london", "at_now")]

RESEND = """mutation($number: String!, $email: String!) {
  resendTrackingLink(input: { number: $number, email: $email }) { accepted userErrors { code } } }"""
TRACK = "query($token: String!) { trackSubscription(trackingToken: $token) { subscriptionNumber } }"
LIFETIME = timedelta(days=90)


@pytest.fixture
def plan() -> Subscription:
    service = factories.service()
    return active_plan(service, staff=factories.staff_member(service))


def resend(api: Api, plan: Subscription, email: str) -> None:
    data = api(RESEND, number=plan.subscription_number, email=email).data
    assert data["resendTrackingLink"] == {"accepted": True, "userErrors": []}


def test_the_link_comes_to_whoever_the_plan_is_for(api: Api, plan: Subscription, at_now: datetime) -> None:
    resend(api, plan, plan.guest_email)
    relay_and_work(at_now)
    [message] = mail.outbox
    assert message.to == [f"{plan.guest_name} <{plan.guest_email}>"]
    assert f"/plans/{plan.tracking_token}" in message.body


def test_nobody_else_gets_a_mail_and_the_answer_is_the_same(api: Api, plan: Subscription, at_now: datetime) -> None:
    resend(api, plan, "eve@example.com")
    relay_and_work(at_now)
    assert mail.outbox == []


def test_it_costs_the_same_statements_whether_or_not_they_belong_together(api: Api, plan: Subscription) -> None:
    number = plan.subscription_number
    counts = {count_statements(api, RESEND, number=number, email=email) for email in (plan.guest_email, "a@b.example")}
    assert len(counts) == 1


def test_a_link_that_has_run_out_comes_anew_and_the_old_one_stays_dead(api: Api, plan: Subscription) -> None:
    Subscription.objects.filter(pk=plan.pk).update(status="CANCELLED", cancelled_at=NOW, next_appointment_date=None)
    later = NOW + LIFETIME + timedelta(seconds=1)
    with time_machine.travel(later, tick=False):
        assert api(TRACK, token=plan.tracking_token).data == {"trackSubscription": None}
        resend(api, plan, plan.guest_email)
        relay_and_work(later)
        fresh = Subscription.objects.get(pk=plan.pk).tracking_token
        assert fresh != plan.tracking_token
        assert fresh in mail.outbox[0].body
        assert api(TRACK, token=plan.tracking_token).data == {"trackSubscription": None}
        assert api(TRACK, token=fresh).data == {"trackSubscription": {"subscriptionNumber": plan.subscription_number}}


def test_a_count_that_is_not_that_of_the_visits_is_found(plan: Subscription) -> None:
    name = "Plans count what they owe, and their visits have their time"
    assert offences()[name] == []
    Subscription.objects.filter(pk=plan.pk).update(completed_appointments=1)
    assert offences()[name] == [f"{plan.subscription_number} counts 1 visits as done and has 0."]
