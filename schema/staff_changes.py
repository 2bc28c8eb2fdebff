"""What staff ask the office for, and how a mutation says whether it was carried out or waits."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
import strawberry_django
from django.db.models import Model, Q, QuerySet
from strawberry.scalars import JSON

from backend.core.viewer import Viewer
from backend.staff import queries
from backend.staff.models import StaffChange as StaffChangeModel
from backend.staff.rules import StaffChangeKind, StaffChangeStatus
from schema.enums import declare
from schema.nodes import VisibleNode
from schema.payloads import Payload, reread

if TYPE_CHECKING:
    from schema.staff import Staff

declare(
    StaffChangeKind,
    name="StaffChangeKind",
    description="What a member of staff would like to change.",
    values={
        StaffChangeKind.WORKING_HOURS: "Other hours on a weekday, or on several.",
        StaffChangeKind.WORKING_DAY_REMOVAL: "No hours on a weekday any more.",
        StaffChangeKind.EXCEPTION: "A date off, or with other hours.",
        StaffChangeKind.EXCEPTION_REMOVAL: "A date as every other of its weekday again.",
        StaffChangeKind.AREA: "One more area to serve.",
        StaffChangeKind.AREA_REMOVAL: "An area less to serve.",
        StaffChangeKind.TIME_OFF: "A stretch of absence.",
        StaffChangeKind.TIME_OFF_REMOVAL: "An absence less.",
    },
)
declare(
    StaffChangeStatus,
    name="StaffChangeStatus",
    description="Where a request of staff stands.",
    values={
        StaffChangeStatus.PENDING: "It waits for the office.",
        StaffChangeStatus.APPROVED: "The office has carried it out.",
        StaffChangeStatus.REJECTED: "The office has turned it down.",
        StaffChangeStatus.WITHDRAWN: "Whoever asked has taken it back.",
    },
)


@strawberry.enum(description="What became of a change.")
class StaffChangeOutcome(Enum):
    APPLIED = strawberry.enum_value("APPLIED", description="It holds from now on.")
    PENDING = strawberry.enum_value("PENDING", description="It waits for the office; nothing has changed yet.")


@strawberry_django.filter_type(StaffChangeModel, description="Which requests.")
class StaffChangeFilter:
    @strawberry_django.filter_field(description="Only requests in this state.")
    def status(self, value: StaffChangeStatus, prefix: str) -> Q:
        return Q(**{f"{prefix}status": value})

    @strawberry_django.filter_field(description="Only requests of this kind.")
    def kind(self, value: StaffChangeKind, prefix: str) -> Q:
        return Q(**{f"{prefix}kind": value})


@strawberry_django.order_type(StaffChangeModel, description="The order of requests.")
class StaffChangeOrder:
    created_at: strawberry.auto


@strawberry_django.type(
    StaffChangeModel,
    name="StaffChangeRequest",
    filters=StaffChangeFilter,
    ordering=StaffChangeOrder,
    description="What a member of staff would like to change of its own time or places; the office decides.",
)
class StaffChangeRequest(VisibleNode):
    staff: Annotated["Staff", strawberry.lazy("schema.staff")]
    created_at: strawberry.auto
    reviewed_at: strawberry.auto
    review_note: strawberry.auto

    @strawberry_django.field(only=["kind"], description="What is to change.")
    def kind(self) -> StaffChangeKind:
        return StaffChangeKind(self.kind)

    @strawberry_django.field(only=["status"], description="Where it stands.")
    def status(self) -> StaffChangeStatus:
        return StaffChangeStatus(self.status)

    @strawberry_django.field(only=["payload"], description="What was asked for, as plain values.")
    def payload(self) -> JSON:
        return self.payload  # type: ignore[no-any-return]

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.staff_changes_visible_to(viewer)


@strawberry.type(description="Answer that says whether a change was carried out or waits for the office.")
class StaffChangingPayload(Payload):
    waiting: strawberry.Private[Model | None] = None

    @strawberry_django.field(description="Whether it was carried out or waits; null where it was refused.")
    def outcome(self) -> StaffChangeOutcome | None:
        if self.user_errors:
            return None
        return StaffChangeOutcome.APPLIED if self.waiting is None else StaffChangeOutcome.PENDING

    @strawberry_django.field(description="The request, where it waits for the office.")
    def pending_change(self) -> StaffChangeRequest | None:
        return reread(self.waiting)  # type: ignore[no-any-return]

    @classmethod
    def of(cls, result: Model) -> Any:
        """The payload for what an action answered: the row that it changed, or the request that waits."""
        return cls(waiting=result) if isinstance(result, StaffChangeModel) else cls(row=result)
