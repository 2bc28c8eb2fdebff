"""What a partner's API key may ask for: root fields by scope. What is not here, no key gets.

A key is no user: what it sees and does inside a field is decided by the domains, as for everyone.
"""

from collections.abc import Iterator, Mapping

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
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

_TABLES = {"query": QUERIES, "mutation": MUTATIONS, "subscription": {}}


def beyond_scopes(document: DocumentNode, operation: OperationDefinitionNode, viewer: Viewer) -> GraphQLError | None:
    """Why a partner's key may not run this operation; None where it may, and for everyone who comes without a key."""
    if viewer.partner is None:
        return None
    table = _TABLES[operation.operation.value]
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    for name in _root_fields(operation.selection_set, fragments):
        if not name.startswith("__") and viewer.partner.scopes.isdisjoint(table.get(name, frozenset())):
            return access_error(NotAllowed(f"This API key's scopes do not cover `{name}`."))
    return None


def _root_fields(selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[str]:
    """Names of what is asked for at the top, through fragments, which a valid document does not spread in circles."""
    for selection in selections.selections:
        if isinstance(selection, FieldNode):
            yield selection.name.value
        elif isinstance(selection, FragmentSpreadNode):
            yield from _root_fields(fragments[selection.name.value].selection_set, fragments)
        elif selection.selection_set is not None:  # type: ignore[attr-defined]
            yield from _root_fields(selection.selection_set, fragments)  # type: ignore[attr-defined]
