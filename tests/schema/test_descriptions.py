"""Everything in the schema says what it is."""

from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
)

from schema.root import schema


def undescribed() -> Iterator[str]:
    """Names of what has no description: types, fields, arguments, input fields, values of enums."""
    for name, kind in schema._schema.type_map.items():
        if name.startswith("__"):
            continue
        if not kind.description:
            yield name
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in kind.fields.items():
                if not field.description:
                    yield f"{name}.{field_name}"
                yield from (
                    f"{name}.{field_name}({each}:)" for each, given in field.args.items() if not given.description
                )
        if isinstance(kind, GraphQLEnumType):
            yield from (f"{name}.{each}" for each, value in kind.values.items() if not value.description)
        if isinstance(kind, GraphQLInputObjectType):
            yield from (f"{name}.{each}" for each, given in kind.fields.items() if not given.description)


def test_every_type_field_argument_and_value_has_a_description() -> None:
    assert list(undescribed()) == []


def test_a_list_is_not_described_by_what_its_entries_say_of_their_owner() -> None:
    """Django's help text of a foreign key describes where it leads; read backwards it would name the owner."""
    kinds = schema._schema.type_map
    owners = {"Order.items": "The order.", "OrderItem.extras": "The line.", "Customer.addresses": "The customer."}
    for place, of_owner in owners.items():
        kind, field = place.split(".")
        described = kinds[kind]
        assert isinstance(described, GraphQLObjectType)
        assert described.fields[field].description not in (None, of_owner)
