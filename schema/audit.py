"""Who did what, when, and by which request."""

from datetime import datetime
from functools import cache
from typing import Annotated, Any

import strawberry
import strawberry_django
from django.db.models import QuerySet
from strawberry import relay
from strawberry.relay.types import GlobalIDValueError
from strawberry_django.utils.typing import get_django_definition

from backend.audit import queries
from backend.audit.models import Change as ChangeModel
from backend.audit.rules import AuditAction
from backend.audit.rules import FieldChange as FieldChangeRule
from backend.core.errors import NotFound
from backend.core.viewer import Viewer
from schema.accounts import User
from schema.connections import Connection
from schema.context import Info
from schema.enums import declare
from schema.ids import decode_id, decode_optional_id
from schema.nodes import VisibleNode


@cache
def _kinds() -> dict[str, str]:
    """The name of each type that has ids, by the trail's name of its model: `staff.StaffArea` is a `ServiceArea`."""
    found: dict[str, str] = {}
    waiting = list(VisibleNode.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        definition = get_django_definition(kind)
        if definition is not None:
            found[definition.model._meta.label] = kind.__strawberry_definition__.name  # type: ignore[attr-defined]
    return found


def _row(object_id: strawberry.ID | None) -> tuple[str | None, int | None]:
    """A row's model as the trail names it, and its key. NotFound for what is no id."""
    if object_id is None:
        return None, None
    try:
        kind = relay.GlobalID.from_id(object_id).type_name
    except GlobalIDValueError as error:
        raise NotFound("This is not the id of anything.", ("object_id",)) from error
    labels = [label for label, name in _kinds().items() if name == kind]
    if not labels:
        raise NotFound("This is not the id of anything.", ("object_id",))
    return labels[0], decode_id(object_id, kind, ("object_id",))


declare(
    AuditAction,
    name="AuditAction",
    description="What was done to a row.",
    values={
        AuditAction.CREATE: "The row was made.",
        AuditAction.UPDATE: "Values of the row were changed.",
        AuditAction.DELETE: "The row was deleted.",
    },
)


@strawberry.type(description="One value of a row, before and after, as text.")
class FieldChange:
    field: str = strawberry.field(description="Name of the value, as the database has it.")
    old: str | None = strawberry.field(description="Before; null for none. Instants in ISO 8601, UTC.")
    new: str | None = strawberry.field(
        description="After; null for none. `[secret]` stands for what is never written down, `[erased]` for what went "
        "when its person was forgotten."
    )

    @classmethod
    def of(cls, change: FieldChangeRule) -> "FieldChange":
        return cls(field=change.field, old=change.old, new=change.new)


@strawberry_django.type(ChangeModel, description="What was done to one row. Nobody can change it.")
class AuditEntry(VisibleNode):
    actor: User | None = strawberry_django.field(description="Who did it; null for guests and jobs.")
    occurred_at: datetime = strawberry_django.field(field_name="pgh_created_at", description="When, in UTC.")
    request_id: strawberry.auto
    source: strawberry.auto
    operation: strawberry.auto

    @strawberry_django.field(only=["pgh_label"], description="What was done.")
    def action(self) -> AuditAction:
        return AuditAction(self.pgh_label)  # type: ignore[attr-defined]

    @strawberry_django.field(only=["model"], description="Which kind of row: `Order`.")
    def model(self) -> str:
        return str(self.model).rpartition(".")[2]

    @strawberry_django.field(
        only=["model", "object_id"],
        description="Id of the row, which may be gone; null for kinds that have no id here.",
    )
    def object_id(self) -> strawberry.ID | None:
        kind = _kinds().get(self.model)
        return None if kind is None else strawberry.ID(relay.to_base64(kind, self.object_id))

    @strawberry_django.field(only=["before", "after"], description="Value by value: of an update, those that changed.")
    def changes(self) -> list[FieldChange]:
        return [FieldChange.of(each) for each in self.changes]

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.changes_visible_to(viewer)


@strawberry.type
class AuditQuery:
    @strawberry_django.connection(
        Connection[AuditEntry], description="Everything that was done to the business's data, the newest first. Admins."
    )
    def audit_log(
        self,
        info: Info,
        object_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Of this row, whatever has become of it.")
        ] = None,
        actor_id: Annotated[strawberry.ID | None, strawberry.argument(description="By this user.")] = None,
        model: Annotated[str | None, strawberry.argument(description="Of this kind of row: `Order`.")] = None,
        action: Annotated[AuditAction | None, strawberry.argument(description="Of this kind of change.")] = None,
        request_id: Annotated[str | None, strawberry.argument(description="By this request and its effects.")] = None,
        since: Annotated[datetime | None, strawberry.argument(name="from", description="From this instant on.")] = None,
        until: Annotated[datetime | None, strawberry.argument(name="to", description="Before this instant.")] = None,
    ) -> QuerySet[ChangeModel]:
        label, key = _row(object_id)
        wanted = queries.TrailFilter(
            model=model,
            label=label,
            object_id=key,
            actor_id=decode_optional_id(actor_id, "User", ("actor_id",)),
            action=action,
            request_id=request_id,
            since=since,
            until=until,
        )
        return queries.trail(info.context.viewer, wanted)
