"""Staff: who works, when, where, and what."""

from datetime import date as Date  # a field is called `date`
from datetime import time
from decimal import Decimal
from typing import Any

import strawberry
import strawberry_django
from django.db.models import Q, QuerySet

from backend.core.business import business
from backend.core.text import search_text
from backend.core.viewer import Viewer
from backend.geography.rules import format_postcode
from backend.staff import actions, queries
from backend.staff.actions import StaffChanges
from backend.staff.models import ScheduleException as ScheduleExceptionModel
from backend.staff.models import Staff as StaffModel
from backend.staff.models import StaffArea, StaffSchedule
from backend.staff.models import StaffService as StaffServiceModel
from backend.staff.models import TimeOff as TimeOffModel
from backend.staff.queries import sees_all_of
from backend.staff.rules import Break, DayHours, DayOfWeek, read_breaks
from schema.catalogue import Service
from schema.connections import Connection
from schema.context import Info
from schema.ids import decode_id, decode_optional_id
from schema.money import Money, money
from schema.nested import Nested
from schema.nodes import VisibleNode
from schema.payloads import Payload, mutation, reread
from schema.staff_changes import StaffChangingPayload
from schema.visits_in_the_way import GIVE_AWAY, VisitsInTheWay

strawberry.enum(DayOfWeek, name="DayOfWeek", description="A weekday.")

_KEEPERS = (
    "The member of staff itself, admins, and managers who may manage it. Its own change may wait for the office: "
    "`outcome` says so."
)
_GATED = "Null unless the viewer is this person or manages it."


@strawberry.type(description="A pause in the working day.")
class WorkingBreak:
    start: time = strawberry.field(description="Start, wall clock.")
    end: time = strawberry.field(description="End, wall clock.")


@strawberry_django.type(StaffSchedule, description="The working hours of one weekday, in the business's time zone.")
class WorkingHours:
    start: strawberry.auto
    end: strawberry.auto

    @strawberry_django.field(only=["day_of_week"], description="The weekday.")
    def day_of_week(self) -> DayOfWeek:
        return DayOfWeek.of(self.day_of_week)

    @strawberry_django.field(only=["breaks"], description="Pauses, in their order.")
    def breaks(self) -> list[WorkingBreak]:
        return [WorkingBreak(start=each.start, end=each.end) for each in read_breaks(self.breaks)]


@strawberry_django.type(ScheduleExceptionModel, description="A date on which the week does not hold.")
class ScheduleException(VisibleNode):
    date: strawberry.auto
    start: strawberry.auto
    end: strawberry.auto
    reason: strawberry.auto

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.exceptions_visible_to(viewer)


@strawberry_django.type(StaffServiceModel, description="That a member of staff offers a service, and at which terms.")
class StaffService(VisibleNode):
    service: Service
    duration_override_minutes: strawberry.auto

    @strawberry_django.field(only=["price_override"], description="Price instead of the service's; null for its own.")
    def price_override(self) -> Money | None:
        return None if self.price_override is None else money(self.price_override)

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.offers_visible_to(viewer)


@strawberry_django.type(StaffArea, description="A circle that a member of staff serves.")
class ServiceArea(VisibleNode):
    latitude: strawberry.auto
    longitude: strawberry.auto

    @strawberry_django.field(only=["postcode"], description="Centre: a postcode, or an outward code.")
    def postcode(self) -> str:
        return format_postcode(self.postcode)

    @strawberry_django.field(only=["radius_miles"], description="Radius in statute miles.")
    def radius_miles(self) -> float:
        return float(self.radius_miles)

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.areas_visible_to(viewer)


@strawberry_django.type(TimeOffModel, description="A stretch of absence.")
class TimeOff(VisibleNode):
    start: strawberry.auto
    end: strawberry.auto
    reason: strawberry.auto
    created_at: strawberry.auto

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.time_off_visible_to(viewer)


_WEEK = Nested("schedules", lambda info: queries.week_visible_to(info.context.viewer))
_EXCEPTIONS = Nested(
    "exceptions", lambda info: queries.exceptions_from(info.context.viewer, business().today(info.context.now))
)
_OFFERS = Nested("services", lambda info: queries.offers_visible_to(info.context.viewer))
_AREAS = Nested("areas", lambda info: queries.areas_visible_to(info.context.viewer))
_ABSENCES = Nested("time_off", lambda info: queries.time_off_from(info.context.viewer, info.context.now))


@strawberry_django.filter_type(StaffModel, description="Which staff.")
class StaffFilter:
    @strawberry_django.filter_field(description="Only staff who offer this service.")
    def service(self, value: strawberry.ID, prefix: str) -> Q:
        service_id = decode_id(value, "Service", ("filters", "service"))
        return Q(**{f"{prefix}pk__in": queries.staff_offering(service_id).values("pk")})

    @strawberry_django.filter_field(description="Only staff whose name contains this, in any case.")
    def search(self, value: str, prefix: str) -> Q:
        return Q(**{f"{prefix}name__icontains": search_text(value)})

    @strawberry_django.filter_field(description="Only active staff, or only inactive ones.")
    def is_active(self, value: bool, prefix: str) -> Q:  # noqa: FBT001
        return Q(**{f"{prefix}is_active": value})


@strawberry_django.order_type(StaffModel, description="The order of staff.")
class StaffOrder:
    name: strawberry.auto
    created_at: strawberry.auto


@strawberry_django.type(
    StaffModel,
    name="Staff",
    filters=StaffFilter,
    ordering=StaffOrder,
    description="A member of staff. Everyone sees its name and text, the rest is for itself and whoever manages it.",
)
class Staff(VisibleNode):
    name: strawberry.auto
    bio: strawberry.auto

    @strawberry_django.field(only=["email"], description=f"Work e-mail. {_GATED}")
    def email(self, info: Info) -> str | None:
        return self.email if sees_all_of(info.context.viewer, self.pk) else None  # type: ignore[attr-defined]

    @strawberry_django.field(only=["phone"], description=f"Work phone. {_GATED}")
    def phone(self, info: Info) -> str | None:
        return self.phone if sees_all_of(info.context.viewer, self.pk) else None  # type: ignore[attr-defined]

    @strawberry_django.field(only=["is_active"], description=f"Inactive staff get no new visits. {_GATED}")
    def is_active(self, info: Info) -> bool | None:
        return self.is_active if sees_all_of(info.context.viewer, self.pk) else None  # type: ignore[attr-defined]

    @strawberry_django.field(
        only=["max_visits_per_day"],
        description=f"Visits that a date may hold at most; null also where as many as fit. {_GATED}",
    )
    def max_visits_per_day(self, info: Info) -> int | None:
        return self.max_visits_per_day if sees_all_of(info.context.viewer, self.pk) else None  # type: ignore[attr-defined]

    @strawberry_django.field(
        prefetch_related=[_WEEK],
        description=f"The week, from Monday; a weekday that is missing is free. {_GATED}",
    )
    def working_hours(self, info: Info) -> list[WorkingHours] | None:
        return _WEEK.of(self, info) if sees_all_of(info.context.viewer, self.pk) else None  # type: ignore[attr-defined]

    @strawberry_django.field(
        prefetch_related=[_EXCEPTIONS],
        description=f"Dates off or with other hours, from today on. {_GATED}",
    )
    def schedule_exceptions(self, info: Info) -> list[ScheduleException] | None:
        return _EXCEPTIONS.of(self, info) if sees_all_of(info.context.viewer, self.pk) else None  # type: ignore[attr-defined]

    @strawberry_django.field(
        prefetch_related=[_OFFERS],
        description=f"What it offers, by the service's name. {_GATED}",
    )
    def services(self, info: Info) -> list[StaffService] | None:
        return _OFFERS.of(self, info) if sees_all_of(info.context.viewer, self.pk) else None  # type: ignore[attr-defined]

    @strawberry_django.field(
        prefetch_related=[_AREAS],
        description=f"Where it works. {_GATED}",
    )
    def areas(self, info: Info) -> list[ServiceArea] | None:
        return _AREAS.of(self, info) if sees_all_of(info.context.viewer, self.pk) else None  # type: ignore[attr-defined]

    @strawberry_django.field(
        prefetch_related=[_ABSENCES],
        description=f"Absences that are not over. {_GATED}",
    )
    def time_off(self, info: Info) -> list[TimeOff] | None:
        return _ABSENCES.of(self, info) if sees_all_of(info.context.viewer, self.pk) else None  # type: ignore[attr-defined]

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.staff_visible_to(viewer)


@strawberry.type
class StaffQuery:
    @strawberry_django.connection(
        Connection[Staff], description="Active staff; whoever manages inactive ones sees those as well. Public."
    )
    def staff_members(self, info: Info) -> QuerySet[StaffModel]:
        return queries.staff_visible_to(info.context.viewer)


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
