"""Visits, bookable times, and the schedule of the day."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
import strawberry_django
from django.db.models import Prefetch, QuerySet

from backend.calendars import queries as calendars
from backend.calendars.rules import Provider
from backend.core.viewer import Viewer
from backend.events.queries import log_end
from backend.orders.permissions import sees_order_of_visit
from backend.scheduling import actions, queries
from backend.scheduling.models import Appointment as AppointmentModel
from backend.scheduling.permissions import party_of, sees_contact, sees_internal, sees_photos
from backend.scheduling.rules import (
    AppointmentStatus,
    AppointmentType,
    Party,
    PaymentStatus,
    objection_to_cancelling,
    objection_to_rescheduling,
)
from backend.staff.queries import staff_rows
from backend.subscriptions.permissions import sees_plan_of_visit
from schema.catalogue import Service
from schema.connections import Connection
from schema.context import Info
from schema.cursors import encode_cursor
from schema.customers import PostalAddress
from schema.enums import declare
from schema.ids import decode_id, decode_optional_id
from schema.money import Money, money
from schema.named import VERSION
from schema.nodes import VisibleNode
from schema.payloads import Payload, mutation, reread
from schema.photos import PHOTOS, CompletionPhoto
from schema.staff import Staff, StaffPayload, TimeOff
from schema.staff_changes import StaffChangingPayload
from schema.visit_lists import AppointmentFilter, AppointmentOrder
from schema.visits_in_the_way import VisitsInTheWay

if TYPE_CHECKING:
    from schema.orders import Order
    from schema.subscriptions import Visit

declare(
    PaymentStatus,
    name="PaymentStatus",
    description="What has been paid for a visit.",
    values={
        PaymentStatus.UNPAID: "Nothing was paid.",
        PaymentStatus.PARTIALLY_PAID: "A part was paid.",
        PaymentStatus.PAID: "All of it was paid.",
        PaymentStatus.REFUNDED: "What was paid was given back.",
    },
)


_AGREEMENT = [
    "status",
    "type",
    "booking__customer_id",
    "booking__cancellation_deadline",
    "booking__reschedule_deadline",
    "booking__reschedules",
    "booking__max_reschedules",
]
"""What is read to say whether a visit can be changed."""


def _party(row: Any, info: Info) -> Party:
    return party_of(info.context.viewer, row, is_opened=getattr(row, "is_opened", False))


@strawberry.type(description="Whom a visit is for, as given when it was booked.")
class VisitContact:
    name: str = strawberry.field(description="Name of the customer or guest.")
    email: str = strawberry.field(description="E-mail of the customer or guest.")
    phone: str = strawberry.field(description="Phone of the customer or guest; may be empty.")


@strawberry.type(description="An extra of a visit, as it was when it was booked.")
class BookedExtra:
    name: str = strawberry.field(description="What is added.")
    price: Money = strawberry.field(description="What it adds to the price.")
    duration_minutes: int = strawberry.field(description="Minutes that it adds.")

    @classmethod
    def of(cls, kept: Mapping[str, Any], currency: str) -> "BookedExtra":
        """From what a booking or a plan keeps of it."""
        return cls(
            name=kept["name"], price=money(Decimal(kept["price"]), currency), duration_minutes=kept["duration_minutes"]
        )


@strawberry_django.type(
    AppointmentModel,
    filters=AppointmentFilter,
    ordering=AppointmentOrder,
    description="A visit: one member of staff doing one service at one address.",
)
class Appointment(VisibleNode):
    service: Service
    staff: Staff
    start: strawberry.auto
    on_the_way_at: strawberry.auto
    end: strawberry.auto
    buffer_minutes: strawberry.auto
    version: strawberry.auto
    notes: strawberry.auto
    created_at: strawberry.auto

    @strawberry_django.field(only=["status"], description="Where the visit stands.")
    def status(self) -> AppointmentStatus:
        return AppointmentStatus(self.status)

    @strawberry_django.field(only=["type"], description="What it came from.")
    def type(self) -> AppointmentType:
        return AppointmentType(self.type)

    @strawberry_django.field(
        only=["internal_notes", "staff_id"],
        description="Notes of staff and office. For its member of staff and the office; null for others.",
    )
    def internal_notes(self, info: Info) -> str | None:
        return self.internal_notes if sees_internal(info.context.viewer, self) else None  # type: ignore[arg-type]

    @strawberry_django.field(
        only=[
            "staff_id",
            "booking__customer_id",
            "booking__contact_name",
            "booking__contact_email",
            "booking__contact_phone",
        ],
        select_related=["booking"],
        description="Whom it is for. For its member of staff, the office, the customer itself and whoever holds the "
        "tracking token; null for others.",
    )
    def customer(self, info: Info) -> VisitContact | None:
        booking = self.booking  # type: ignore[attr-defined]
        is_opened = getattr(self, "is_opened", False)
        if not is_opened and not sees_contact(info.context.viewer, self, booking.customer_id):  # type: ignore[arg-type]
            return None
        return VisitContact(name=booking.contact_name, email=booking.contact_email, phone=booking.contact_phone)

    @strawberry_django.field(
        only=["booking__line1", "booking__line2", "booking__city", "booking__postcode", "booking__country"],
        select_related=["booking"],
        description="Where it is, as given when it was booked.",
    )
    def address(self) -> PostalAddress:
        return PostalAddress.of(self.booking)  # type: ignore[attr-defined]

    @strawberry_django.field(
        only=["booking__price", "booking__currency"], select_related=["booking"], description="What the visit costs."
    )
    def price(self) -> Money:
        return money(self.booking.price, self.booking.currency)  # type: ignore[attr-defined]

    @strawberry_django.field(
        only=["booking__payment_status"], select_related=["booking"], description="What has been paid for it."
    )
    def payment_status(self) -> PaymentStatus:
        return PaymentStatus(self.booking.payment_status)  # type: ignore[attr-defined]

    @strawberry_django.field(
        only=["booking__extras", "booking__currency"],
        select_related=["booking"],
        description="What was added to the service.",
    )
    def extras(self) -> list[BookedExtra]:
        booking = self.booking  # type: ignore[attr-defined]
        return [BookedExtra.of(extra, booking.currency) for extra in booking.extras]

    @strawberry_django.field(
        only=["booking__cancellation_deadline"],
        select_related=["booking"],
        description="Until when the customer may cancel it, in UTC.",
    )
    def cancellation_deadline(self) -> datetime:
        return self.booking.cancellation_deadline  # type: ignore[attr-defined, no-any-return]

    @strawberry_django.field(
        only=["booking__reschedule_deadline"],
        select_related=["booking"],
        description="Until when the customer may move it, in UTC.",
    )
    def reschedule_deadline(self) -> datetime:
        return self.booking.reschedule_deadline  # type: ignore[attr-defined, no-any-return]

    @strawberry_django.field(
        only=_AGREEMENT,
        select_related=["booking"],
        description="Whether the viewer could cancel it now: customer and guest until the deadline, the office while "
        "it is open.",
    )
    def can_cancel(self, info: Info) -> bool:
        party = _party(self, info)
        if party is Party.OTHER:
            return False
        agreement = self.booking.agreement  # type: ignore[attr-defined]
        return objection_to_cancelling(agreement, party=party, now=info.context.now) is None

    @strawberry_django.field(
        only=_AGREEMENT,
        select_related=["booking"],
        description="Whether the viewer could move it now: customer and guest a direct booking until the deadline, a "
        "few times; the office until the work begins. Visits of orders and plans are moved by a change request.",
    )
    def can_reschedule(self, info: Info) -> bool:
        party = _party(self, info)
        if party is Party.OTHER:
            return False
        agreement = self.booking.agreement  # type: ignore[attr-defined]
        return objection_to_rescheduling(agreement, party=party, now=info.context.now) is None

    @strawberry_django.field(
        only=["booking__tracking_token", "booking__customer_id"],
        select_related=["booking"],
        description="Opens this direct booking to whoever holds it. For its customer, whoever holds it and the office; "
        "null for others, and for visits of orders and plans.",
    )
    def tracking_token(self, info: Info) -> str | None:
        if _party(self, info) is Party.OTHER:
            return None
        return self.booking.tracking_token  # type: ignore[attr-defined, no-any-return]

    @strawberry_django.field(
        only=["staff_id", "booking__customer_id"],
        select_related=["booking"],
        prefetch_related=[PHOTOS],
        description="Pictures of the work, in their order; thirty at most. For its member of staff, the "
        "office, the customer and whoever holds the tracking token; empty for others.",
    )
    def completion_photos(self, info: Info) -> list[CompletionPhoto]:
        is_opened = getattr(self, "is_opened", False)
        if not sees_photos(info.context.viewer, self, is_opened=is_opened):  # type: ignore[arg-type]
            return []
        return PHOTOS.of(self, info)

    @strawberry_django.field(
        field_name="order_item__order",
        select_related=["order_item__order"],
        description="The order that it came from, if any; managers need MANAGE_ORDERS to see it.",
    )
    def order(self, info: Info) -> Annotated["Order", strawberry.lazy("schema.orders")] | None:
        item = getattr(self, "order_item", None)
        return item.order if item is not None and sees_order_of_visit(info.context.viewer) else None

    @strawberry_django.field(
        field_name="visit",
        select_related=["visit"],
        description="The visit of a plan that it is, if any; managers need MANAGE_ORDERS to see it.",
    )
    def visit(self, info: Info) -> Annotated["Visit", strawberry.lazy("schema.subscriptions")] | None:
        return getattr(self, "visit", None) if sees_plan_of_visit(info.context.viewer) else None

    @strawberry_django.field(
        only=["id"],
        prefetch_related=[
            lambda info: Prefetch(
                "calendar_events",
                queryset=calendars.standing_entries(info.context.viewer),
                to_attr="standing_entries",
            )
        ],
        description="In calendars of which providers it stands as it is now: in the viewer's own, for admins in "
        "anybody's.",
    )
    def calendar_synced_to(self, info: Info) -> list[Provider]:
        entries = getattr(self, "standing_entries", None)
        if entries is None:  # a row that no query of this field has fetched
            entries = calendars.standing_entries(info.context.viewer).filter(appointment_id=self.pk)  # type: ignore[attr-defined]
        return sorted({Provider(entry.connection.provider) for entry in entries})

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.appointments_visible_to(viewer)


@strawberry.type(description="A time that could be had instead, when this was answered.")
class Alternative:
    """Resolved from the domain's `Alternative` as it is."""

    staff_id: strawberry.Private[int]
    start: datetime = strawberry.field(description="Start, in UTC.")
    end: datetime = strawberry.field(description="End of the work, in UTC.")

    @strawberry_django.field(description="Who would come.")
    def staff(self) -> Staff:
        return staff_rows({self.staff_id})  # type: ignore[return-value]


@strawberry.type(description="Visits of some days, and where the live feed goes on from there.")
class Schedule:
    rows: strawberry.Private[QuerySet[AppointmentModel]]
    cursor: str = strawberry.field(description="With it, `scheduleEvents(after:)` misses nothing that is not here.")

    @strawberry_django.field(description="Visits that reach into the time asked for, by start.")
    def appointments(self) -> list[Appointment]:
        return self.rows  # type: ignore[return-value]


@strawberry.type
class SchedulingQuery:
    @strawberry_django.connection(
        Connection[Appointment],
        description="Visits: customers see their own, staff those of their day, managers those of whom they manage.",
    )
    def appointments(self, info: Info) -> QuerySet[AppointmentModel]:
        return queries.appointments_visible_to(info.context.viewer)

    @strawberry.field(description="The visits of one's day, or of those that one manages; with a cursor to stay live.")
    def schedule(
        self,
        info: Info,
        start: Annotated[datetime, strawberry.argument(name="from", description="First instant.")],
        end: Annotated[
            datetime, strawberry.argument(name="to", description="First instant after; at most 62 days on.")
        ],
        staff_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only this member of staff; by default all visible.")
        ] = None,
    ) -> Schedule:
        cursor = log_end()  # before the rows: what they don't show yet will be among the events
        rows = queries.schedule(
            info.context.viewer, start, end, staff_id=decode_optional_id(staff_id, "Staff", ("staff_id",))
        )
        return Schedule(rows=rows, cursor=encode_cursor(cursor))


@strawberry.input(description="The visit to start.")
class StartAppointmentInput:
    appointment_id: strawberry.ID = strawberry.field(description="The visit.")
    version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="The visit to which somebody is on the way.")
class AnnounceArrivalInput(StartAppointmentInput):
    minutes: int | None = strawberry.field(
        default=None, description="In how many minutes it will be there, 1 to 240; the customer is told the time."
    )


@strawberry.input(description="The visit that is done.")
class CompleteAppointmentInput(StartAppointmentInput):
    pass


@strawberry.input(description="The visit that nobody was there for.")
class MarkNoShowInput(StartAppointmentInput):
    pass


@strawberry.input(description="A note about a visit.")
class AddInternalNoteInput:
    appointment_id: strawberry.ID = strawberry.field(description="The visit.")
    text: str = strawberry.field(description="What staff and office should know, at most 2000 characters.")
    version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="A stretch of absence.")
class AddTimeOffInput:
    staff_id: strawberry.ID = strawberry.field(description="Who will be away.")
    start: datetime = strawberry.field(description="First instant away.")
    end: datetime = strawberry.field(description="First instant back.")
    reason: str = strawberry.field(default="", description="Why, for the office; at most 200 characters.")
    reassign: bool = strawberry.field(
        default=False,
        description="Give visits in that time to colleagues at their own times, all or none; else they refuse this.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")


@strawberry.input(description="The absence to take back.")
class RemoveTimeOffInput:
    time_off_id: strawberry.ID = strawberry.field(description="The absence.")


@strawberry.type(description="Answer with an absence.")
class TimeOffPayload(StaffChangingPayload, VisitsInTheWay):
    @strawberry_django.field(description="The absence.")
    def time_off(self) -> TimeOff | None:
        return reread(self.row)  # type: ignore[no-any-return]


@strawberry.type(description="Answer with a visit.")
class AppointmentPayload(Payload):
    @strawberry_django.field(description="The visit as it is now.")
    def appointment(self) -> Appointment | None:
        return reread(self.row, opened=self.opened)  # type: ignore[no-any-return]


@strawberry.type
class SchedulingMutation:
    @mutation(
        description="Whoever comes is on the way: the customer is told, by mail and SMS. Only of a confirmed visit of "
        "today, and again after a quarter of an hour at the soonest. Its member of staff, admins, and managers with "
        "MANAGE_ORDERS."
    )
    def announce_arrival(self, info: Info, input: AnnounceArrivalInput) -> AppointmentPayload:
        return AppointmentPayload(row=actions.announce_arrival(**_step(info, input), minutes=input.minutes))

    @mutation(description="The work begins. Its member of staff, admins, and managers with MANAGE_ORDERS.")
    def start_appointment(self, info: Info, input: StartAppointmentInput) -> AppointmentPayload:
        return AppointmentPayload(row=actions.start_appointment(**_step(info, input)))

    @mutation(description="The work is done. Its member of staff, admins, and managers with MANAGE_ORDERS.")
    def complete_appointment(self, info: Info, input: CompleteAppointmentInput) -> AppointmentPayload:
        return AppointmentPayload(row=actions.complete_appointment(**_step(info, input)))

    @mutation(description="Nobody was there. Its member of staff, admins, and managers with MANAGE_ORDERS.")
    def mark_no_show(self, info: Info, input: MarkNoShowInput) -> AppointmentPayload:
        return AppointmentPayload(row=actions.mark_no_show(**_step(info, input)))

    @mutation(description="Add a line to a visit's internal notes. As `startAppointment`.")
    def add_internal_note(self, info: Info, input: AddInternalNoteInput) -> AppointmentPayload:
        appointment = actions.add_internal_note(
            viewer=info.context.viewer,
            appointment_id=decode_id(input.appointment_id, "Appointment", ("appointment_id",)),
            text=input.text,
            version=input.version,
        )
        return AppointmentPayload(row=appointment)

    @mutation(
        description="Keep visits away from somebody. Visits in that time are named and stay: TIME_OFF_CONFLICT; with "
        "`reassign` they go to colleagues first, or NO_STAFF_AVAILABLE names those that can't, and nothing changes. "
        "The member of staff itself, whose wish may wait for the office (and is then approved without reassigning), "
        "admins, and managers with MANAGE_STAFF for whom they manage."
    )
    def add_time_off(self, info: Info, input: AddTimeOffInput) -> TimeOffPayload:
        result = actions.enter_time_off(
            viewer=info.context.viewer,
            staff_id=decode_id(input.staff_id, "Staff", ("staff_id",)),
            start=input.start,
            end=input.end,
            reason=input.reason,
            reassign=input.reassign,
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return TimeOffPayload.of(result)  # type: ignore[no-any-return]

    @mutation(
        description="Take an absence back. The member of staff itself, whose wish may wait for the office, admins, and "
        "managers with MANAGE_STAFF for whom they manage."
    )
    def remove_time_off(self, info: Info, input: RemoveTimeOffInput) -> StaffPayload:
        result = actions.take_time_off_back(
            viewer=info.context.viewer,
            time_off_id=decode_id(input.time_off_id, "TimeOff", ("time_off_id",)),
            now=info.context.now,
        )
        return StaffPayload.of(result)  # type: ignore[no-any-return]


def _step(info: Info, input: StartAppointmentInput) -> dict[str, Any]:
    return {
        "viewer": info.context.viewer,
        "appointment_id": decode_id(input.appointment_id, "Appointment", ("appointment_id",)),
        "version": input.version,
        "now": info.context.now,
    }
