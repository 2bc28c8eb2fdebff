"""Walks the permission matrix."""

from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from graphql import GraphQLNamedType, GraphQLObjectType

from schema.root import schema
from tests.client import Answer
from tests.conftest import fill_buckets
from tests.personas import NAMES
from tests.schema.conftest import Shared
from tests.schema.matrix import NULL, OK, ROWS, SEES, Row
from tests.world import World, digest, written

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

OVER_HTTP = [row for row in ROWS if not row.field.startswith("Subscription.")]


def outcome(answer: Answer, row: Row, world: World) -> str:
    """What a persona got, in the words of the matrix."""
    if answer.errors:
        return answer.codes[0]
    found = answer.data[row.name]
    if found is None:
        return NULL
    if isinstance(found, dict) and found.get("userErrors"):
        return str(found["userErrors"][0]["code"])
    rows = rows_of(found)
    return OK if rows is None else SEES(*(world.names.get(each["id"], each["id"]) for each in rows))


def rows_of(found: Any) -> list[dict[str, Any]] | None:
    """The rows of a list or a connection that tells ids; None for anything else."""
    if isinstance(found, dict) and "edges" in found:
        rows = [edge["node"] for edge in found["edges"]]
        assert found["totalCount"] == len(rows)
        return rows
    if isinstance(found, list) and all(each is None or "id" in each for each in found):
        return [each for each in found if each is not None]
    return None


@pytest.mark.parametrize("row", OVER_HTTP, ids=str)
def test_each_persona_gets_what_the_matrix_says_and_nothing_else_happens(
    row: Row, shared: Shared, at_now: datetime
) -> None:
    world = shared.world
    got: dict[str, str] = {}
    for persona in NAMES:
        fill_buckets()  # all come from one address, and none shall pay for the one before
        given = row.variables(world, persona)
        point, so_far = transaction.savepoint(), written()
        answer = world.personas[persona](row.operation, **given)
        got[persona] = outcome(answer, row, world)
        changed = written() > so_far and digest() != shared.digest
        done = got[persona] == OK and row.field.startswith("Mutation.")
        assert changed == done, f"{persona}: {'changed something' if changed else 'changed nothing'}: {answer.body}"
        transaction.savepoint_rollback(point)
    assert got == {persona: row.expects(persona) for persona in NAMES}


def test_every_root_field_has_a_row() -> None:
    roots = (schema._schema.query_type, schema._schema.mutation_type, schema._schema.subscription_type)
    fields = {f"{root.name}.{name}" for root in roots if root is not None for name in root.fields}
    assert fields - {row.field for row in ROWS} == set()
    assert {row.field for row in ROWS} - fields == set()


def test_every_type_that_can_be_fetched_by_its_id_has_a_row() -> None:
    nodes = {kind.name for kind in schema._schema.type_map.values() if "Node" in interfaces(kind)}
    fetched = {row.operation.split("... on ")[1].split()[0] for row in ROWS if row.field == "Query.node"}
    assert nodes == fetched


def interfaces(kind: GraphQLNamedType) -> set[str]:
    return {each.name for each in kind.interfaces} if isinstance(kind, GraphQLObjectType) else set()
