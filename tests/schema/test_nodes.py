"""Fetching again by id."""

import base64

import pytest

from tests import factories
from tests.client import Api, gid
from tests.statements import count_statements

pytestmark = pytest.mark.django_db

NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Service { name } ... on Category { name } } }"
NODE = "query($id: ID!) { node(id: $id) { __typename id } }"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "x",
        "💥",
        "AAAA",
        encoded("Service"),
        encoded("Service:"),
        encoded("Service:x"),
        encoded("Service:-1"),
        encoded("Service:0"),
        encoded("Service:1:2"),
        encoded("Service:٣"),
        encoded("Service:99999999999999999999999"),
        encoded("Service:9223372036854775807"),
        encoded("Query:1"),
        encoded("Money:1"),
        encoded("String:1"),
        encoded("Role:ADMIN"),
        encoded("Nope:1"),
        encoded("Service:1\x00"),
        "A" * 10_000,
    ],
    ids=lambda text: text[:20].encode("unicode_escape").decode() or "nothing",
)
def test_an_id_that_is_none_is_null(api: Api, garbage: str) -> None:
    assert api(NODE, id=garbage).data == {"node": None}
    assert api(NODES, ids=[garbage]).data == {"nodes": [None]}


def test_many_come_in_the_order_asked_for_with_gaps_and_repeats(api: Api) -> None:
    one, two = factories.service(name="One"), factories.service(name="Two", is_active=False)
    kind = factories.category(name="Kind")
    found = api(NODES, ids=[gid(kind), "garbage", gid(one), gid(two), gid(one)]).data["nodes"]
    assert [each and each["name"] for each in found] == ["Kind", None, "One", None, "One"]


def test_many_of_one_kind_take_one_statement(api: Api) -> None:
    ids = [gid(factories.service()) for _ in range(20)]
    assert count_statements(api, NODES, ids=ids) == count_statements(api, NODES, ids=ids[:1]) == 1


def test_more_than_a_hundred_are_refused(api: Api) -> None:
    assert api(NODES, ids=["x"] * 100).data == {"nodes": [None] * 100}
    refused = api(NODES, ids=["x"] * 101)
    assert refused.codes == ["OUT_OF_RANGE"]
    assert refused.errors[0]["extensions"]["field"] == ["ids"]
