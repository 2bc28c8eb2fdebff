"""Reading plain fields gives what the library's way gives, errors included, in fewer steps."""

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import strawberry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types
from strawberry_django.optimizer import DjangoOptimizerExtension

from backend.core.viewer import NOBODY
from schema import root
from schema.context import Context, viewer_from
from schema.execution import _PLAIN, Executor
from schema.extensions import Schema
from schema.scalars import SCALARS
from tests.factories.business import NOW
from tests.personas import NAMES
from tests.world import World, make_world

LIBRARY = strawberry.Schema(
    query=merge_types("Query", (root.Query,)),
    extensions=[DjangoOptimizerExtension],
    config=StrawberryConfig(relay_max_results=100, scalar_map=SCALARS),
)

CATALOGUE = """{ services(ordering: [{name: DESC}]) { totalCount pageInfo { endCursor } edges { cursor node {
  again: name id __typename ...Rest category { services { id name price { currency amount } } id } } } }
  categories { __typename slug id services { name category { name } } } }
fragment Rest on Service { name price { amount ...C } approvalStatus extras { id name price { amount } } isActive }
fragment C on Money { currency }"""
STAFF = """{ staffMembers(first: 10) { edges { node { id name email phone isActive
  workingHours { dayOfWeek start end breaks { start end } } services { service { name } priceOverride { amount } }
  areas { postcode radiusMiles } timeOff { start reason } scheduleExceptions { date start } } } } }"""
VISITS = """{ appointments(first: 10) { edges { node { id status start end type version internalNotes canCancel
  price { amount currency } staff { id name email } service { id name price { amount } category { name } }
  customer { name email phone } address { line1 line2 city postcode } extras { name price { amount } }
  order { id orderNumber status total { amount currency } notes guestEmail canCancel
    items { id quantity service { id name } unitPrice { amount } totalPrice { amount } extras { name } } } } } } }"""
ORDERS = """{ orders(first: 10) { edges { node { id orderNumber status customer { id name } guestName trackingToken
  items { id staff { name } appointment { id status start end staff { id } order { id } }
    extras { id price { amount } } } } } } }"""
NODES = """query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Service { name category { id name } }
  ... on Staff { name email } ... on Appointment { status staff { name } } } }"""


def ask(schema: Any, query: str, world: World, persona: str, **variables: Any) -> tuple[str, list[str]]:
    """The answer, with its order, and the SQL that it took."""
    token = world.personas[persona].token
    viewer = viewer_from(f"Bearer {token}", now=NOW) if token else NOBODY
    context = Context(viewer=viewer, now=NOW, request_id="", address="test")
    with CaptureQueriesContext(connection) as captured:
        result = schema.execute_sync(query, context_value=context, variable_values=variables)
    assert result.errors is None
    return json.dumps(result.data), [each["sql"] for each in captured.captured_queries]


@pytest.mark.django_db
@pytest.mark.parametrize("query", [CATALOGUE, STAFF, VISITS, ORDERS, NODES])
def test_both_ways_answer_alike_with_the_same_statements(query: str) -> None:
    world = make_world()
    ids = {"ids": [world.id(name) for name in world.rows]} if "$ids" in query else {}
    for persona in NAMES:
        assert ask(root.schema, query, world, persona, **ids) == ask(LIBRARY, query, world, persona, **ids)


# What is unusual


@strawberry.type
class Inner:
    text: str
    number: int | None = None

    @strawberry.field
    def doubled(self, info: strawberry.Info) -> str:
        return f"{self.text} {self.text} for {info.context.address} at {info.field_name}"

    @strawberry.field
    def broken(self) -> str:
        raise RuntimeError("broken")

    @strawberry.field
    def broken_or_null(self) -> str | None:
        raise RuntimeError("broken")


@strawberry.type
class Outer:
    inner: Inner
    nothing: Inner | None
    wrong: str
    not_a_number: int
    texts: list[str]
    price: Decimal
    at: datetime

    @strawberry.field
    def computed(self) -> Inner:
        return self.inner

    @strawberry.field
    def with_argument(self, times: int = 2) -> str:
        return "x" * times

    @strawberry.field
    async def later(self) -> str:
        await asyncio.sleep(0)
        return "later"


OUTER = Outer(
    inner=Inner(text="a", number=1),
    nothing=None,
    wrong=None,  # type: ignore[arg-type]
    not_a_number="x",  # type: ignore[arg-type]
    texts=["a", "b"],
    price=Decimal("1.50"),
    at=datetime(2027, 2, 1, tzinfo=UTC),
)


@strawberry.type
class Query:
    @strawberry.field
    def outer(self) -> Outer | None:
        return OUTER

    @strawberry.field
    def outers(self) -> list[Outer | None]:
        return [OUTER, None, OUTER]


CONFIG = StrawberryConfig(scalar_map=SCALARS)
OURS, THEIRS = Schema(Query, config=CONFIG), strawberry.Schema(Query, config=CONFIG)

UNUSUAL = [
    "{ outer { price at texts inner { text number doubled } computed { number text } nothing { text } } }",
    "{ outer { inner { text } nothing { text } b: nothing { number } withArgument c: withArgument(times: 3) } }",
    "{ outer { inner { broken } } }",
    "{ outer { inner { text brokenOrNull number } } }",
    "{ outer { nothing { broken } computed { brokenOrNull broken } } }",
    "{ outer { wrong } }",
    "{ outer { inner { text } notANumber } }",
    "{ outers { inner { brokenOrNull } computed { text } } }",
    "{ outers { inner { broken } } }",
    "{ outer { ... on Outer @include(if: false) { wrong } __typename inner { __typename text } } }",
    "{ outer { inner { text ...More } inner { number } } } fragment More on Inner { number t: text }",
]


def outcome(result: Any) -> tuple[str, list[Any]]:
    errors = [(error.path, error.locations) for error in result.errors or []]
    return json.dumps(result.data), sorted(errors, key=repr)


@pytest.mark.parametrize("query", UNUSUAL)
def test_errors_and_nulls_come_out_where_the_library_puts_them(query: str) -> None:
    context = Context(viewer=NOBODY, now=NOW, request_id="", address="test")
    assert outcome(OURS.execute_sync(query, context_value=context)) == outcome(
        THEIRS.execute_sync(query, context_value=context)
    )


@pytest.mark.parametrize("query", [*UNUSUAL, "{ outer { price later inner { text } } outers { later wrong } }"])
def test_an_event_loop_gets_the_same(query: str) -> None:
    context = Context(viewer=NOBODY, now=NOW, request_id="", address="test")

    async def both() -> tuple[Any, Any]:
        return (
            await OURS.execute(query, context_value=context),
            await THEIRS.execute(query, context_value=context),
        )

    ours, theirs = asyncio.run(both())
    assert outcome(ours) == outcome(theirs)


def test_most_of_a_visit_is_plain() -> None:
    plain = root.schema._schema.type_map["Appointment"].extensions[_PLAIN]
    assert {"id", "start", "status", "price", "staff", "service", "customer", "address", "canCancel"} <= plain.keys()
    assert issubclass(root.schema.execution_context_class, Executor)
