"""One enum for where orders and visits stand."""

import pytest

from backend.orders.rules import OrderStatus
from backend.scheduling.rules import AppointmentStatus
from tests.world import make_world

REFETCH = """query($order: ID!, $visit: ID!) { nodes(ids: [$order, $visit]) {
  __typename ... on Order { orderNumber status } ... on Appointment { start status } } }"""


def test_an_order_is_never_where_no_visit_could_be() -> None:
    assert {each.value for each in OrderStatus} == {each.value for each in AppointmentStatus} - {"NO_SHOW"}


@pytest.mark.django_db
def test_orders_and_visits_tell_their_status_in_one_selection() -> None:
    world = make_world()
    ids = {"order": world.id("confirmed order"), "visit": world.id("visit")}
    found = world.personas["admin"](REFETCH, **ids).data["nodes"]
    assert [(each["__typename"], each["status"]) for each in found] == [
        ("Order", "CONFIRMED"),
        ("Appointment", "CONFIRMED"),
    ]


@pytest.mark.django_db
def test_a_visit_leads_to_its_order_for_those_who_may_see_orders() -> None:
    world = make_world()
    query = "query($id: ID!) { node(id: $id) { ... on Appointment { order { id } } } }"
    order = {"order": {"id": world.id("confirmed order")}}
    for persona in ("customer", "staff", "manager", "admin"):
        assert world.personas[persona](query, id=world.id("visit")).data == {"node": order}
    manager = world.personas.manager
    manager.can_manage_orders = False
    manager.save()
    assert world.personas["manager"](query, id=world.id("visit")).data == {"node": {"order": None}}
