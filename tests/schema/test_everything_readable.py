"""Each persona reads everything that it can reach, and nothing of it is somebody else's.

From every query of the permission matrix, all fields are selected that hang on what it answers, and those of these:
internal notes, names, addresses, phones and e-mails of people who are none of the persona's business, and every token.
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from backend.accounts.models import Invitation
from backend.customers.models import Address, Customer
from backend.orders.models import Order
from backend.scheduling.models import Appointment, CustomerAppointment
from backend.subscriptions.models import Subscription
from tests.conftest import fill_buckets
from tests.personas import NAMES
from tests.schema.matrix import ROWS, Row
from tests.schema.walking import everything_of
from tests.world import World, make_world

pytestmark = pytest.mark.django_db

DEPTH = 3
TOKENS = ("Query.trackOrder", "Query.trackAppointment", "Query.trackSubscription")
"""Whoever holds a token may read what it opens; they are walked on their own."""

OFFICE_OF_CUSTOMER = "manager admin"
CUSTOMER = "customer manager admin"
CUSTOMER_AND_STAFF = "customer staff manager admin"


def plant(world: World) -> Mapping[str, str]:
    """Words that can't be mistaken, in every place that is somebody's own; and the personas that may read each."""
    people, secrets = world.personas, {}

    def put(row: Any, readers: str, **values: str) -> None:
        type(row).objects.filter(pk=row.pk).update(**values)
        secrets.update({value: readers for value in values.values()})

    put(people.customer, CUSTOMER_AND_STAFF, name="Cressida Kestrel")
    put(people.customer, CUSTOMER, email="kestrel@own.example", phone="+442079460101")
    put(people.customer, OFFICE_OF_CUSTOMER, notes="kestrel pays late")
    put(people.other_customer, "other_customer admin", name="Zebedee Hobby", email="hobby@own.example")
    put(people.other_customer, "admin", notes="hobby pays late")
    put(
        Customer.objects.get(pk=world.rows["stray customer"].pk),
        "admin",
        name="Merle Osprey",
        email="merle@own.example",
    )
    put(people.staff, "customer staff manager admin", phone="+442079460202")
    put(people.staff, "staff manager admin", email="falcon@staff.example")
    put(people.other_staff, "other_staff admin", phone="+442079460303", email="harrier@staff.example")
    put(Address.objects.get(pk=world.rows["address"].pk), CUSTOMER_AND_STAFF, line1="77 Kestrel Lane")
    for name in ("order", "confirmed order"):
        put(Order.objects.get(pk=world.rows[name].pk), "manager admin", internal_notes=f"inside of {name}")
    guest = Order.objects.get(pk=world.rows["guest order"].pk)
    put(guest, "admin", guest_name="Gwen Merlin", guest_email="merlin@own.example", guest_phone="+442079460404")
    put(guest, "admin", internal_notes="inside of guest order", line1="99 Merlin Walk")
    visit = Appointment.objects.get(pk=world.rows["visit"].pk)
    put(visit, "staff manager admin", internal_notes="inside of visit")
    put(
        Appointment.objects.get(pk=world.rows["guest booking"].pk),
        "other_staff admin",
        internal_notes="inside of guest",
    )
    booking = CustomerAppointment.objects.get(appointment=world.rows["guest booking"].pk)
    put(booking, "other_staff admin", contact_name="Gil Buzzard", contact_phone="+442079460505", line1="3 Buzzard Row")
    put(booking, "other_staff admin", contact_email="buzzard@own.example")
    own = CustomerAppointment.objects.get(appointment=visit)
    put(own, CUSTOMER_AND_STAFF, contact_name="Kestrel at home", contact_phone="+442079460606", city="Kestrelton")
    put(Invitation.objects.get(pk=world.rows["invitation"].pk), "", token="token-of-the-invitation")
    return secrets | tokens()


def tokens() -> dict[str, str]:
    """Tracking tokens are read by those who order, and by whoever may deal with it in their place; hashes by nobody."""
    found: dict[str, str] = {}
    for model in (Order, Subscription):
        for token, customer_id in model.objects.values_list("tracking_token", "customer_id"):
            found[token] = "customer manager admin" if customer_id else "admin"
    return found


def opened(world: World, persona: str, row: Row) -> str:
    """All that one operation, with everything selected, lets a persona read."""
    fill_buckets()
    answer = world.personas[persona](everything_of(row.operation, DEPTH), **row.variables(world, persona))
    assert "INTERNAL" not in answer.codes, answer.errors
    assert "GRAPHQL_VALIDATION_FAILED" not in answer.codes, answer.errors
    return json.dumps(answer.body.get("data"), ensure_ascii=False)


@pytest.fixture
def without_limits(settings: Any) -> None:
    """What is too dear for clients is not for us."""
    settings.ROTA_COST_BUDGET = 10**9
    limits = dict.fromkeys(settings.ROTA_LIMITS, 10**9)
    settings.ROTA_LIMITS = limits


@pytest.mark.usefixtures("without_limits", "at_now")
@pytest.mark.parametrize("persona", NAMES)
def test_nobody_reads_what_is_somebody_elses(persona: str) -> None:
    world = make_world()
    secrets = plant(world)
    hidden = [secret for secret, readers in secrets.items() if persona not in readers.split()]
    leaks, seen = [], set()
    for row in ROWS:
        if row.field.startswith("Query.") and row.field not in TOKENS:
            text = opened(world, persona, row)
            told = {secret for secret in secrets if secret in text}
            leaks += [f"{row} tells {each}" for each in told & set(hidden)]
            seen |= told
    assert leaks == []
    if persona in ("customer", "staff", "manager", "admin"):
        assert len(seen) > 3, "the walk sees nothing, so it shows nothing"


@pytest.mark.usefixtures("without_limits", "at_now")
def test_the_token_of_a_guest_opens_its_own_order_and_nothing_of_anybody_else() -> None:
    world = make_world()
    secrets = plant(world)
    own = {"Gwen Merlin", "merlin@own.example", "+442079460404", "99 Merlin Walk", world.token("guest order")}
    row = next(row for row in ROWS if row.field == "Query.trackOrder" and not row.case)
    text = opened(world, "guest", row)
    assert "Gwen Merlin" in text
    assert [secret for secret in secrets if secret in text and secret not in own] == []
