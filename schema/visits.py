"""Single visits of plans: placed, left out, done, changed; and the changes that are wanted of them."""

from datetime import date, datetime
from datetime import time as Time  # a field is called `time`
from typing import Any

import strawberry
import strawberry_django
from django.db.models import QuerySet

from backend.subscriptions import actions, queries
from backend.subscriptions.actions import Scope
from backend.subscriptions.models import SubscriptionAppointmentChangeRequest as VisitChangeModel
from schema.changes import ReviewChangeInput
from schema.connections import Connection
from schema.context import Info
from schema.enums import declare
from schema.ids import decode_id, decode_optional_id
from schema.payloads import Payload, mutation, reread
from schema.scheduling import Alternative
from schema.subscriptions import SubscriptionPayload, Visit, VisitChangeRequest

declare(
    Scope,
    name="VisitScope",
    description="How far a change of a visit reaches.",
    values={
        Scope.THIS_ONE: "This visit alone; the others stay where they are.",
        Scope.THIS_AND_LATER: "This visit and all later ones that are open.",
    },
)


@strawberry.type
class VisitsQuery:
    @strawberry_django.connection(
        Connection[VisitChangeRequest],
        description="Changes wanted of single visits, newest first: customers their own, the office what it manages; "
        "nothing for everyone else.",
    )
    def visit_change_requests(self, info: Info) -> QuerySet[VisitChangeModel]:
        return queries.changes_visible_to(info.context.viewer)


@strawberry.input(description="The plan whose visits are placed.")
class GenerateVisitsInput:
    subscription_id: strawberry.ID = strawberry.field(description="An active plan.")


@strawberry.input(description="A visit: by its id, or by its plan's tracking token and its sequence.")
class VisitNameInput:
    visit_id: strawberry.ID | None = strawberry.field(default=None, description="The visit, for the signed-in.")
    tracking_token: str | None = strawberry.field(default=None, description="The plan's token, for guests.")
    sequence: int | None = strawberry.field(default=None, description="Which visit of the token's plan.")


@strawberry.input(description="The visit to leave out.")
class SkipVisitInput(VisitNameInput):
    reason: str = strawberry.field(default="", description="Why, at most 500 characters.")


@strawberry.input(description="The visit that is done.")
class CompleteVisitInput:
    visit_id: strawberry.ID = strawberry.field(description="The visit.")


@strawberry.input(description="A time for a visit that has none.")
class PlaceVisitInput:
    visit_id: strawberry.ID = strawberry.field(description="An unplaced visit.")
    start: datetime = strawberry.field(description="When it begins.")
    staff_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who comes; by default the plan's staff, or whose turn it is."
    )
    outside_hours: bool = strawberry.field(
        default=False, description="Whether it may lie outside working hours; never over other visits."
    )


@strawberry.input(description="Another time of day, or another person, from a visit on. Dates stay.")
class ChangeVisitsInput:
    visit_id: strawberry.ID = strawberry.field(description="The first visit that changes.")
    scope: Scope = strawberry.field(description="This one alone, or this and all later ones.")
    time: Time | None = strawberry.field(default=None, description="Wall-clock time, on the business's grid.")
    staff_id: strawberry.ID | None = strawberry.field(default=None, description="Who comes.")
    outside_hours: bool = strawberry.field(
        default=False, description="Whether visits may lie outside working hours; never over other visits."
    )


@strawberry.input(description="Another time for one visit.")
class RequestVisitChangeInput(VisitNameInput):
    requested_date: date = strawberry.field(description="Wanted date, in the business's time zone.")
    requested_time: Time = strawberry.field(description="Wanted time, in the business's time zone.")
    reason: str = strawberry.field(default="", description="Why, at most 500 characters.")
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")


@strawberry.input(description="The visit whose waiting request is taken back.")
class WithdrawVisitChangeInput(VisitNameInput):
    pass


@strawberry.type(description="Answer with a visit of a plan.")
class VisitPayload(Payload):
    @strawberry_django.field(description="The visit as it is now.")
    def visit(self) -> Visit | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer to placing a visit.")
class PlaceVisitPayload(VisitPayload):
    alternatives: list[Alternative] = strawberry.field(
        default_factory=list, description="Where the time can't be had: up to five others."
    )


@strawberry.type(description="Answer with a request for another time of a visit.")
class VisitChangePayload(Payload):
    @strawberry_django.field(description="The request as it is now.")
    def change_request(self) -> VisitChangeRequest | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer to approving a change of a visit.")
class ApproveVisitChangePayload(VisitChangePayload):
    alternatives: list[Alternative] = strawberry.field(
        default_factory=list, description="Where the time can't be had: up to five others."
    )


def _named(info: Info, input: Any) -> dict[str, Any]:
    return {
        "viewer": info.context.viewer,
        "visit_id": decode_optional_id(input.visit_id, "Visit", ("visit_id",)),
        "tracking_token": input.tracking_token,
        "sequence": input.sequence,
        "address": info.context.address,
        "now": info.context.now,
    }


def _review(info: Info, input: ReviewChangeInput) -> dict[str, Any]:
    return {
        "viewer": info.context.viewer,
        "change_id": decode_id(input.change_request_id, "VisitChangeRequest", ("change_request_id",)),
        "note": input.note,
        "now": info.context.now,
    }


@strawberry.type
class VisitsMutation:
    @mutation(
        description="Find a place for the visits of an active plan that have none; as often as one likes, what has a "
        "place keeps it. Admins and managers."
    )
    def generate_visits(self, info: Info, input: GenerateVisitsInput) -> SubscriptionPayload:
        plan = actions.generate_visits(
            viewer=info.context.viewer,
            subscription_id=decode_id(input.subscription_id, "SubscriptionPlan", ("subscription_id",)),
            now=info.context.now,
        )
        return SubscriptionPayload(row=plan)

    @mutation(
        description="Leave one visit out; it is not made up for. Guests by token and customers until its deadline, the "
        "office until it begins."
    )
    def skip_visit(self, info: Info, input: SkipVisitInput) -> VisitPayload:
        return VisitPayload(row=actions.skip_visit(**_named(info, input), reason=input.reason))

    @mutation(description="A visit is done, and its plan counts it. Its member of staff, admins and managers.")
    def complete_visit(self, info: Info, input: CompleteVisitInput) -> VisitPayload:
        visit_id = decode_id(input.visit_id, "Visit", ("visit_id",))
        visit = actions.complete_visit(viewer=info.context.viewer, visit_id=visit_id, now=info.context.now)
        return VisitPayload(row=visit)

    @mutation(description="Give an unplaced visit its time by hand. Admins and managers.")
    def place_visit(self, info: Info, input: PlaceVisitInput) -> PlaceVisitPayload:
        visit = actions.place_visit(
            viewer=info.context.viewer,
            visit_id=decode_id(input.visit_id, "Visit", ("visit_id",)),
            start=input.start,
            staff_id=decode_optional_id(input.staff_id, "Staff", ("staff_id",)),
            outside_hours=input.outside_hours,
            now=info.context.now,
        )
        return PlaceVisitPayload(row=visit)

    @mutation(
        description="Another time of day or another person for one visit, or for it and all later ones: all of them or "
        "none. Admins and managers."
    )
    def change_visits(self, info: Info, input: ChangeVisitsInput) -> SubscriptionPayload:
        plan = actions.change_visits(
            viewer=info.context.viewer,
            visit_id=decode_id(input.visit_id, "Visit", ("visit_id",)),
            scope=input.scope,
            at=input.time,
            staff_id=decode_optional_id(input.staff_id, "Staff", ("staff_id",)),
            outside_hours=input.outside_hours,
            now=info.context.now,
        )
        return SubscriptionPayload(row=plan)

    @mutation(
        description="Ask for another time of one visit. Guests by token and customers until its deadline, the office "
        "until it begins. One request of a visit waits at a time."
    )
    def request_visit_change(self, info: Info, input: RequestVisitChangeInput) -> VisitChangePayload:
        change = actions.request_visit_change(
            **_named(info, input),
            requested_date=input.requested_date,
            requested_time=input.requested_time,
            reason=input.reason,
            idempotency_key=input.idempotency_key,
        )
        return VisitChangePayload(row=change)

    @mutation(description="Take back the request of a visit that waits. Guests by token, customers, and the office.")
    def withdraw_visit_change(self, info: Info, input: WithdrawVisitChangeInput) -> VisitChangePayload:
        return VisitChangePayload(row=actions.withdraw_visit_change(**_named(info, input)))

    @mutation(description="Give one visit the wanted time, and leave the others where they are. Admins and managers.")
    def approve_visit_change(self, info: Info, input: ReviewChangeInput) -> ApproveVisitChangePayload:
        change = actions.approve_visit_change(**_review(info, input), outside_hours=input.outside_hours)
        return ApproveVisitChangePayload(row=change)

    @mutation(description="Leave a visit where it is, and say why. Admins and managers.")
    def reject_visit_change(self, info: Info, input: ReviewChangeInput) -> VisitChangePayload:
        return VisitChangePayload(row=actions.reject_visit_change(**_review(info, input)))
