"""Whether an order is there is told to nobody but those whose it is: the answers are the same to the last byte."""

import json
from datetime import timedelta
from typing import Any

import pytest

from backend.core.business import business
from backend.orders.models import Order
from schema.ids import encode_id
from tests import factories
from tests.client import Answer, Api
from tests.factories.business import NOW
from tests.statements import statements, without_values
from tests.world import World, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

TRACK = "query($token: String!) { trackOrder(trackingToken: $token) { orderNumber status } }"
LINK = """mutation($input: ResendTrackingLinkInput!) { resendTrackingLink(input: $input) {
  accepted userErrors { code field message } } }"""
NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
CANCEL = """mutation($input: CancelOrderInput!) { cancelOrder(input: $input) {
  order { id } userErrors { code field message } } }"""


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def bytes_of(answer: Answer) -> tuple[int, bytes]:
    """Status and body, but for how much of its budget the client has left."""
    answer.body["extensions"]["cost"].pop("available")
    return answer.status, json.dumps(answer.body).encode()


def test_a_dead_link_a_wrong_one_and_nonsense_open_alike() -> None:
    ended = NOW - business().tracking_link_lifetime - timedelta(days=1)
    dead: Order = factories.pending_order(factories.service(), status="CANCELLED", cancelled_at=ended)
    answers = {bytes_of(Api()(TRACK, token=token)) for token in (dead.tracking_token, "A" * 43, "no token at all")}
    assert len(answers) == 1
    assert b'"trackOrder": null' in answers.pop()[1]


def test_a_link_is_promised_alike_for_an_order_another_ones_and_none(world: World) -> None:
    number = Order.objects.get(pk=world.rows["guest order"].pk).order_number
    tries: list[dict[str, Any]] = [
        {"number": number, "email": "ada@example.com"},
        {"number": number, "email": "eve@example.com"},
        {"number": "ORD-20270201-ZZZZZZ", "email": "ada@example.com"},
    ]
    answers = {bytes_of(Api()(LINK, input=given)) for given in tries}
    assert len(answers) == 1
    assert b'"accepted": true' in answers.pop()[1]


@pytest.mark.parametrize("known", ["guest order", "order", "guest plan"])
def test_the_same_statements_are_made_whether_or_not_a_link_is_found(known: str, world: World) -> None:
    row: Any = world.rows[known]
    number = getattr(row, "subscription_number", "") or row.order_number
    email = row.guest_email or row.customer.email
    there, absent = (
        [without_values(sql) for sql in statements(Api(), LINK, input={"number": each, "email": email})]
        for each in (number, number[:-6] + "ZZZZZZ")
    )
    assert there == absent


@pytest.mark.parametrize("persona", ["anonymous", "other_customer", "other_staff", "other_manager"])
def test_what_may_not_be_seen_looks_like_what_is_not_there(persona: str, world: World) -> None:
    api, kinds = world.personas[persona], {"order": "Order", "visit": "Appointment", "customer": "Customer"}
    for name, kind in kinds.items():
        ids = [world.id(name), str(encode_id(kind, world.rows[name].pk + 10**6))]
        assert len({bytes_of(api(NODE, id=each)) for each in ids}) == 1, name


def test_cancelling_anothers_order_is_refused_like_cancelling_none(world: World) -> None:
    api, ids = world.personas["other_customer"], [world.id("order"), str(encode_id("Order", 10**6))]
    answers = {bytes_of(api(CANCEL, input={"orderId": each})) for each in ids}
    assert len(answers) == 1
    assert b"NOT_FOUND" in answers.pop()[1]
