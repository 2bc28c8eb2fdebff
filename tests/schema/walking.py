"""Everything that can be read: for each way into the graph, all that hangs on it, so many steps deep."""

from collections.abc import Iterator

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    OperationDefinitionNode,
    get_named_type,
    is_leaf_type,
    parse,
)
from graphql.language import FieldNode

from schema.root import schema

GRAPH = schema._schema


def everything_of(operation: str, depth: int) -> str:
    """The operation with whatever its root field selects replaced by all that can be selected, `depth` steps deep."""
    document = parse(operation)
    (definition,) = document.definitions
    assert isinstance(definition, OperationDefinitionNode)
    (root,) = definition.selection_set.selections
    query = GRAPH.query_type
    assert isinstance(root, FieldNode)
    assert query is not None
    kind = get_named_type(query.fields[root.name.value].type)
    if root.selection_set is None or root.selection_set.loc is None:
        return operation
    selected = root.selection_set.loc
    return operation[: selected.start] + selection(kind, depth) + operation[selected.end :]


def selection(kind: GraphQLNamedType, depth: int, above: tuple[str, ...] = ()) -> str:
    """All fields of a type that take no argument, and theirs; nobody is asked for what it was reached through."""
    if isinstance(kind, GraphQLObjectType):
        return f"{{ __typename {' '.join(_fields(kind, depth, above))} }}"
    possible = GRAPH.get_possible_types(kind)  # type: ignore[arg-type]
    parts = (f"... on {each.name} {_renamed(each, depth, above)}" for each in possible)
    return f"{{ __typename {' '.join(parts)} }}"


def _fields(kind: GraphQLObjectType, depth: int, above: tuple[str, ...], prefix: str = "") -> Iterator[str]:
    for name, field in kind.fields.items():
        if not _needs_arguments(field):
            below = _below(field, depth, (*above, kind.name))
            if below is not None:
                yield f"{prefix}{name} {below}"


def _renamed(kind: GraphQLObjectType, depth: int, above: tuple[str, ...]) -> str:
    """As the fields of a possible type, each under a name of its own, since two types may call two things alike."""
    renamed = [f"{kind.name}_{each.split(' ', 1)[0]}: {each}" for each in _fields(kind, depth, above)]
    return f"{{ {' '.join(renamed) or '__typename'} }}"


def _below(field: GraphQLField, depth: int, above: tuple[str, ...]) -> str | None:
    """What follows the name of a field; None where the walk ends here."""
    kind = get_named_type(field.type)
    if is_leaf_type(kind):
        return ""
    is_page = kind.name.endswith(("Connection", "Edge")) or kind.name == "PageInfo"
    if kind.name in above or (depth == 0 and not is_page):
        return None
    found = selection(kind, depth if is_page else depth - 1, above)
    return None if found == "{ __typename  }" and not isinstance(kind, GraphQLUnionType) else found


def _needs_arguments(field: GraphQLField) -> bool:
    return any(argument.type.__class__.__name__ == "GraphQLNonNull" for argument in field.args.values())
