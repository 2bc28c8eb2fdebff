"""From a query's text to a document that is safe to run: parsed, limited and validated once, then remembered.

The limits are checked before validation, whose cost grows with the square of what a document repeats. They count
through fragments, so that nothing is hidden in one, and each fragment is looked at once, so that fragments spread into
fragments cost nothing to refuse.
"""

from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    specified_rules,
    validate,
)
from graphql.validation import MaxIntrospectionDepthRule
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from schema.errors import BAD_REQUEST, PARSE_FAILED, TOO_COMPLEX, request_error

_RULES = (*specified_rules, MaxIntrospectionDepthRule, MaybeNullValidationRule, OneOfInputValidationRule)
_REMEMBERED = 500
_MAX_ERRORS = 20
_COUNTED = 10_000  # fragments that spread fragments reach astronomic numbers; nobody needs them exactly
# The standard introspection query is 13 to 16 levels deep; MaxIntrospectionDepthRule bounds what repeats inside.
_INTROSPECTION_DEPTH = 20
_INTROSPECTION_FIELDS = ("__schema", "__type")
_PLACEHOLDER = parse("{ __typename }", no_location=True)


@dataclass(frozen=True, slots=True)
class Document:
    """A document and everything that is wrong with it, whatever the variables."""

    node: DocumentNode
    errors: tuple[GraphQLError, ...]
    operations: tuple[OperationDefinitionNode, ...] = ()

    @property
    def is_sound(self) -> bool:
        return not self.errors

    def operation(self, name: str | None) -> OperationDefinitionNode | GraphQLError:
        """The operation to run. A document of several needs a name; a name that is not there runs nothing."""
        if name is None and len(self.operations) == 1:
            return self.operations[0]
        if name is None:
            return request_error("The document holds several operations: say `operationName`.", BAD_REQUEST)
        for each in self.operations:
            if each.name is not None and each.name.value == name:
                return each
        return request_error(f"The document holds no operation named {name[:100]!r}.", BAD_REQUEST)


def refused(*errors: GraphQLError) -> Document:
    """A document that is not run: it stands for one that can't be, with the reasons."""
    return Document(_PLACEHOLDER, errors)


@lru_cache(maxsize=_REMEMBERED)
def prepare(schema: GraphQLSchema, text: str) -> Document:
    """Parse, limit, validate. Never raises: what is wrong is in `errors`."""
    if len(text) > settings.ROTA_LIMITS["max_query_bytes"]:
        return refused(request_error("The document is too long.", TOO_COMPLEX))
    max_tokens: int = settings.ROTA_LIMITS["max_tokens"]
    try:
        node = parse(text, max_lexical_tokens=max_tokens, max_comments=max_tokens)
    except GraphQLError as error:
        # graphql-core gives its limits no type of their own; both end in these words.
        beyond = error.message.endswith("Parsing aborted.")
        error.extensions = {"code": TOO_COMPLEX if beyond else PARSE_FAILED}
        return refused(error)
    operations = tuple(each for each in node.definitions if isinstance(each, OperationDefinitionNode))
    if not operations:
        return refused(request_error("The document holds no operation.", BAD_REQUEST))
    offence = _beyond_limits(node, operations)
    if offence is not None:
        return refused(offence)
    errors = validate(schema, node, _RULES, max_errors=_MAX_ERRORS)
    return refused(*errors) if errors else Document(node, (), operations)


def _beyond_limits(node: DocumentNode, operations: tuple[OperationDefinitionNode, ...]) -> GraphQLError | None:
    limits: dict[str, int] = settings.ROTA_LIMITS
    fragments = len(node.definitions) - len(operations)
    if fragments > limits["max_fragments"]:
        return _too_many(f"{fragments} fragments", limits["max_fragments"])
    measure = _Measure(node)
    for operation in operations:
        shape = measure.of(operation.selection_set)
        if shape.depth > limits["max_depth"]:
            return _too_many(f"{shape.depth} levels", limits["max_depth"])
        if shape.repeats > limits["max_aliases"]:
            return _too_many(f"{shape.repeats} aliases and repetitions", limits["max_aliases"])
    return None


def _too_many(what: str, limit: int) -> GraphQLError:
    return request_error(f"The document holds {what}; {limit} are allowed.", TOO_COMPLEX, limit=limit)


@dataclass(frozen=True, slots=True)
class _Shape:
    """`depth` in levels of fields; `repeats` counts aliases and fields asked for again beside themselves."""

    depth: int = 0
    repeats: int = 0


class _Measure:
    """Measures selections of one document, each fragment once."""

    def __init__(self, node: DocumentNode) -> None:
        self._fragments = {
            each.name.value: each for each in node.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._measured: dict[str, _Shape] = {}

    def of(self, selections: SelectionSetNode) -> _Shape:
        return self._level(selections, set())

    def _level(self, selections: SelectionSetNode, seen: set[str]) -> _Shape:
        """`seen` holds the fields of this level so far, through inline fragments, which share it."""
        depth = repeats = 0
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                shape = self._field(selection, seen)
            elif isinstance(selection, FragmentSpreadNode):
                shape = self._fragment(selection.name.value)
            elif isinstance(selection, InlineFragmentNode):
                shape = self._level(selection.selection_set, seen)
            else:
                raise TypeError(f"GraphQL has no selection of kind {selection.kind}")
            depth, repeats = max(depth, shape.depth), min(repeats + shape.repeats, _COUNTED)
        return _Shape(depth, repeats)

    def _field(self, field: FieldNode, seen: set[str]) -> _Shape:
        name = field.name.value
        again = field.alias is not None or name in seen
        seen.add(name)
        inner = self._level(field.selection_set, set()) if field.selection_set else _Shape()
        depth = inner.depth + 1
        if name in _INTROSPECTION_FIELDS and depth <= _INTROSPECTION_DEPTH:
            depth = 1
        return _Shape(depth, inner.repeats + again)

    def _fragment(self, name: str) -> _Shape:
        if name not in self._measured:
            self._measured[name] = _Shape()  # stands in for itself inside a cycle, which validation refuses
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._measured[name] = self._level(fragment.selection_set, set())
        return self._measured[name]
