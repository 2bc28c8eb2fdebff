"""Staff, their hours, absences, services and areas, as the API shows them."""

from datetime import time
from typing import Any

import strawberry
import strawberry_django
from django.db.models import Q, QuerySet

from backend.core.business import business
from backend.core.files import link_to
from backend.core.text import search_text
from backend.core.viewer import Viewer
from backend.geography.rules import format_postcode
from backend.staff import queries
from backend.staff.models import ScheduleException as ScheduleExceptionModel
from backend.staff.models import Staff as StaffModel
from backend.staff.models import StaffArea, StaffSchedule
from backend.staff.models import StaffService as StaffServiceModel
from backend.staff.models import TimeOff as TimeOffModel
from backend.staff.queries import sees_all_of
from backend.staff.rules import DayOfWeek, read_breaks
from schema.catalogue import Service
from schema.connections import Connection
from schema.context import Info
from schema.enums import declare
from schema.ids import decode_id
from schema.money import Money, money
from schema.nested import Nested
from schema.nodes import VisibleNode
from schema.uploads import LINK

declare(
    DayOfWeek,
    name="DayOfWeek",
    description="A weekday.",
    values={
        DayOfWeek.MONDAY: "Monday.",
        DayOfWeek.TUESDAY: "Tuesday.",
        DayOfWeek.WEDNESDAY: "Wednesday.",
        DayOfWeek.THURSDAY: "Thursday.",
        DayOfWeek.FRIDAY: "Friday.",
        DayOfWeek.SATURDAY: "Saturday.",
        DayOfWeek.SUNDAY: "Sunday.",
    },
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

    @strawberry_django.field(only=["photo"], description=f"Its picture, a square WebP: {LINK} Null without one.")
    def photo_url(self, info: Info) -> str | None:
        return link_to(self.photo, now=info.context.now) if self.photo else None  # type: ignore[attr-defined]

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
