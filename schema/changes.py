"""Changes that are wanted of orders: asked, taken back, decided."""

from datetime import date, time
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
import strawberry_django
from django.db.models import Q, QuerySet

from backend.core.viewer import Viewer
from backend.orders import actions, queries
from backend.orders.models import ChangeRequest as ChangeRequestModel
from backend.orders.rules import ChangeStatus
from schema.connections import Connection
from schema.context import Info
from schema.enums import declare
from schema.ids import decode_id
from schema.named import NamesOrder
from schema.nodes import VisibleNode
from schema.payloads import Payload, mutation, reread
from schema.scheduling import Alternative

if TYPE_CHECKING:
    from schema.orders import Order

declare(
    ChangeStatus,
    name="ChangeRequestStatus",
    description="Where a request for another time stands.",
    values={
        ChangeStatus.PENDING: "It waits for the office.",
        ChangeStatus.APPROVED: "The office has moved it.",
        ChangeStatus.REJECTED: "The office has left it where it is.",
        ChangeStatus.WITHDRAWN: "It was taken back, or is settled by itself.",
    },
)


@strawberry.input
class StatusOfChange:
    """The filter of requests for another time, of orders and of visits of plans."""

    @strawberry_django.filter_field(description="Only requests in this state.")
    def status(self, value: ChangeStatus, prefix: str) -> Q:
        return Q(**{f"{prefix}status": value})


@strawberry.type
class WantedTime(VisibleNode):
    """What requests for another time have in common, be it of an order or of one visit of a plan."""

    requested_date: strawberry.auto
    requested_time: strawberry.auto
    reason: strawberry.auto
    review_note: strawberry.auto
    reviewed_at: strawberry.auto
    created_at: strawberry.auto

    @strawberry_django.field(only=["status"], description="Where it stands.")
    def status(self) -> ChangeStatus:
        return ChangeStatus(self.status)


@strawberry_django.filter_type(ChangeRequestModel, description="Which requests.")
class ChangeRequestFilter(StatusOfChange):
    pass


@strawberry_django.order_type(ChangeRequestModel, description="The order of requests.")
class ChangeRequestOrder:
    created_at: strawberry.auto
    requested_date: strawberry.auto


@strawberry_django.type(
    ChangeRequestModel,
    filters=ChangeRequestFilter,
    ordering=ChangeRequestOrder,
    description="Somebody asks for another time of an order; the office decides.",
)
class ChangeRequest(WantedTime):
    order: Annotated["Order", strawberry.lazy("schema.orders")]

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.changes_visible_to(viewer)


@strawberry.type
class ChangesQuery:
    @strawberry_django.connection(
        Connection[ChangeRequest],
        description="Changes wanted of orders, newest first: customers their own, the office what "
        "it manages; nothing for everyone else.",
    )
    def change_requests(self, info: Info) -> QuerySet[ChangeRequestModel]:
        return queries.changes_visible_to(info.context.viewer)


@strawberry.input(description="Another time for an order, named by its id or by its tracking token.")
class RequestChangeInput(NamesOrder):
    requested_date: date = strawberry.field(description="Wanted date, in the business's time zone.")
    requested_time: time = strawberry.field(description="Wanted time, in the business's time zone.")
    reason: str = strawberry.field(default="", description="Why, at most 500 characters.")
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")


@strawberry.input(description="The order whose waiting request is taken back: by its id, or by its tracking token.")
class WithdrawChangeInput(NamesOrder):
    pass


@strawberry.input(description="The office's decision on a request.")
class ReviewChangeInput:
    change_request_id: strawberry.ID = strawberry.field(description="A pending request.")
    note: str = strawberry.field(default="", description="What the customer is told, at most 500 characters.")
    outside_hours: bool = strawberry.field(
        default=False,
        description="When approving: whether visits may lie outside working hours; never over other visits.",
    )


@strawberry.type(description="Answer with a request for another time.")
class ChangeRequestPayload(Payload):
    @strawberry_django.field(description="The request as it is now.")
    def change_request(self) -> ChangeRequest | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer to approving a change.")
class ApproveChangePayload(ChangeRequestPayload):
    alternatives: list[Alternative] = strawberry.field(
        default_factory=list,
        description="Where the time can't be had: up to five others at which the whole order could be done.",
    )


@strawberry.type
class ChangesMutation:
    @mutation(
        description="Ask for another time of an order. Guests by token and customers while it is pending, then until "
        "the deadline; the office always. One request of an order waits at a time."
    )
    def request_change(self, info: Info, input: RequestChangeInput) -> ChangeRequestPayload:
        change = actions.request_change(
            **input.asked(info),
            requested_date=input.requested_date,
            requested_time=input.requested_time,
            reason=input.reason,
            idempotency_key=input.idempotency_key,
        )
        return ChangeRequestPayload(row=change)

    @mutation(description="Take back the request of an order that waits. Guests by token, customers, and the office.")
    def withdraw_change(self, info: Info, input: WithdrawChangeInput) -> ChangeRequestPayload:
        change = actions.withdraw_change(
            **input.asked(info),
        )
        return ChangeRequestPayload(row=change)

    @mutation(description="Move an order and all its open visits to the wanted time, or none. Admins and managers.")
    def approve_change(self, info: Info, input: ReviewChangeInput) -> ApproveChangePayload:
        change = actions.approve_change(
            viewer=info.context.viewer,
            change_id=decode_id(input.change_request_id, "ChangeRequest", ("change_request_id",)),
            note=input.note,
            outside_hours=input.outside_hours,
            now=info.context.now,
        )
        return ApproveChangePayload(row=change)

    @mutation(description="Leave an order where it is, and say why. Admins and managers.")
    def reject_change(self, info: Info, input: ReviewChangeInput) -> ChangeRequestPayload:
        change = actions.reject_change(
            viewer=info.context.viewer,
            change_id=decode_id(input.change_request_id, "ChangeRequest", ("change_request_id",)),
            note=input.note,
            now=info.context.now,
        )
        return ChangeRequestPayload(row=change)
