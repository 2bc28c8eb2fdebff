"""The promises: operations that clients already send, and the schema that they were written against."""

from pathlib import Path

import pytest
from django.conf import settings
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    parse,
    print_ast,
    specified_rules,
    validate,
)
from graphql.validation import NoUnusedFragmentsRule

from schema.cost import cost_of
from schema.documents import prepare
from schema.root import schema

ROOT = Path(__file__).parent.parent.parent
RULES = [rule for rule in specified_rules if rule is not NoUnusedFragmentsRule]

MISSING: set[str] = set()
"""Operations whose fields are still to come. The list only ever gets shorter."""


def operations() -> dict[str, DocumentNode]:
    """Every operation of every client, `shop/PlaceOrder`, with the fragments of its file."""
    found: dict[str, DocumentNode] = {}
    for path in sorted((ROOT / "tests" / "contract").glob("*.graphql")):
        definitions = parse(path.read_text()).definitions
        fragments = tuple(each for each in definitions if isinstance(each, FragmentDefinitionNode))
        for each in definitions:
            if isinstance(each, OperationDefinitionNode) and each.name is not None:
                found[f"{path.stem}/{each.name.value}"] = DocumentNode(definitions=(each, *fragments))
    return found


OPERATIONS = operations()


@pytest.fixture(scope="module")
def printed() -> GraphQLSchema:
    """The schema as clients see it: the committed file."""
    return build_schema((ROOT / "schema.graphql").read_text())


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in MISSING])
def test_an_operation_of_a_client_is_valid(name: str, printed: GraphQLSchema) -> None:
    assert [error.message for error in validate(printed, OPERATIONS[name], RULES)] == []


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in MISSING])
def test_an_operation_of_a_client_is_within_the_limits(name: str) -> None:
    own, *fragments = (print_ast(each) for each in OPERATIONS[name].definitions)
    used = [each for each in fragments if f"...{each.split()[1]}" in own]
    document = prepare(schema._schema, "\n".join([own, *used]))
    assert document.is_sound
    assert cost_of(schema._schema, document.node, document.operations[0], {}) <= settings.ROTA_LIMITS["max_cost"]


def test_the_list_of_missing_operations_only_gets_shorter(printed: GraphQLSchema) -> None:
    assert OPERATIONS.keys() >= MISSING
    done = {name for name in MISSING if not validate(printed, OPERATIONS[name], RULES)}
    assert not done, "These are valid now: take them off the list MISSING"


def test_the_committed_schema_is_the_one_that_is_served() -> None:
    assert (ROOT / "schema.graphql").read_text().strip() == schema.as_str().strip(), "Run `make schema` and commit"
