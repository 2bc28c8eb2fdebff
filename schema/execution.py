"""Executes what is plain without ceremony, and leaves everything else to the library.

Most of an answer is columns and small conversions of them. For each of these strawberry builds an info object, looks
for arguments and extensions that are not there, and asks whether the result is a query or a coroutine: two thirds of
the time of a long list. So the schema is looked through once, when it is built, for *plain* fields: without arguments
and extensions, and either a column, an attribute, a global id, a foreign key whose row was fetched along, or a method
of the row. What a query selects of them is put together once per request, then read off each row.

Whatever is unusual makes a field take the library's way: an error, a null where there must be none, a column that was
not fetched, an event loop. That way also says what is wrong with it, and where.

And the optimizer looks at the fields that can return rows, instead of at all of them as a middleware.

`tests/schema/test_execution.py` compares both ways; docs/benchmarks.md says what this brings.
"""

from asyncio import _get_running_loop
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import ForeignKey, Manager, QuerySet
from django.db.models.query_utils import DeferredAttribute
from graphql import (
    GraphQLEnumType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
)
from graphql.pyutils import Path
from strawberry import relay
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import Info
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField
from strawberry_django.optimizer import DjangoOptimizerExtension, optimizer
from strawberry_django.utils.typing import get_django_definition

Read = Callable[[Any], Any]
"""Takes a row, or whatever the fields are those of; gives a value that is ready to be sent."""

_PLAIN = "rota-plain-fields"
_BACKREF = GraphQLCoreConverter.DEFINITION_BACKREF


class NotPlain(Exception):
    """This value takes the library's way."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A plain field. `get` takes the row, and an info object where `info_name` says under which name."""

    field: StrawberryField
    get: Callable[..., Any]
    kind: GraphQLScalarType | GraphQLEnumType | GraphQLObjectType
    is_required: bool
    info_name: str | None = None


class Executor(StrawberryGraphQLCoreExecutionContext):
    """Reads the plain fields of an object, and executes the others."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # By the identity of what was selected, which is kept beside it: an identity alone could be given anew.
        self._readers: dict[int, tuple[Any, list[tuple[str, Read | None]]]] = {}

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Any,
        grouped_field_set: Any,
        position_context: Any,
    ) -> Any:
        """As graphql-core does; the answer keeps the order in which fields were asked for."""
        results: dict[str, Any] = {}
        others: dict[str, Any] = {}
        for name, read in self._readers_of(parent_type, grouped_field_set):
            if read is not None:
                try:
                    results[name] = read(source_value)
                    continue
                except Exception:  # noqa: S110 - the library's way meets it again, and tells where
                    pass
            results[name] = None  # keeps its place
            others[name] = grouped_field_set[name]
        if not others:
            return results
        executed = super().execute_fields(parent_type, source_value, path, others, position_context)
        if isinstance(executed, dict):
            return results | executed
        return _merged(results, executed)

    def _readers_of(self, kind: GraphQLObjectType, selected: Any) -> list[tuple[str, Read | None]]:
        known = self._readers.get(id(selected))
        if known is None:
            plain: dict[str, Plain] = kind.extensions.get(_PLAIN, {})
            readers = [(name, self._reader(kind, plain, name, details)) for name, details in selected.items()]
            known = self._readers[id(selected)] = (selected, readers)
        return known[1]

    def _reader(self, kind: GraphQLObjectType, plain: dict[str, Plain], name: str, details: Any) -> Read | None:
        """How to read one selected field; None where it, or something inside it, is not plain."""
        field_name = details[0].node.name.value
        field = plain.get(field_name)
        if field is None:
            return None
        get = field.get
        if field.info_name is not None:
            # One for all rows: its path is only good for telling which field it is.
            raw = self.build_resolve_info(
                kind.fields[field_name], [each.node for each in details], kind, Path(None, name, kind.name)
            )
            get = _with_info(get, field.info_name, Info(_raw_info=raw, _field=field.field))
        if not isinstance(field.kind, GraphQLObjectType):
            return _leaf(get, field.kind.coerce_output_value, is_required=field.is_required)
        inside = self._readers_of(field.kind, self.collect_subfields(field.kind, details).grouped_field_set)
        readers = [(inner, read) for inner, read in inside if read is not None]
        return _object(get, readers, is_required=field.is_required) if len(readers) == len(inside) else None


async def _merged(results: dict[str, Any], executed: Any) -> dict[str, Any]:
    others: dict[str, Any] = await executed
    return results | others


def _with_info(get: Callable[..., Any], name: str, info: Any) -> Read:
    given = {name: info}
    return lambda source: get(source, **given)


def _leaf(get: Read, coerce: Callable[[Any], Any], *, is_required: bool) -> Read:
    def read(source: Any) -> Any:
        value = get(source)
        if value is None:
            if is_required:
                raise NotPlain
            return None
        return coerce(value)

    return read


def _object(get: Read, readers: list[tuple[str, Read]], *, is_required: bool) -> Read:
    def read(source: Any) -> Any:
        value = get(source)
        if value is None:
            if is_required:
                raise NotPlain
            return None
        if isinstance(value, QuerySet | Manager):
            raise NotPlain
        return {name: read_one(value) for name, read_one in readers}

    return read


class Optimizer(DjangoOptimizerExtension):
    """The optimizer, called by the fields that may return rows (`plan`) instead of by all as a middleware."""

    resolve = SchemaExtension.resolve  # type: ignore[assignment]


_STAND_IN = DjangoOptimizerExtension()


def plan(schema: GraphQLSchema) -> None:
    """Find the plain fields of every type, and let the optimizer look at the others that may return rows; in place."""
    for kind in schema.type_map.values():
        definition = kind.extensions.get(_BACKREF)
        if isinstance(kind, GraphQLObjectType) and isinstance(definition, StrawberryObjectDefinition):
            kind.extensions[_PLAIN] = _plain_fields(kind, definition)
            for field in kind.fields.values():
                if field.resolve is not None and not is_leaf_type(get_named_type(field.type)):
                    field.resolve = _optimized(field.resolve)


def _optimized(usual: Callable[..., Any]) -> Callable[..., Any]:
    def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        extension = optimizer.get() or _STAND_IN
        return DjangoOptimizerExtension.resolve(extension, usual, source, info, **arguments)

    return resolve


def _plain_fields(kind: GraphQLObjectType, definition: StrawberryObjectDefinition) -> dict[str, Plain]:
    plain: dict[str, Plain] = {}
    for name, field in kind.fields.items():
        given = field.extensions.get(_BACKREF)
        inner = get_nullable_type(field.type)
        if field.args or not isinstance(given, StrawberryField) or given.extensions or given.is_async:
            continue
        if isinstance(inner, GraphQLScalarType | GraphQLEnumType | GraphQLObjectType):
            getter = _getter(definition, given, inner)
            if getter is not None:
                get, info_name = getter
                plain[name] = Plain(given, get, inner, is_non_null_type(field.type), info_name)
    return plain


def _getter(
    definition: StrawberryObjectDefinition, field: StrawberryField, kind: Any
) -> tuple[Callable[..., Any], str | None] | None:
    """How to get the value, and under which name the function wants an info object; None for what is not plain."""
    if field.base_resolver is not None:
        if issubclass(definition.origin, relay.Node) and field.python_name == "_id":
            return _global_id(definition.name), None
        return None if _may_be_rows(kind) else _method(field)
    model = _model(definition)
    attribute = getattr(field, "django_name", None) or field.python_name
    if model is None:
        return (lambda source: getattr(source, attribute)), None
    descriptor = getattr(model, attribute, None)
    # Exactly this class: others, such as that of a file, make something of the column first.
    if type(descriptor) is DeferredAttribute:
        return _column(descriptor.field.attname), None
    if isinstance(getattr(descriptor, "field", None), ForeignKey) and hasattr(descriptor, "is_cached"):
        return _fetched_row(attribute), None
    return None


def _may_be_rows(kind: Any) -> bool:
    """Whether a method of this type may give a query, which the optimizer completes, instead of an object."""
    definition = None if is_leaf_type(kind) else kind.extensions.get(_BACKREF)
    return definition is not None and (
        _model(definition) is not None or issubclass(definition.origin, relay.Connection)
    )


def _model(definition: StrawberryObjectDefinition) -> Any:
    django = get_django_definition(definition.origin)
    return None if django is None else django.model


def _column(name: str) -> Read:
    """A column that was fetched; KeyError for one that was not."""
    return lambda source: source.__dict__[name]


def _fetched_row(name: str) -> Read:
    """The row that a foreign key names, where it was fetched along; else KeyError."""
    return lambda source: source._state.fields_cache[name]


def _global_id(kind: str) -> Read:
    prefix = f"{kind}:"
    return lambda source: b64encode(f"{prefix}{source.__dict__['id']}".encode()).decode()


def _method(field: StrawberryField) -> tuple[Callable[..., Any], str | None] | None:
    """A method that takes its row and perhaps an info object. On an event loop it might ask the database: not there."""
    resolver = field.base_resolver
    if resolver is None or not resolver.self_parameter or resolver.parent_parameter or resolver.root_parameter:
        return None
    function = cast(Callable[..., Any], resolver.wrapped_func)

    def call(source: Any, **info: Any) -> Any:
        if _get_running_loop() is not None:
            raise NotPlain
        return function(source, **info)

    return call, None if resolver.info_parameter is None else resolver.info_parameter.name
