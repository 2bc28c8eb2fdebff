"""Whatever nonsense a client sends, it gets a code, never a crash, and what is refused changes nothing.

Every mutation of the schema, found by introspection, is sent the good input of its row of the permission matrix with
one place of it spoilt at a time: each field of the input and of what it nests, given or not.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    OperationDefinitionNode,
    get_nullable_type,
    parse,
    value_from_ast_untyped,
)
from graphql.language import FieldNode

from schema.root import schema
from tests.client import Answer, Api, gid
from tests.conftest import fill_buckets
from tests.personas import NAMES
from tests.schema.matrix import OK, ROWS
from tests.world import World, digest, make_world

pytestmark = pytest.mark.django_db

LONG, NUL, SURROGATE = "x" * 10_000, "a\x00b", "\ud800"
Path = tuple[str | int, ...]

PARTS = 4
"""Tests that share the mutations between them, so that several processes can."""

SPOILT: dict[str, Sequence[Any]] = {
    "ID": ("", "not-an-id", NUL, SURROGATE, LONG, 7, "T3JkZXI6OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk="),
    "String": ("", " ", LONG, NUL, SURROGATE, "\u202egnp.exe", 7, ["x"]),
    "Int": (-1, 0, 2**31 - 1, -(2**31), 2**63, 1.5, "7"),
    "Float": (-1, 1e308, "NaN"),
    "Decimal": ("NaN", "Infinity", "-1", "-0", "0.001", "999999999999.999999", "1e400", "", 7),
    "Date": ("0001-01-01", "9999-12-31", "2027-02-30", "", NUL, 7),
    "DateTime": (
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "2027-03-01T09:00:00",
        "",
    ),
    "Time": ("00:00", "23:59", "24:00", "9:00", ""),
    "Boolean": ("yes", 1),
    "JSON": ({"a": NUL}, {"a": SURROGATE}, LONG, -1, {LONG: LONG}),
}
"""Values by the name of the scalar. Some are good in one place or another, and then they may be taken."""


def spoilt_values(kind: GraphQLInputType, world: World) -> Sequence[Any]:
    """What to try in a place of this type."""
    named = get_nullable_type(kind)
    if isinstance(named, GraphQLList):
        return ([], [None], "x")
    if isinstance(named, GraphQLEnumType):
        return ("NONSENSE", 7)
    if isinstance(named, GraphQLInputObjectType):
        return ({}, [], "x")
    strangers = [gid(world.personas.other_customer), gid(world.personas.other_staff)] if named.name == "ID" else []
    return (*SPOILT.get(named.name, ("",)), None, *strangers)


def places(kind: GraphQLInputType, good: Any, path: Path = ()) -> Iterator[tuple[Path, GraphQLInputType]]:
    """Each place of an input with its type: what is given, what is nested in it, and what could be given."""
    named = get_nullable_type(kind)
    if path:
        yield path, kind
    if isinstance(named, GraphQLList) and isinstance(good, list) and good:
        yield from places(named.of_type, good[0], (*path, 0))
    elif isinstance(named, GraphQLInputObjectType):
        for name, field in named.fields.items():
            yield from places(field.type, good.get(name) if isinstance(good, dict) else None, (*path, name))


def spoilt(good: Any, path: Path, value: Any) -> Any:
    """The good input with another value in one place; what that place lies in is made where it is not given."""
    found = deepcopy(good)
    at: Any = found
    for step in path[:-1]:
        if isinstance(at, dict) and at.get(step) is None:
            at[step] = {}
        at = at[step]
    at[path[-1]] = value
    return found


def good_input(name: str, world: World) -> tuple[dict[str, Any], str]:
    """What a row of the matrix gives the mutation, and somebody who gets furthest with it."""
    tries = [(row, persona) for row in ROWS if row.field == f"Mutation.{name}" for persona in reversed(NAMES)]
    done = [each for each in tries if each[0].expects(each[1]) == OK]
    seen = [each for each in tries if each[0].expects(each[1]) not in ("UNAUTHENTICATED", "FORBIDDEN")]
    row, persona = (done or seen)[0]
    (definition,) = parse(row.operation).definitions
    assert isinstance(definition, OperationDefinitionNode)
    (field,) = definition.selection_set.selections
    assert isinstance(field, FieldNode)
    (argument,) = [each for each in field.arguments or () if each.name.value == "input"]
    return value_from_ast_untyped(argument.value, row.variables(world, persona)), persona


def mutations() -> dict[str, GraphQLInputType]:
    root = schema._schema.mutation_type
    assert root is not None
    return {name: field.args["input"].type for name, field in root.fields.items() if "input" in field.args}


def complaint(answer: Answer) -> str | None:
    """What is wrong with an answer to nonsense; None where it says what is wrong with the nonsense."""
    if "INTERNAL" in answer.codes or answer.status >= 500:
        return f"crashed: {answer.errors[0]['message']}"
    if answer.errors and not all(answer.codes):
        return f"no code: {answer.errors}"
    return None


def was_refused(answer: Answer, name: str) -> bool:
    payload = (answer.body.get("data") or {}).get(name) or {}
    return bool(answer.errors or payload.get("userErrors"))


def try_all(name: str, kind: GraphQLInputType, good: dict[str, Any], api: Api, world: World) -> Iterator[str]:
    """Send every nonsense to one mutation; a sentence for each answer that is none."""
    operation = f"mutation($input: {kind}) {{ {name}(input: $input) {{ userErrors {{ code field message }} }} }}"
    before = digest()
    for path, place in places(kind, good):
        for value in spoilt_values(place, world):
            fill_buckets()
            point = transaction.savepoint()
            answer = api(operation, input=spoilt(good, path, value))
            found = complaint(answer)
            if found:
                yield f"{name} {'.'.join(map(str, path))} = {str(value)[:60]!a}: {found}"
            if found or not was_refused(answer, name):
                transaction.savepoint_rollback(point)
            else:
                transaction.savepoint_commit(point)
    if digest() != before:
        yield f"{name}: something that was refused changed something"


def carries_files(good: dict[str, Any]) -> bool:
    """Whether the good input holds a file, which JSON can't say: the tests of uploads spoil those."""
    return any(isinstance(each, SimpleUploadedFile) for each in good.values())


@pytest.mark.usefixtures("at_now")
@pytest.mark.parametrize("part", range(PARTS))
def test_nonsense_gets_a_code_and_changes_nothing(part: int) -> None:
    world = make_world()
    wrong: list[str] = []
    for name, kind in sorted(mutations().items())[part::PARTS]:
        good, persona = good_input(name, world)
        if not carries_files(good):
            point = transaction.savepoint()
            wrong += try_all(name, kind, good, world.personas[persona], world)
            transaction.savepoint_rollback(point)
    assert wrong == []
