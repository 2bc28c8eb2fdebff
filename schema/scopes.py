"""What a partner's API key may ask for: root fields by scope, and fields about people and homes by further scopes.

A root field that is not here, no key gets. A key is no user: what it sees and does inside a field is decided by the
domains, as for everyone.
"""

from collections.abc import Iterator, Mapping

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
    NamedTypeNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
)

from backend.core.errors import NotAllowed
from backend.core.viewer import Scope, Viewer
from schema.errors import access_error

_ANY = frozenset(Scope)


def _with(scope: Scope, names: str) -> dict[str, frozenset[Scope]]:
    return {name: frozenset({scope}) for name in names.split()}


QUERIES: Mapping[str, frozenset[Scope]] = {
    **dict.fromkeys(["business", "node", "nodes"], _ANY),
    **_with(Scope.CATALOGUE_READ, "categories services"),
    **_with(Scope.AVAILABILITY_READ, "availability cartAvailability nextAvailable"),
    **_with(Scope.ORDERS_READ, "orders appointments"),
    **_with(Scope.ORDERS_WRITE, "quoteOrder trackOrder"),
    **_with(Scope.WEBHOOKS_MANAGE, "partners apiKeys webhookEndpoints webhookDeliveries"),
}
MUTATIONS: Mapping[str, frozenset[Scope]] = {
    **_with(
        Scope.ORDERS_WRITE,
        "holdSlot releaseSlot placeOrder updateOrder addOrderItem updateOrderItem removeOrderItem cancelOrder "
        "requestChange withdrawChange",
    ),
    **_with(
        Scope.WEBHOOKS_MANAGE,
        "createWebhookEndpoint updateWebhookEndpoint rotateWebhookSecret pauseWebhookEndpoint resumeWebhookEndpoint "
        "deleteWebhookEndpoint sendTestWebhook redeliverWebhook redeliverWebhooks",
    ),
}
"""Root fields, and the scopes of which a key needs one. Subscriptions are for people."""

FIELDS: Mapping[str, Scope] = {
    **dict.fromkeys(
        (
            *("Order.guestName", "Order.guestEmail", "Order.guestPhone", "Order.address", "Order.notes"),
            *("Order.cancellationReason", "ChangeRequest.reason", "ChangeRequest.reviewNote"),
            *("Appointment.customer", "Appointment.address", "Appointment.notes"),
            *("SubscriptionPlan.guestName", "SubscriptionPlan.guestEmail", "SubscriptionPlan.guestPhone"),
            *("SubscriptionPlan.address", "SubscriptionPlan.notes", "SubscriptionPlan.pauseReason"),
            *("SubscriptionPlan.cancellationReason", "VisitChangeRequest.reason", "VisitChangeRequest.reviewNote"),
        ),
        Scope.CONTACTS_READ,
    ),
    "Appointment.completionPhotos": Scope.PHOTOS_READ,
    "CompletionPhoto.url": Scope.PHOTOS_READ,
    "CompletionPhoto.thumbnailUrl": Scope.PHOTOS_READ,
}
"""Who people are, where they live, what they wrote, and pictures of their homes: beside the root field's, a key needs
this scope wherever the field stands. Below a root field of `orders:write` it does not: whoever holds an order's
tracking token is shown all of that order without any key.
"""

_TABLES = {"query": QUERIES, "mutation": MUTATIONS, "subscription": {}}
_BY_TOKEN = frozenset({Scope.ORDERS_WRITE})


def require_contacts(viewer: Viewer) -> None:
    """NotAllowed for a partner's key that is not told who people are: to look for a name is to learn of it."""
    if viewer.partner is not None and not viewer.has_scope(Scope.CONTACTS_READ):
        raise NotAllowed("This API key's scopes do not cover `search`.")


def beyond_scopes(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, viewer: Viewer
) -> GraphQLError | None:
    """Why a partner's key may not run this operation; None where it may, and for everyone who comes without a key."""
    root = schema.get_root_type(operation.operation)
    if viewer.partner is None or root is None:
        return None
    held, table, walk = viewer.partner.scopes, _TABLES[operation.operation.value], _Walk(schema, document)
    for _, field in walk.fields(operation.selection_set, root):
        name = field.name.value
        if name.startswith("__"):
            continue
        needed = table.get(name, frozenset())
        if held.isdisjoint(needed):
            return _refused(name)
        for asked in walk.below(field, root) if needed != _BY_TOKEN else ():
            if asked in FIELDS and FIELDS[asked] not in held:
                return _refused(asked)
    return None


def _refused(what: str) -> GraphQLError:
    return access_error(NotAllowed(f"This API key's scopes do not cover `{what}`."))


class _Walk:
    """Through the selections of a valid document, which spreads no fragment in circles; each is entered once a walk."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._types = schema.type_map
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }

    def fields(
        self, selections: SelectionSetNode, parent: GraphQLNamedType, entered: set[str] | None = None
    ) -> Iterator[tuple[GraphQLNamedType, FieldNode]]:
        """What is asked for here, in fragments too, with the type that it is asked of."""
        entered = set() if entered is None else entered
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                yield parent, selection
            elif isinstance(selection, FragmentSpreadNode):
                if selection.name.value not in entered:
                    entered.add(selection.name.value)
                    fragment = self._fragments[selection.name.value]
                    yield from self.fields(fragment.selection_set, self._of(fragment.type_condition, parent), entered)
            elif isinstance(selection, InlineFragmentNode):
                within = self._of(selection.type_condition, parent)
                yield from self.fields(selection.selection_set, within, entered)

    def below(self, field: FieldNode, parent: GraphQLNamedType, entered: set[str] | None = None) -> Iterator[str]:
        """Everything that is asked for below a field, as `Type.field`."""
        entered = set() if entered is None else entered
        if field.selection_set is None or not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            return
        kind = get_named_type(parent.fields[field.name.value].type)
        for of_what, each in self.fields(field.selection_set, kind, entered):
            yield f"{of_what.name}.{each.name.value}"
            yield from self.below(each, of_what, entered)

    def _of(self, condition: NamedTypeNode | None, parent: GraphQLNamedType) -> GraphQLNamedType:
        return parent if condition is None else self._types[condition.name.value]
