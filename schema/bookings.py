"""Direct bookings: one visit booked on the spot, followed by its token, moved, called off."""

from datetime import datetime
from typing import Annotated

import strawberry
import strawberry_django

from backend.scheduling import actions
from backend.scheduling.actions import BookingRequest, RescheduleRequest
from backend.scheduling.queries import appointments_visible_to
from backend.scheduling.queries import bookings as queries
from schema.context import Info
from schema.customers import AddressInput, GuestInput
from schema.ids import decode_id, decode_optional_id
from schema.named import VERSION, NamesVisit
from schema.payloads import mutation
from schema.scheduling import Alternative, Appointment, AppointmentPayload


@strawberry.input(description="A visit to be booked on the spot. Prices are the server's: there is no way to give one.")
class BookAppointmentInput:
    service_id: strawberry.ID = strawberry.field(description="What is to be done.")
    staff_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who should come, at its own price and pace; by default anyone."
    )
    start: datetime = strawberry.field(description="When it begins: a time that `availability` offers.")
    extra_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Extras of the service, each at most once."
    )
    guest: GuestInput | None = strawberry.field(default=None, description="Who books; none for a signed-in customer.")
    customer_id: strawberry.ID | None = strawberry.field(
        default=None, description="On whose behalf the office books. Admins, and managers with MANAGE_ORDERS."
    )
    address: AddressInput | None = strawberry.field(default=None, description="Where; or `addressId`.")
    address_id: strawberry.ID | None = strawberry.field(default=None, description="One of the customer's addresses.")
    notes: str = strawberry.field(default="", description="What should be known, at most 2,000 characters.")
    hold_token: str | None = strawberry.field(
        default=None, description="The token of `holdSlot`, if this very visit is held."
    )
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")

    def decoded(self, *, browser: str) -> BookingRequest:
        """As the domain takes it, for a guest whose browser speaks this."""
        return BookingRequest(
            service_id=decode_id(self.service_id, "Service", ("service_id",)),
            start=self.start,
            staff_id=decode_optional_id(self.staff_id, "Staff", ("staff_id",)),
            extra_ids=tuple(
                decode_id(extra_id, "ServiceExtra", ("extra_ids", number))
                for number, extra_id in enumerate(self.extra_ids)
            ),
            customer_id=decode_optional_id(self.customer_id, "Customer", ("customer_id",)),
            guest=self.guest.decoded(browser=browser) if self.guest else None,
            address=self.address.decoded() if self.address else None,
            address_id=decode_optional_id(self.address_id, "Address", ("address_id",)),
            notes=self.notes,
            hold_token=self.hold_token,
        )


@strawberry.input(description="Another time for a visit, named by its id or by its tracking token.")
class RescheduleAppointmentInput(NamesVisit):
    start: datetime = strawberry.field(description="The new start.")
    staff_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who should come; by default the same person if it can, else anyone."
    )
    version: int | None = strawberry.field(default=None, description=VERSION)
    reason: str = strawberry.field(
        default="", description="Why, at most 500 characters; the office has to say after the customer's deadline."
    )
    outside_hours: bool = strawberry.field(
        default=False,
        description="Whether the visit may lie outside working hours, never over visits or absences. The office alone.",
    )


@strawberry.input(description="The visit to call off: by its id, or by its tracking token.")
class CancelAppointmentInput(NamesVisit):
    reason: str = strawberry.field(default="", description="Why, at most 500 characters; the office has to say.")
    version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="The visit that waits for the office's word.")
class ConfirmAppointmentInput:
    appointment_id: strawberry.ID = strawberry.field(description="A pending visit.")
    version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="The guest's booking that the signed-in customer takes over.")
class LinkGuestAppointmentInput:
    tracking_token: str = strawberry.field(description="The booking's token.")


@strawberry.type(description="Answer to booking or moving a visit.")
class BookedAppointmentPayload(AppointmentPayload):
    alternatives: list[Alternative] = strawberry.field(
        default_factory=list,
        description="Where the time can't be had: up to five others that can. The wanted person on that day first, "
        "then others on that day, then the next days.",
    )


@strawberry.type
class BookingsQuery:
    @strawberry_django.field(
        description="The direct booking that a tracking token opens; null for a wrong one, and long after its end. "
        "Public, limited by network address."
    )
    def track_appointment(
        self,
        info: Info,
        tracking_token: Annotated[str, strawberry.argument(description="The token from the confirmation mail.")],
    ) -> Appointment | None:
        return queries.track_appointment(  # type: ignore[return-value]
            tracking_token=tracking_token, address=info.context.address, now=info.context.now
        )

    @strawberry_django.field(description="A visit by its id; null for what is not there or not to be seen.")
    def appointment(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
    ) -> Appointment | None:
        appointment_id = decode_id(id, "Appointment", ("id",))
        return appointments_visible_to(info.context.viewer).filter(pk=appointment_id)  # type: ignore[return-value]


@strawberry.type
class BookingsMutation:
    @mutation(
        description="Book one visit at a time that `availability` offers: as a guest, as the signed-in customer, or by "
        "the office for either. Its time is taken at once. The same `idempotencyKey` with the same input gives the "
        "same visit back. Public."
    )
    def book_appointment(self, info: Info, input: BookAppointmentInput) -> BookedAppointmentPayload:
        appointment = actions.book_appointment(
            viewer=info.context.viewer,
            request=input.decoded(browser=info.context.guest_language),
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return BookedAppointmentPayload(row=appointment, opened=True)

    @mutation(
        description="Give a visit another time, in one step. Guests by token and customers move a direct booking until "
        "its deadline, a few times; the office any visit until the work begins."
    )
    def reschedule_appointment(self, info: Info, input: RescheduleAppointmentInput) -> BookedAppointmentPayload:
        appointment = actions.reschedule_appointment(
            viewer=info.context.viewer,
            request=RescheduleRequest(
                appointment_id=decode_optional_id(input.appointment_id, "Appointment", ("appointment_id",)),
                tracking_token=input.tracking_token,
                start=input.start,
                staff_id=decode_optional_id(input.staff_id, "Staff", ("staff_id",)),
                version=input.version,
                reason=input.reason,
                outside_hours=input.outside_hours,
            ),
            address=info.context.address,
            now=info.context.now,
        )
        return BookedAppointmentPayload(row=appointment, opened=input.tracking_token is not None)

    @mutation(
        description="Call a visit off and free its time. Guests by token and customers until the deadline; the office "
        "always, with a reason."
    )
    def cancel_appointment(self, info: Info, input: CancelAppointmentInput) -> AppointmentPayload:
        appointment = actions.cancel_appointment(
            **input.asked(info),
            reason=input.reason,
            version=input.version,
        )
        return AppointmentPayload(row=appointment, opened=input.tracking_token is not None)

    @mutation(description="Promise a visit that waits for the office. Admins, and managers with MANAGE_ORDERS.")
    def confirm_appointment(self, info: Info, input: ConfirmAppointmentInput) -> AppointmentPayload:
        appointment = actions.confirm_appointment(
            viewer=info.context.viewer,
            appointment_id=decode_id(input.appointment_id, "Appointment", ("appointment_id",)),
            version=input.version,
            now=info.context.now,
        )
        return AppointmentPayload(row=appointment)

    @mutation(description="Take over a guest's direct booking: for the customer whose verified e-mail is the guest's.")
    def link_guest_appointment(self, info: Info, input: LinkGuestAppointmentInput) -> AppointmentPayload:
        appointment = actions.link_guest_appointment(
            viewer=info.context.viewer,
            tracking_token=input.tracking_token,
            address=info.context.address,
            now=info.context.now,
        )
        return AppointmentPayload(row=appointment)
