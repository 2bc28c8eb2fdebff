"""Executes what is plain without ceremony, and leaves everything else to the library.

Most of an answer is columns and small conversions of them. For each of these strawberry builds an info object, looks
for arguments and extensions that are not there, and asks whether the result is a query or a coroutine: two thirds of
the time of a long list. So the schema is looked through once, when it is built, for *plain* fields: without arguments
and extensions, and either a column, an attribute, a global id, rows that were fetched along, or a method of the row.
What a query selects of them is put together once per request, then read off each row.

Whatever is unusual makes a field take the library's way: an error, a null where there must be none, a column that was
not fetched, a query instead of its rows, an event loop. That way also says what is wrong with it, and where.

And the optimizer looks at the fields that can return rows, instead of at all of them as a middleware.

`tests/schema/test_execution.py` compares both ways; docs/benchmarks.md says what this brings.
"""

from asyncio import _get_running_loop
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Manager, QuerySet
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor, ReverseManyToOneDescriptor
from django.db.models.query_utils import DeferredAttribute
from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
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
"""Takes a row, or whatever the fields are those of."""

Convert = Callable[[Any], Any]
"""Takes what a field holds; gives what is sent."""

_PLAIN = "rota-plain-fields"
_BACKREF = GraphQLCoreConverter.DEFINITION_BACKREF


class NotPlain(Exception):
    """This value takes the library's way."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A plain field. `get` takes the row, and an info object where `info_name` says under which name."""

    field: StrawberryField
    get: Callable[..., Any]
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
        returned = kind.fields[field_name].type
        leaf = get_nullable_type(returned)
        if isinstance(leaf, GraphQLScalarType | GraphQLEnumType):
            return _leaf(get, leaf.coerce_output_value, is_required=leaf is not returned)
        convert = self._converter(returned, details)
        return None if convert is None else _reading(get, convert)

    def _converter(self, kind: GraphQLOutputType, details: Any) -> Convert | None:
        """How to make what is sent of what was read, by the type of the field; None where that is not plain."""
        if isinstance(kind, GraphQLNonNull):
            convert = self._converter(kind.of_type, details)
            return None if convert is None else _required(convert)
        if isinstance(kind, GraphQLList):
            convert = self._converter(kind.of_type, details)
            return None if convert is None else _listed(convert)
        if isinstance(kind, GraphQLObjectType):
            inside = self._readers_of(kind, self.collect_subfields(kind, details).grouped_field_set)
            readers = [(name, read) for name, read in inside if read is not None]
            return _object(readers) if len(readers) == len(inside) else None
        return kind.coerce_output_value if isinstance(kind, GraphQLScalarType | GraphQLEnumType) else None


async def _merged(results: dict[str, Any], executed: Any) -> dict[str, Any]:
    others: dict[str, Any] = await executed
    return results | others


def _with_info(get: Callable[..., Any], name: str, info: Any) -> Read:
    given = {name: info}
    return lambda source: get(source, **given)


def _reading(get: Read, convert: Convert) -> Read:
    return lambda source: convert(get(source))


def _leaf(get: Read, coerce: Convert, *, is_required: bool) -> Read:
    """The most frequent case, in one step."""

    def read(source: Any) -> Any:
        value = get(source)
        if value is not None:
            return coerce(value)
        if is_required:
            raise NotPlain
        return None

    return read


def _required(convert: Convert) -> Convert:
    def required(value: Any) -> Any:
        if value is None:
            raise NotPlain
        return convert(value)

    return required


def _listed(convert: Convert) -> Convert:
    def listed(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, list):
            raise NotPlain
        return [None if each is None else convert(each) for each in value]

    return listed


def _object(readers: list[tuple[str, Read]]) -> Convert:
    def convert(value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, QuerySet | Manager):
            raise NotPlain
        return {name: read(value) for name, read in readers}

    return convert


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
        if field.args or not isinstance(given, StrawberryField) or given.extensions or given.is_async:
            continue
        found = _method(definition, given) if given.base_resolver is not None else _attribute(definition, given)
        if found is not None:
            plain[name] = found
    return plain


def _attribute(definition: StrawberryObjectDefinition, field: StrawberryField) -> Plain | None:
    model = _model(definition)
    name = getattr(field, "django_name", None) or field.python_name
    if model is None:
        return Plain(field, lambda source: getattr(source, name))
    descriptor = getattr(model, name, None)
    # Exactly this class: others, such as that of a file, make something of the column first.
    if type(descriptor) is DeferredAttribute:
        return Plain(field, _column(descriptor.field.attname))
    if isinstance(descriptor, ForwardManyToOneDescriptor):
        return Plain(field, _fetched_row(name))
    return Plain(field, _fetched_rows(name)) if type(descriptor) is ReverseManyToOneDescriptor else None


def _model(definition: StrawberryObjectDefinition) -> Any:
    django = get_django_definition(definition.origin)
    return None if django is None else django.model


def _column(name: str) -> Read:
    """A column that was fetched; KeyError for one that was not."""
    return lambda source: source.__dict__[name]


def _fetched_row(name: str) -> Read:
    """The row that a foreign key names, where it was fetched along; else KeyError."""
    return lambda source: source._state.fields_cache[name]


def _fetched_rows(name: str) -> Read:
    """The rows that refer to this one, where they were fetched along; else KeyError."""

    def fetched(source: Any) -> Any:
        rows = source._prefetched_objects_cache[name]._result_cache
        if rows is None:
            raise NotPlain
        return rows

    return fetched


def _global_id(kind: str) -> Read:
    prefix = f"{kind}:"
    return lambda source: b64encode(f"{prefix}{source.__dict__['id']}".encode()).decode()


def _method(definition: StrawberryObjectDefinition, field: StrawberryField) -> Plain | None:
    """A method that takes its row and perhaps an info object. On an event loop it might ask the database: not there."""
    if issubclass(definition.origin, relay.Node) and field.python_name == "_id":
        return Plain(field, _global_id(definition.name))
    resolver = field.base_resolver
    if resolver is None or not resolver.self_parameter or resolver.parent_parameter or resolver.root_parameter:
        return None
    function = cast(Callable[..., Any], resolver.wrapped_func)

    def call(source: Any, **info: Any) -> Any:
        if _get_running_loop() is not None:
            raise NotPlain
        return function(source, **info)

    return Plain(field, call, None if resolver.info_parameter is None else resolver.info_parameter.name)
