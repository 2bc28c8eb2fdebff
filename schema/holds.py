"""Holding a time while a form is filled in."""

from datetime import datetime

import strawberry
import strawberry_django

from backend.scheduling import actions
from backend.scheduling.actions import HeldSlot as Held
from backend.scheduling.actions import SlotRequest
from backend.staff.queries import staff_rows
from schema.context import Info
from schema.ids import decode_id, decode_optional_id
from schema.money import Money, money
from schema.payloads import Payload, mutation
from schema.scheduling import Alternative
from schema.staff import Staff


@strawberry.input(description="The time to hold.")
class HoldSlotInput:
    service_id: strawberry.ID = strawberry.field(description="What is to be done.")
    staff_id: strawberry.ID | None = strawberry.field(default=None, description="Who is to come; by default anyone.")
    start: datetime = strawberry.field(description="A start that `availability` offers.")
    postcode: str = strawberry.field(description="Where, as a whole postcode or an outward code.")
    extra_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Extras of the service; they take time, too."
    )
    email: str = strawberry.field(default="", description="The guest's e-mail, if it is known by now.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Makes a repeated request safe: the same hold comes back, with a new token."
    )


@strawberry.input(description="The hold to give back.")
class ReleaseSlotInput:
    token: str = strawberry.field(description="The token that `holdSlot` gave.")


@strawberry.type(description="A time that is kept for whoever has the token.")
class HeldSlot:
    held: strawberry.Private[Held]

    @strawberry.field(description="Give it to the booking or the order. It is shown this once.")
    def token(self) -> str:
        return self.held.token

    @strawberry.field(description="When the time is let go, in UTC.")
    def expires_at(self) -> datetime:
        return self.held.expires_at

    @strawberry.field(description="Start, in UTC.")
    def start(self) -> datetime:
        return self.held.start

    @strawberry.field(description="End of the work, in UTC; a pause may follow it.")
    def end(self) -> datetime:
        return self.held.end

    @strawberry.field(description="What it costs when this member of staff comes, extras included.")
    def price(self) -> Money:
        return money(self.held.price)

    @strawberry_django.field(description="Who would come.")
    def staff(self) -> Staff:
        return staff_rows({self.held.staff_id})  # type: ignore[return-value]


@strawberry.type(description="Answer with a held time.")
class HoldSlotPayload(Payload):
    hold: HeldSlot | None = strawberry.field(default=None, description="The time that is held.")
    alternatives: list[Alternative] = strawberry.field(
        default_factory=list, description="Where the time can't be had: up to five others, the nearest first."
    )


@strawberry.type(description="Answer to giving a time back.")
class ReleaseSlotPayload(Payload):
    released: bool = strawberry.field(default=False, description="Whether it was still held.")


@strawberry.type
class HoldsMutation:
    @mutation(
        description="Keep a time for some minutes, so that nobody else books it meanwhile. One network address and one "
        "e-mail hold a few at once: TOO_MANY_HOLDS. Public."
    )
    def hold_slot(self, info: Info, input: HoldSlotInput) -> HoldSlotPayload:
        held = actions.hold_slot(
            viewer=info.context.viewer,
            request=SlotRequest(
                service_id=decode_id(input.service_id, "Service", ("service_id",)),
                staff_id=decode_optional_id(input.staff_id, "Staff", ("staff_id",)),
                start=input.start,
                postcode=input.postcode,
                extra_ids=tuple(
                    decode_id(extra_id, "ServiceExtra", ("extra_ids", position))
                    for position, extra_id in enumerate(input.extra_ids)
                ),
                email=input.email,
            ),
            idempotency_key=input.idempotency_key,
            address=info.context.address,
            now=info.context.now,
        )
        return HoldSlotPayload(hold=HeldSlot(held=held))

    @mutation(description="Give a held time back before it is let go. Twice is no error. Whoever has the token.")
    def release_slot(self, info: Info, input: ReleaseSlotInput) -> ReleaseSlotPayload:
        return ReleaseSlotPayload(released=actions.release_slot(token=input.token, now=info.context.now))
