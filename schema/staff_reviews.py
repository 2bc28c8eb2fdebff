"""Requests of staff: listed, approved, rejected, withdrawn; and a weekday's hours removed."""

import strawberry
import strawberry_django
from django.db.models import QuerySet

from backend.scheduling import actions as scheduling
from backend.staff import actions, queries
from backend.staff.models import StaffChange as StaffChangeModel
from backend.staff.rules import DayOfWeek
from schema.connections import Connection
from schema.context import Info
from schema.ids import decode_id
from schema.payloads import Payload, mutation, reread
from schema.staff import StaffPayload
from schema.staff_changes import StaffChangeRequest
from schema.visits_in_the_way import VisitsInTheWay


@strawberry.type
class StaffReviewsQuery:
    @strawberry_django.connection(
        Connection[StaffChangeRequest],
        description="Requests of staff, the newest first: one's own, or of whom one manages. Staff and office.",
    )
    def staff_change_requests(self, info: Info) -> QuerySet[StaffChangeModel]:
        return queries.staff_changes_for(info.context.viewer)


@strawberry.input(description="A weekday's hours to remove.")
class RemoveWorkingDayInput:
    staff_id: strawberry.ID = strawberry.field(description="The member of staff.")
    day_of_week: DayOfWeek = strawberry.field(description="The weekday that becomes free.")


@strawberry.input(description="A request of staff to carry out.")
class ApproveStaffChangeInput:
    change_id: strawberry.ID = strawberry.field(description="A pending request.")
    note: str = strawberry.field(default="", description="What the member of staff is told, at most 500 characters.")
    reassign: bool = strawberry.field(
        default=False,
        description="Of a wish for time off: give visits in that time to colleagues at their own times, all or none; "
        "else they refuse it.",
    )


@strawberry.input(description="A request of staff to turn down.")
class RejectStaffChangeInput:
    change_id: strawberry.ID = strawberry.field(description="A pending request.")
    note: str = strawberry.field(description="Why, for the member of staff, at most 500 characters.")


@strawberry.input(description="A request to take back.")
class WithdrawStaffChangeInput:
    change_id: strawberry.ID = strawberry.field(description="One's own pending request.")


@strawberry.type(description="Answer with a request of staff.")
class StaffChangeRequestPayload(Payload):
    @strawberry_django.field(description="The request as it is now.")
    def change(self) -> StaffChangeRequest | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer with a request that was carried out, or with the visits in its way.")
class ApproveStaffChangePayload(VisitsInTheWay):
    @strawberry_django.field(description="The request as it is now.")
    def change(self) -> StaffChangeRequest | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type
class StaffReviewsMutation:
    @mutation(
        description="Remove the hours of a weekday; booked visits stay. The member of staff itself, admins, and "
        "managers who may manage it."
    )
    def remove_working_day(self, info: Info, input: RemoveWorkingDayInput) -> StaffPayload:
        result = actions.remove_working_day(
            viewer=info.context.viewer,
            staff_id=decode_id(input.staff_id, "Staff", ("staff_id",)),
            day=input.day_of_week,
            now=info.context.now,
        )
        return StaffPayload.of(result)  # type: ignore[no-any-return]

    @mutation(
        description="Carry out what a member of staff asked for, or say why it does not fit any more. Admins, and "
        "managers who may manage the member."
    )
    def approve_staff_change(self, info: Info, input: ApproveStaffChangeInput) -> ApproveStaffChangePayload:
        change = scheduling.approve_staff_change(
            viewer=info.context.viewer,
            change_id=decode_id(input.change_id, "StaffChangeRequest", ("change_id",)),
            note=input.note,
            reassign=input.reassign,
            now=info.context.now,
        )
        return ApproveStaffChangePayload(row=change)

    @mutation(description="Turn a request of staff down. Admins, and managers who may manage the member.")
    def reject_staff_change(self, info: Info, input: RejectStaffChangeInput) -> StaffChangeRequestPayload:
        change = actions.reject_staff_change(
            viewer=info.context.viewer,
            change_id=decode_id(input.change_id, "StaffChangeRequest", ("change_id",)),
            note=input.note,
            now=info.context.now,
        )
        return StaffChangeRequestPayload(row=change)

    @mutation(description="Take one's own request back while it waits. Staff.")
    def withdraw_staff_change(self, info: Info, input: WithdrawStaffChangeInput) -> StaffChangeRequestPayload:
        change = actions.withdraw_staff_change(
            viewer=info.context.viewer,
            change_id=decode_id(input.change_id, "StaffChangeRequest", ("change_id",)),
            now=info.context.now,
        )
        return StaffChangeRequestPayload(row=change)
