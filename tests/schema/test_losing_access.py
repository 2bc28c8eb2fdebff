"""A manager from whom somebody is taken has lost it with the next request, whatever it holds from before.

Its open sockets and pages of the back office: tests/live/test_access.py, tests/backend/admin/test_managers.py.
"""

from typing import Any

import pytest

from tests.client import gid
from tests.schema.matrix.words import resolved
from tests.world import World, digest, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
PAGE = "query($after: String) { %s(first: 1, after: $after) { edges { cursor node { id } } } }"
OF_STAFF = ("offer", "area", "exception", "wish", "time off")
OF_BOTH = ("visit", "booking", "missed visit", "confirmed order")
OF_CUSTOMER = ("customer", "address", "order", "change", "plan")


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def seen(world: World, *names: str) -> set[str]:
    """Those of the rows that the manager can fetch by the ids that it has had all along."""
    nodes = world.personas["manager"](NODES, ids=[world.id(name) for name in names]).data["nodes"]
    return {world.names[node["id"]] for node in nodes if node is not None}


def take_away(world: World, **managed: list[str]) -> None:
    """The administrator says whom the manager manages from now on."""
    payload = world.personas["admin"].mutate(
        "updateManager", {"managerId": world.id("manager"), **managed}, "manager { id }"
    )
    assert payload["userErrors"] == []


def rows(world: World, field: str, after: str | None = None) -> list[dict[str, Any]]:
    edges: list[dict[str, Any]] = world.personas["manager"](PAGE % field, after=after).data[field]["edges"]
    return edges


def test_ids_that_it_fetched_before_open_nothing_any_more(world: World) -> None:
    everything = (*OF_STAFF, *OF_BOTH, *OF_CUSTOMER)
    assert seen(world, *everything) == set(everything)
    take_away(world, managedStaffIds=[])
    assert seen(world, *everything) == {*OF_BOTH, *OF_CUSTOMER}  # whose customer it manages still
    take_away(world, managedCustomerIds=[])
    assert seen(world, *everything) == set()


def test_a_page_that_it_began_goes_no_further(world: World) -> None:
    cursors = {field: rows(world, field)[0]["cursor"] for field in ("appointments", "orders", "subscriptions")}
    assert rows(world, "appointments", cursors["appointments"]) != []
    take_away(world, managedStaffIds=[], managedCustomerIds=[])
    assert {field: rows(world, field, cursor) for field, cursor in cursors.items()} == {field: [] for field in cursors}


@pytest.mark.parametrize(
    ("mutation", "given", "kind"),
    [
        ("confirmOrder", {"orderId": "id:order"}, "ConfirmOrderInput!"),
        ("cancelAppointment", {"appointmentId": "id:visit", "reason": "It rains."}, "CancelAppointmentInput!"),
        ("approveChange", {"changeRequestId": "id:change"}, "ReviewChangeInput!"),
        ("removeTimeOff", {"timeOffId": "id:time off"}, "RemoveTimeOffInput!"),
        ("archiveCustomer", {"customerId": "id:customer"}, "CustomerInput!"),
    ],
)
def test_it_changes_nothing_any_more(mutation: str, given: dict[str, str], kind: str, world: World) -> None:
    take_away(world, managedStaffIds=[], managedCustomerIds=[])
    before = digest()
    payload = world.personas["manager"].mutate(mutation, resolved(world, given), "__typename", input_type=kind)
    assert [code for code, _ in payload["userErrors"]] == ["NOT_FOUND"]
    assert digest() == before


def test_who_is_given_to_it_is_seen_at_once(world: World) -> None:
    assert seen(world, "guest booking", "visit") == {"visit"}
    take_away(world, managedStaffIds=[gid(world.personas.other_staff)], managedCustomerIds=[])
    assert seen(world, "guest booking", "visit") == {"guest booking"}
