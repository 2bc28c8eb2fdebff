"""What can be fetched again by its id. Each type says which rows its viewer may see; all others are null."""

from collections.abc import Iterable
from typing import Annotated, Any

import strawberry
from asgiref.sync import sync_to_async
from django.db.models import Model, QuerySet
from strawberry import relay
from strawberry.relay.types import GlobalIDValueError
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.utils.inspect import in_async_context
from strawberry_django.optimizer import optimizer

from backend.core.errors import OutOfRange
from backend.core.viewer import Viewer
from schema.context import Info

MAX_IDS = 100
"""How many objects one `nodes` fetches."""


class VisibleNode(relay.Node):
    """Base of every type with an id. Subclasses are strawberry-django types and define `visible`."""

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        """The rows that the viewer may see; the domain's `visible_to`."""
        raise TypeError(f"{cls.__name__} does not say what is visible")

    @classmethod
    def resolve_nodes(cls, *, info: Info, node_ids: Iterable[str], required: bool = False) -> Any:
        """One statement for all ids; null for what is not there or not to be seen."""
        if in_async_context():
            return sync_to_async(cls._fetch)(info, list(node_ids))
        return cls._fetch(info, list(node_ids))

    @classmethod
    def resolve_node(cls, node_id: str, *, info: Info, required: bool = False) -> Any:
        """As `resolve_nodes`, for one."""
        if in_async_context():
            return sync_to_async(lambda: cls._fetch(info, [node_id])[0])()
        return cls._fetch(info, [node_id])[0]

    @classmethod
    def _fetch(cls, info: Info, node_ids: list[str]) -> list[Any]:
        wanted = [int(i) if i.isascii() and i.isdecimal() and len(i) < 19 else None for i in node_ids]
        rows = cls.visible(info.context.viewer).filter(pk__in=[i for i in wanted if i is not None])
        extension = optimizer.get()
        if extension is not None:
            rows = extension.optimize(rows, info=info)
        found: dict[int, Model] = {row.pk: row for row in rows}
        return [None if i is None or i not in found else strawberry.cast(cls, found[i]) for i in wanted]


def fetch_nodes(info: Info, ids: list[strawberry.ID]) -> list[Any]:
    """The objects in the order of `ids`, one statement a type; null for garbage, too."""
    if len(ids) > MAX_IDS:
        raise OutOfRange(f"Ask for at most {MAX_IDS} objects at once.", ("ids",))
    wanted: dict[type[VisibleNode], list[tuple[int, str]]] = {}
    for position, given in enumerate(ids):
        try:
            node_id = relay.GlobalID.from_id(given)
        except GlobalIDValueError:
            continue
        definition = info.schema.get_type_by_name(node_id.type_name)
        if isinstance(definition, StrawberryObjectDefinition) and issubclass(definition.origin, VisibleNode):
            wanted.setdefault(definition.origin, []).append((position, node_id.node_id))
    found: list[Any] = [None] * len(ids)
    for kind, places in wanted.items():
        rows = kind._fetch(info, [node_id for _, node_id in places])
        for (position, _), row in zip(places, rows, strict=True):
            found[position] = row
    return found


@strawberry.type
class NodeQuery:
    @strawberry.field(description="Anything by its id; null for what is not there or not to be seen.")
    def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
    ) -> relay.Node | None:
        return _in_thread(lambda: fetch_nodes(info, [id])[0])  # type: ignore[no-any-return]

    @strawberry.field(
        description="Several by their ids, in the order asked for, at most 100; null for what is not there or not to "
        "be seen."
    )
    def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Their ids, at most 100.")],
    ) -> list[relay.Node | None]:
        return _in_thread(lambda: fetch_nodes(info, ids))  # type: ignore[no-any-return]


def _in_thread(fetch: Any) -> Any:
    """Resolvers over a websocket run in the event loop, where the database must not be waited for."""
    return sync_to_async(fetch)() if in_async_context() else fetch()
