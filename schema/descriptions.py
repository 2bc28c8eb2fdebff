"""Descriptions of what has the same meaning wherever it stands, and that libraries leave without one."""

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema

_ROOTS = {
    "Query": "Everything that can be read.",
    "Mutation": "Everything that can be done. Each takes one `input` and answers with what was refused and why.",
    "Subscription": "Everything that can be followed as it happens, over a websocket.",
}
_ARGUMENTS = {
    "filters": "Which rows; all of them without.",
    "ordering": "In which order, the first entry first. What is equal then goes by id.",
    "input": "What is asked for.",
}
_FILTERS = {
    "AND": "And these conditions hold as well.",
    "OR": "Or these conditions hold instead.",
    "NOT": "And these conditions do not hold.",
    "DISTINCT": "Whether rows that come out equal are told once.",
}
_ORDERING = "A direction, and where rows without a value go."
_DIRECTIONS = {
    "ASC": "Ascending; rows without a value last.",
    "ASC_NULLS_FIRST": "Ascending; rows without a value first.",
    "ASC_NULLS_LAST": "Ascending; rows without a value last.",
    "DESC": "Descending; rows without a value first.",
    "DESC_NULLS_FIRST": "Descending; rows without a value first.",
    "DESC_NULLS_LAST": "Descending; rows without a value last.",
}
_TOTAL = "How many there are in all, whatever the page; counted where it is asked for."


def describe(schema: GraphQLSchema) -> None:
    """Add what is missing, in place; what a type says itself stands."""
    for name, kind in schema.type_map.items():
        if name in _ROOTS or name == "Ordering":
            kind.description = kind.description or _ROOTS.get(name, _ORDERING)
        if name == "Ordering" and isinstance(kind, GraphQLEnumType):
            for direction, value in kind.values.items():
                value.description = _DIRECTIONS[direction]
        if isinstance(kind, GraphQLObjectType):
            if name.endswith("Connection") and "totalCount" in kind.fields:
                kind.fields["totalCount"].description = _TOTAL
            for field in kind.fields.values():
                for argument_name, argument in field.args.items():
                    argument.description = argument.description or _ARGUMENTS.get(argument_name)
        if isinstance(kind, GraphQLInputObjectType):
            _describe_input(kind)


def _describe_input(kind: GraphQLInputObjectType) -> None:
    for name, field in kind.fields.items():
        if name in _FILTERS:
            field.description = field.description or _FILTERS[name]
        elif isinstance(field.type, GraphQLEnumType) and field.type.name == "Ordering":
            field.description = field.description or "In this direction by this value."
