"""The demo business: complete, by the rules, and only where nothing was before."""

import re
from collections import Counter
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from backend.accounts.models import User
from backend.catalogue.models import Category, Service
from backend.customers.models import Customer
from backend.events.models import Event
from backend.orders.models import Order
from backend.scheduling.models import Appointment, Claim
from backend.staff.models import Staff
from backend.subscriptions.models import Subscription
from tests import factories
from tests.client import Api

README = Path(__file__).resolve().parents[3] / "README.md"

pytestmark = pytest.mark.django_db


def load(**options: bool) -> str:
    """What the command says."""
    told = StringIO()
    call_command("load_demo", stdout=told, **options)
    return told.getvalue()


@pytest.fixture
def demo(at_now: datetime) -> str:
    """The demo, loaded on the morning of NOW."""
    return load()


def test_it_is_a_whole_business(demo: str) -> None:
    assert (Category.objects.count(), Service.objects.count(), Staff.objects.count()) == (4, 10, 6)
    assert Customer.objects.count() == 6
    assert Counter(Order.objects.values_list("status", flat=True)) == {"PENDING": 5, "CONFIRMED": 5, "CANCELLED": 1}


def test_its_visits_have_taken_their_time_and_told_of_it(demo: str) -> None:
    visits = Appointment.objects.filter(status="CONFIRMED")
    assert Counter(visits.values_list("type", flat=True)) == {"ORDER_ITEM": 5, "SUBSCRIPTION": 5}
    assert Claim.objects.filter(kind="APPOINTMENT").count() == 10
    assert Claim.objects.filter(kind="TIME_OFF").count() == 1
    kinds = Counter(Event.objects.filter(kind__startswith="order.").values_list("kind", flat=True))
    assert kinds == {"order.placed": 11, "order.confirmed": 5, "order.cancelled": 1}


def test_a_plan_has_all_its_visits_in_somebodys_day(demo: str) -> None:
    plan = Subscription.objects.get()
    assert (plan.status, plan.frequency, plan.total_appointments) == ("ACTIVE", "BIWEEKLY", 5)
    assert plan.visits.filter(status="SCHEDULED").count() == 5


@pytest.mark.parametrize(
    ("email", "role"),
    [
        ("admin@demo.test", "ADMIN"),
        ("manager@demo.test", "MANAGER"),
        ("anna@demo.test", "STAFF"),
        ("customer@demo.test", "CUSTOMER"),
    ],
)
def test_everyone_it_names_can_sign_in(demo: str, api: Api, email: str, role: str) -> None:
    query = """mutation($email: String!, $password: String!) {
      signIn(input: { email: $email, password: $password }) { user { role } userErrors { code } } }"""
    payload = api(query, email=email, password="rota-demo-2026").data["signIn"]
    assert payload == {"user": {"role": role}, "userErrors": []}
    assert email in demo


@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_the_first_operations_of_the_readme_find_a_time_and_order_it(demo: str, api: Api) -> None:
    look, order = re.findall(r"```graphql\n(.*?)```", README.read_text(), re.DOTALL)[:2]
    first, *_ = api(look).data["nextAvailable"]
    payload = api(order, date=first["date"], time=first["time"]).data["placeOrder"]
    assert payload["userErrors"] == []
    assert payload["order"]["items"] == [{"service": {"name": "Regular clean"}}]
    assert payload["order"]["total"] == {"amount": "48.00", "currency": "GBP"}


def test_a_second_time_it_leaves_everything_alone(demo: str) -> None:
    before = Event.objects.count()
    with pytest.raises(CommandError, match="not empty"):
        load()
    assert load(if_empty=True) == demo
    assert Event.objects.count() == before


def test_a_database_with_one_user_is_not_empty(at_now: datetime) -> None:
    factories.user()
    assert load(if_empty=True) == ""
    assert User.objects.count() == 1


def test_a_demo_that_was_cut_short_says_so(demo: str) -> None:
    User.objects.filter(email="customer@demo.test").update(email="gone@demo.test")
    assert "not loaded to its end" in load(if_empty=True)


@override_settings(ROTA_ON_ONE_MACHINE=False)
def test_production_never_loads_it(at_now: datetime) -> None:
    with pytest.raises(CommandError, match="never loaded in production"):
        load()
    assert not User.objects.exists()
