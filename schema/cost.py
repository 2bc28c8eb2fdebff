"""What an operation costs, and the bucket that each client pays from.

A field costs one point, and what stands inside a list costs as many times as the list may be long: the page that was
asked for, the number of ids, or a few where the schema sets no bound. The sum is taken before anything is executed, out
of a leaky bucket that belongs to the user or the API key, or to the network address of somebody who is not signed in.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    value_from_ast_untyped,
)

from backend.core.errors import RateLimited
from backend.core.throttle import Bucket, take
from schema.context import Context
from schema.errors import TOO_COMPLEX, access_error, request_error

UNBOUNDED_LIST = 5
"""How long a list is taken to be whose length the client does not choose."""

PAGE = 100
"""How long a page is where the client does not say."""

INTROSPECTION = 50
"""What the whole of `__schema` or `__type` costs: it touches no row."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What was asked for and what the client has left, in points."""

    requested: int
    available: int
    capacity: int
    restore_rate: int

    def as_extension(self) -> dict[str, int]:
        """For `extensions.cost`."""
        return {
            "requested": self.requested,
            "available": self.available,
            "capacity": self.capacity,
            "restoreRate": self.restore_rate,
        }


def charge(cost: int, context: Context) -> Cost | GraphQLError:
    """Take `cost` points from the client's bucket, or say why not: too much for any bucket, or for now."""
    capacity, rate = settings.ROTA_COST_BUDGET, settings.ROTA_COST_RESTORE_PER_SECOND
    allowed = min(settings.ROTA_LIMITS["max_cost"], capacity)
    if cost > allowed:
        message = f"The operation costs {cost} points; {allowed} are allowed. Ask for smaller pages or fewer fields."
        return request_error(message, TOO_COMPLEX, limit=allowed, cost=cost)
    user_id = context.viewer.user_id
    who = f"user:{user_id}" if user_id is not None else f"address:{context.address}"
    if context.viewer.partner is not None:
        who = f"key:{context.viewer.partner.key_id}"
    taken = take(Bucket("cost", capacity, rate), who, cost)
    if not taken.allowed:
        wait = max(1, math.ceil((cost - taken.left) / rate))
        return access_error(RateLimited("You have used up your points. Try again later.", retry_after=wait))
    return Cost(cost, int(taken.left), capacity, rate)


def cost_of(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> int:
    """The points of a valid operation. Fragments count wherever they are spread."""
    root = schema.get_root_type(operation.operation)
    defaults = {
        each.variable.name.value: value_from_ast_untyped(each.default_value)
        for each in operation.variable_definitions or ()
        if each.default_value is not None
    }
    return (
        0 if root is None else _Pricing(schema, document, defaults | dict(variables)).of(operation.selection_set, root)
    )


class _Pricing:
    """Prices the selections of one request; a fragment once for each page length that it stands in."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._schema = schema
        self._variables = variables
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._priced: dict[tuple[str, int | None], int] = {}

    def of(self, selections: SelectionSetNode, parent: GraphQLNamedType, page: int | None = None) -> int:
        """`page` is the length of the list that `parent` is a page of, if it is one."""
        total = 0
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                total += self._field(selection, parent, page)
            elif isinstance(selection, FragmentSpreadNode):
                total += self._fragment(selection.name.value, page)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                kind = self._schema.type_map[condition.name.value] if condition else parent
                total += self.of(selection.selection_set, kind, page)
        return total

    def _field(self, field: FieldNode, parent: GraphQLNamedType, page: int | None) -> int:
        name = field.name.value
        if name.startswith("__"):
            return INTROSPECTION if field.selection_set else 1
        if field.selection_set is None or not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            return 1
        definition = parent.fields[name]
        kind = get_named_type(definition.type)
        if is_list_type(get_nullable_type(definition.type)):
            length = page if page is not None else self._length(field)
            return 1 + length * self.of(field.selection_set, kind)
        inner_page = self._page(field) if "first" in definition.args else None
        return 1 + self.of(field.selection_set, kind, inner_page)

    def _fragment(self, name: str, page: int | None) -> int:
        if (name, page) not in self._priced:
            fragment = self._fragments[name]
            kind = self._schema.type_map[fragment.type_condition.name.value]
            self._priced[name, page] = self.of(fragment.selection_set, kind, page)
        return self._priced[name, page]

    def _page(self, field: FieldNode) -> int:
        """The page that a connection was asked for; what is out of bounds is refused when it is executed."""
        given = [self._argument(field, name) for name in ("first", "last")]
        sizes = [size for size in given if isinstance(size, int) and 0 <= size <= PAGE]
        return min(sizes, default=PAGE)

    def _length(self, field: FieldNode) -> int:
        ids = self._argument(field, "ids")
        return len(ids) if isinstance(ids, list) else UNBOUNDED_LIST

    def _argument(self, field: FieldNode, name: str) -> Any:
        for each in field.arguments or ():
            if each.name.value == name:
                return value_from_ast_untyped(each.value, dict(self._variables))
        return None
