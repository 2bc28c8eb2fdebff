"""orders: the inbox of the office, and everybody's own list."""

from datetime import timedelta
from typing import Any

import pytest

from backend.orders.models import Order
from tests import factories
from tests.client import Api, gid
from tests.factories.business import NOW
from tests.factories.orders import MONDAY
from tests.personas import Personas
from tests.statements import assert_same_statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

INBOX = """query($filters: OrderFilter, $ordering: [OrderOrder!]) {
  orders(first: 50, filters: $filters, ordering: $ordering) { totalCount edges { node {
    id orderNumber status version createdAt scheduledDate scheduledTime customer { id name email } guestName guestEmail
    total { amount currency } address { postcode }
    items { id quantity service { name } staff { id name } extras { name price { amount } }
      unitPrice { amount } totalPrice { amount } appointment { start staff { name } price { amount } } } } } } }"""


NUMBERS = """query($filters: OrderFilter, $ordering: [OrderOrder!]) {
  orders(first: 10, filters: $filters, ordering: $ordering) { edges { node { orderNumber } } } }"""


def found(api: Api, **variables: Any) -> list[str]:
    """The numbers of the orders that come back."""
    return [edge["node"]["orderNumber"] for edge in api(NUMBERS, **variables).data["orders"]["edges"]]


def test_the_inbox_shows_what_is_pending_oldest_first(personas: Personas) -> None:
    service = factories.service()
    younger = factories.pending_order(service, created_at=NOW - timedelta(hours=1))
    older = factories.pending_order(service, created_at=NOW - timedelta(hours=2))
    factories.confirmed_order(service, staff=personas.staff)
    assert found(personas["admin"], filters={"status": "PENDING"}, ordering=[{"createdAt": "ASC"}]) == [
        older.order_number,
        younger.order_number,
    ]


def test_without_an_order_the_newest_comes_first(personas: Personas) -> None:
    service = factories.service()
    older = factories.pending_order(service, created_at=NOW - timedelta(hours=2))
    younger = factories.pending_order(service, created_at=NOW - timedelta(hours=1))
    assert found(personas["admin"]) == [younger.order_number, older.order_number]


def test_orders_are_searched_by_number_name_email_and_postcode(personas: Personas) -> None:
    service = factories.service()
    guest = factories.pending_order(service, guest_name="Grace Hopper", guest_email="grace@navy.example")
    own = factories.pending_order(service, customer=personas.customer, postcode="N1 9GU")
    api = personas["admin"]
    for text, order in (
        ("grace hop", guest),
        ("NAVY", guest),
        (guest.order_number[-5:], guest),
        (personas.customer.name, own),
        ("n1 9g", own),
    ):
        assert found(api, filters={"search": text}) == [order.order_number]
    assert found(api, filters={"search": "nobody\x00"}) == []
    assert found(api, filters={"search": "%"}) == []


def test_orders_are_filtered_by_the_date_that_they_are_for(personas: Personas) -> None:
    service = factories.service()
    days = [MONDAY + timedelta(days=number) for number in range(3)]
    first, second, _ = [factories.pending_order(service, scheduled_date=day) for day in days]
    given = {"from": "2027-03-01", "to": "2027-03-02"}
    assert set(found(personas["admin"], filters=given)) == {first.order_number, second.order_number}


def test_a_page_goes_on_where_the_last_one_ended(personas: Personas) -> None:
    service = factories.service()
    orders = [factories.pending_order(service, created_at=NOW) for _ in range(5)]
    query = """query($after: String) { orders(first: 2, after: $after, ordering: [{createdAt: ASC}]) {
      totalCount pageInfo { hasNextPage endCursor } edges { node { orderNumber } } } }"""
    seen: list[str] = []
    after, more = None, True
    while more:
        page = personas["admin"](query, after=after).data["orders"]
        assert page["totalCount"] == 5
        seen += [edge["node"]["orderNumber"] for edge in page["edges"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == [order.order_number for order in orders]


def test_staff_see_the_order_of_their_visit_without_its_private_fields(personas: Personas) -> None:
    service = factories.service()
    order = factories.confirmed_order(service, staff=personas.staff, customer=personas.customer)
    query = """query($id: ID!) { node(id: $id) { ... on Order {
      orderNumber notes address { line1 } trackingToken guestEmail customer { email } cancellationReason canCancel
    } } }"""
    assert personas["staff"](query, id=gid(order)).data["node"] == {
        "orderNumber": order.order_number,
        "notes": "",
        "address": {"line1": "10 Downing Street"},
        "trackingToken": None,
        "guestEmail": None,
        "customer": None,
        "cancellationReason": None,
        "canCancel": False,
    }
    own = personas["customer"](query, id=gid(order)).data["node"]
    assert (own["trackingToken"], own["customer"]) == (order.tracking_token, {"email": personas.customer.email})


def test_a_manager_without_the_flag_sees_no_orders(personas: Personas) -> None:
    factories.confirmed_order(factories.service(), staff=personas.staff, customer=personas.customer)
    assert len(found(personas["manager"])) == 1
    personas.manager.can_manage_orders = False
    personas.manager.save()
    assert found(personas["manager"]) == []


def test_a_manager_of_all_sees_all(personas: Personas) -> None:
    factories.pending_order(factories.service())
    personas.other_manager.can_manage_all = True
    personas.other_manager.save()
    assert len(found(personas["other_manager"])) == Order.objects.count() == 1


@pytest.mark.parametrize("who", ["admin", "manager", "staff", "customer"])
def test_a_list_of_fifty_takes_as_many_statements_as_a_list_of_one(personas: Personas, who: str) -> None:
    service = factories.service()
    days = iter(range(60))

    def add() -> None:
        order = factories.confirmed_order(
            service,
            staff=personas.staff,
            customer=personas.customer,
            scheduled_date=MONDAY + timedelta(days=next(days)),
        )
        item = order.items.get()
        item.extras.create(extra=factories.extra(service), name="Oven", price=0, duration_minutes=0)

    assert_same_statements(personas[who], INBOX, add=add)
