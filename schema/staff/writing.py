"""What is done with staff."""

from datetime import date as Date  # a field is called `date`
from datetime import time
from decimal import Decimal

import strawberry
import strawberry_django

from backend.staff import actions
from backend.staff.actions import StaffChanges
from backend.staff.rules import Break, DayHours, DayOfWeek
from schema.context import Info
from schema.ids import decode_id, decode_optional_id
from schema.payloads import Payload, mutation, reread
from schema.staff.types import (
    ScheduleException,
    ServiceArea,
    Staff,
    StaffService,
)
from schema.staff_changes import StaffChangingPayload
from schema.visits_in_the_way import GIVE_AWAY, VisitsInTheWay

_KEEPERS = (
    "The member of staff itself, admins, and managers who may manage it. Its own change may wait for the office: "
    "`outcome` says so."
)


@strawberry.input(description="Somebody to take on.")
class CreateStaffMemberInput:
    name: str = strawberry.field(description="Name shown to customers, at most 200 characters.")
    email: str = strawberry.field(description="Work e-mail; no two members of staff share one.")
    phone: str = strawberry.field(default="", description="Work phone.")
    bio: str = strawberry.field(default="", description="A few lines shown to customers.")
    user_id: strawberry.ID | None = strawberry.field(
        default=None, description="The account to sign in with: one of role STAFF that belongs to nobody yet. Admins."
    )
    max_visits_per_day: int | None = strawberry.field(
        default=None, description="Visits that a date may hold at most, 1 to 100; null for as many as fit."
    )
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")


@strawberry.input(description="Changes to a member of staff. What is left out stays.")
class UpdateStaffMemberInput:
    staff_id: strawberry.ID = strawberry.field(description="The member of staff.")
    name: str | None = strawberry.field(default=None, description="New name.")
    email: str | None = strawberry.field(default=None, description="New work e-mail.")
    phone: str | None = strawberry.field(default=None, description="New work phone.")
    bio: str | None = strawberry.field(default=None, description="New text.")
    user_id: strawberry.ID | None = strawberry.field(default=None, description="The account to link. Admins.")
    is_active: bool | None = strawberry.field(default=None, description="Whether it gets new visits.")
    reassign: bool = strawberry.field(
        default=False,
        description=f"When deactivating: {GIVE_AWAY}",
    )
    max_visits_per_day: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="Visits that a date may hold at most, 1 to 100; null for as many as fit. Booked ones stay.",
    )


@strawberry.input(description="The member of staff who is to get no new visits.")
class DeactivateStaffMemberInput:
    staff_id: strawberry.ID = strawberry.field(description="The member of staff.")
    reassign: bool = strawberry.field(
        default=False,
        description=GIVE_AWAY,
    )


@strawberry.input(description="A pause in the working day.")
class WorkingBreakInput:
    start: time = strawberry.field(description="Start, wall clock.")
    end: time = strawberry.field(description="End, wall clock.")


@strawberry.input(description="The working hours of one weekday.")
class WorkingHoursInput:
    day_of_week: DayOfWeek = strawberry.field(description="The weekday.")
    start: time = strawberry.field(description="Start of work, wall clock in the business's time zone.")
    end: time = strawberry.field(description="End of work, on the same day.")
    breaks: list[WorkingBreakInput] = strawberry.field(default_factory=list, description="Pauses within these hours.")

    def decoded(self) -> DayHours:
        """As the domain takes it."""
        return DayHours(
            day_of_week=self.day_of_week,
            start=self.start,
            end=self.end,
            breaks=tuple(Break(start=each.start, end=each.end) for each in self.breaks),
        )


@strawberry.input(description="A whole week.")
class SetWorkingHoursInput:
    staff_id: strawberry.ID = strawberry.field(description="The member of staff.")
    hours: list[WorkingHoursInput] = strawberry.field(description="The new week; a weekday left out is free.")


@strawberry.input(description="A date on which the week does not hold.")
class SetScheduleExceptionInput:
    staff_id: strawberry.ID = strawberry.field(description="The member of staff.")
    date: Date = strawberry.field(description="The date, today or later.")
    start: time | None = strawberry.field(default=None, description="Start of work that day; none for a day off.")
    end: time | None = strawberry.field(default=None, description="End of work that day; none for a day off.")
    reason: str = strawberry.field(default="", description="Why, at most 200 characters.")


@strawberry.input(description="The exception to remove.")
class RemoveScheduleExceptionInput:
    exception_id: strawberry.ID = strawberry.field(description="The exception.")


@strawberry.input(description="A service for a member of staff to offer.")
class AssignServiceInput:
    staff_id: strawberry.ID = strawberry.field(description="The member of staff.")
    service_id: strawberry.ID = strawberry.field(description="The service.")
    price_override: Decimal | None = strawberry.field(
        default=None, description="Price of one instead of the service's; none for the service's own."
    )
    duration_override_minutes: int | None = strawberry.field(
        default=None, description="Length instead of the service's, 1 to 1440; none for the service's own."
    )


@strawberry.input(description="A service that a member of staff is to offer no longer.")
class UnassignServiceInput:
    staff_id: strawberry.ID = strawberry.field(description="The member of staff.")
    service_id: strawberry.ID = strawberry.field(description="The service.")


@strawberry.input(description="A circle for a member of staff to serve.")
class AddServiceAreaInput:
    staff_id: strawberry.ID = strawberry.field(description="The member of staff.")
    postcode: str = strawberry.field(description="Centre: a postcode, or an outward code.")
    radius_miles: float = strawberry.field(description="Radius in statute miles, to one decimal place, at most 500.")


@strawberry.input(description="The area to remove.")
class RemoveServiceAreaInput:
    area_id: strawberry.ID = strawberry.field(description="The area.")


@strawberry.type(description="Answer with a member of staff.")
class StaffPayload(StaffChangingPayload):
    @strawberry_django.field(description="The member of staff as it is now.")
    def staff(self) -> Staff | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer with a schedule exception.")
class ScheduleExceptionPayload(StaffChangingPayload):
    @strawberry_django.field(description="The exception as it is now.")
    def schedule_exception(self) -> ScheduleException | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer with a service that is offered.")
class AssignServicePayload(Payload):
    @strawberry_django.field(description="The service and the terms as they are now.")
    def assignment(self) -> StaffService | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer with an area.")
class ServiceAreaPayload(StaffChangingPayload):
    @strawberry_django.field(description="The area as it is now.")
    def area(self) -> ServiceArea | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer with a member of staff who may leave, and what keeps it.")
class StaffLeavesPayload(StaffPayload, VisitsInTheWay):
    pass


@strawberry.type
class StaffMutation:
    @mutation(description="Take somebody on. Admins, and managers who may manage staff: they then manage it.")
    def create_staff_member(self, info: Info, input: CreateStaffMemberInput) -> StaffPayload:
        staff = actions.create_staff_member(
            viewer=info.context.viewer,
            name=input.name,
            email=input.email,
            phone=input.phone,
            bio=input.bio,
            user_id=decode_optional_id(input.user_id, "User", ("user_id",)),
            max_visits_per_day=input.max_visits_per_day,
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        info.context.read_viewer_again()  # a manager manages one more than when the request came in
        return StaffPayload(row=staff)

    @mutation(description="Change a member of staff. Admins, and managers who may manage it.")
    def update_staff_member(self, info: Info, input: UpdateStaffMemberInput) -> StaffLeavesPayload:
        staff = actions.update_staff_member(
            viewer=info.context.viewer,
            staff_id=decode_id(input.staff_id, "Staff", ("staff_id",)),
            changes=StaffChanges(
                name=input.name,
                email=input.email,
                phone=input.phone,
                bio=input.bio,
                user_id=decode_optional_id(input.user_id, "User", ("user_id",)),
                is_active=input.is_active,
                max_visits_per_day=None if input.max_visits_per_day is strawberry.UNSET else input.max_visits_per_day,
                is_unlimited=input.max_visits_per_day is None,
            ),
            reassign=input.reassign,
            now=info.context.now,
        )
        return StaffLeavesPayload(row=staff)

    @mutation(
        description="No new visits for a member of staff, and none left: VISITS_AHEAD names those ahead, unless "
        "`reassign` gives them to colleagues. Admins, and managers who may manage it."
    )
    def deactivate_staff_member(self, info: Info, input: DeactivateStaffMemberInput) -> StaffLeavesPayload:
        staff = actions.deactivate_staff_member(
            viewer=info.context.viewer,
            staff_id=decode_id(input.staff_id, "Staff", ("staff_id",)),
            reassign=input.reassign,
            now=info.context.now,
        )
        return StaffLeavesPayload(row=staff)

    @mutation(description=f"Replace the whole week; booked visits stay. {_KEEPERS}")
    def set_working_hours(self, info: Info, input: SetWorkingHoursInput) -> StaffPayload:
        result = actions.set_working_hours(
            viewer=info.context.viewer,
            staff_id=decode_id(input.staff_id, "Staff", ("staff_id",)),
            hours=[day.decoded() for day in input.hours],
            now=info.context.now,
        )
        return StaffPayload.of(result)  # type: ignore[no-any-return]

    @mutation(description=f"Make a date one off or with other hours; booked visits stay. {_KEEPERS}")
    def set_schedule_exception(self, info: Info, input: SetScheduleExceptionInput) -> ScheduleExceptionPayload:
        result = actions.set_schedule_exception(
            viewer=info.context.viewer,
            staff_id=decode_id(input.staff_id, "Staff", ("staff_id",)),
            date=input.date,
            start=input.start,
            end=input.end,
            reason=input.reason,
            now=info.context.now,
        )
        return ScheduleExceptionPayload.of(result)  # type: ignore[no-any-return]

    @mutation(description=f"Let the week hold on a date again. {_KEEPERS}")
    def remove_schedule_exception(self, info: Info, input: RemoveScheduleExceptionInput) -> StaffPayload:
        result = actions.remove_schedule_exception(
            viewer=info.context.viewer,
            exception_id=decode_id(input.exception_id, "ScheduleException", ("exception_id",)),
            now=info.context.now,
        )
        return StaffPayload.of(result)  # type: ignore[no-any-return]

    @mutation(
        description="Let a member of staff offer a service, or change its terms. "
        "Admins, and managers who may manage the member."
    )
    def assign_service(self, info: Info, input: AssignServiceInput) -> AssignServicePayload:
        offer = actions.assign_service(
            viewer=info.context.viewer,
            staff_id=decode_id(input.staff_id, "Staff", ("staff_id",)),
            service_id=decode_id(input.service_id, "Service", ("service_id",)),
            price_override=input.price_override,
            duration_override_minutes=input.duration_override_minutes,
            now=info.context.now,
        )
        return AssignServicePayload(row=offer)

    @mutation(
        description="Let a member of staff offer a service no longer; booked visits stay. "
        "Admins, and managers who may manage the member."
    )
    def unassign_service(self, info: Info, input: UnassignServiceInput) -> StaffPayload:
        staff = actions.unassign_service(
            viewer=info.context.viewer,
            staff_id=decode_id(input.staff_id, "Staff", ("staff_id",)),
            service_id=decode_id(input.service_id, "Service", ("service_id",)),
            now=info.context.now,
        )
        return StaffPayload(row=staff)

    @mutation(description=f"Let a member of staff serve a circle, or change its radius. {_KEEPERS}")
    def add_service_area(self, info: Info, input: AddServiceAreaInput) -> ServiceAreaPayload:
        result = actions.add_service_area(
            viewer=info.context.viewer,
            staff_id=decode_id(input.staff_id, "Staff", ("staff_id",)),
            postcode=input.postcode,
            radius_miles=Decimal(str(input.radius_miles)),
            now=info.context.now,
        )
        return ServiceAreaPayload.of(result)  # type: ignore[no-any-return]

    @mutation(description=f"Let a member of staff serve a circle no longer; booked visits stay. {_KEEPERS}")
    def remove_service_area(self, info: Info, input: RemoveServiceAreaInput) -> StaffPayload:
        result = actions.remove_service_area(
            viewer=info.context.viewer,
            area_id=decode_id(input.area_id, "ServiceArea", ("area_id",)),
            now=info.context.now,
        )
        return StaffPayload.of(result)  # type: ignore[no-any-return]
