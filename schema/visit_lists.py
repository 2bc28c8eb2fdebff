"""Which visits a list holds, and in which order."""

from datetime import datetime

import strawberry
import strawberry_django
from django.db.models import Q

from backend.core.text import search_text
from backend.scheduling.models import Appointment as AppointmentModel
from backend.scheduling.rules import AppointmentStatus, AppointmentType
from schema.context import Info
from schema.enums import declare
from schema.ids import decode_id
from schema.scopes import require_contacts

# Orders stand in the same places, and clients ask for both statuses in one selection (`node`): one enum for both.
declare(
    AppointmentStatus,
    name="BookingStatus",
    description="Where an order or a visit stands.",
    values={
        AppointmentStatus.PENDING: "It waits for the office.",
        AppointmentStatus.CONFIRMED: "It is agreed: somebody comes.",
        AppointmentStatus.IN_PROGRESS: "The work has begun.",
        AppointmentStatus.COMPLETED: "The work is done.",
        AppointmentStatus.CANCELLED: "It was called off.",
        AppointmentStatus.NO_SHOW: "Somebody came, and met nobody. Visits only.",
    },
)
declare(
    AppointmentType,
    name="AppointmentType",
    description="What a visit came from.",
    values={
        AppointmentType.SINGLE: "It was booked on the spot, without an order.",
        AppointmentType.ORDER_ITEM: "It is an item of an order.",
        AppointmentType.SUBSCRIPTION: "It is a visit of a plan.",
    },
)


@strawberry_django.filter_type(AppointmentModel, description="Which visits.")
class AppointmentFilter:
    @strawberry_django.filter_field(name="from", description="Only visits that start at this instant or later.")
    def start_from(self, value: datetime, prefix: str) -> Q:
        return Q(**{f"{prefix}start__gte": value})

    @strawberry_django.filter_field(name="to", description="Only visits that start before this instant.")
    def start_to(self, value: datetime, prefix: str) -> Q:
        return Q(**{f"{prefix}start__lt": value})

    @strawberry_django.filter_field(description="Only visits in this state.")
    def status(self, value: AppointmentStatus, prefix: str) -> Q:
        return Q(**{f"{prefix}status": value})

    @strawberry_django.filter_field(description="Only visits of this member of staff.")
    def staff_id(self, value: strawberry.ID, prefix: str) -> Q:
        return Q(**{f"{prefix}staff_id": decode_id(value, "Staff", ("filters", "staff_id"))})

    @strawberry_django.filter_field(description="Only visits for this service.")
    def service_id(self, value: strawberry.ID, prefix: str) -> Q:
        return Q(**{f"{prefix}service_id": decode_id(value, "Service", ("filters", "service_id"))})

    @strawberry_django.filter_field(description="Only visits that came from this.")
    def type(self, value: AppointmentType, prefix: str) -> Q:
        return Q(**{f"{prefix}type": value})

    @strawberry_django.filter_field(
        description="Only visits whose customer's name, e-mail, phone or postcode, or whose service contains this, in "
        "any case."
    )
    def search(self, info: Info, value: str, prefix: str) -> Q:
        require_contacts(info.context.viewer)
        text = search_text(value)
        fields = ("contact_name", "contact_email", "contact_phone", "postcode")
        found = Q(**{f"{prefix}service__name__icontains": text})
        for field in fields:
            found |= Q(**{f"{prefix}booking__{field}__icontains": text})
        return found


@strawberry_django.order_type(AppointmentModel, description="The order of visits.")
class AppointmentOrder:
    start: strawberry.auto
    created_at: strawberry.auto
