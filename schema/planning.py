"""Plans before they are made: what is asked for, and what would come of it."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import strawberry

from backend.core.errors import Refusals
from backend.scheduling.rules import DayReason
from backend.subscriptions import queries
from backend.subscriptions.queries import PlanRequest
from backend.subscriptions.rules import Frequency, Placement
from schema.availability import People
from schema.context import Info
from schema.customers import AddressInput, GuestInput
from schema.enums import declare
from schema.ids import decode_id, decode_optional_id
from schema.money import Money, money
from schema.payloads import UserError, user_errors
from schema.staff import Staff

declare(
    Frequency,
    name="Frequency",
    description="How often somebody comes.",
    values={
        Frequency.WEEKLY: "Every 7 days.",
        Frequency.BIWEEKLY: "Every 14 days.",
        Frequency.MONTHLY: "On the same day of each month, or the last that a shorter month has.",
    },
)


@strawberry.type(description="A visit that a plan would get.")
class PreviewedVisit:
    placement: strawberry.Private[Placement]
    people: strawberry.Private[People]
    sequence: int = strawberry.field(description="Place in the plan, from 1.")
    nominal_date: date = strawberry.field(description="When it is due by the plan's rhythm.")
    moved: bool = strawberry.field(description="Whether it lies at another time, or with somebody else, than wanted.")
    reason: DayReason | None = strawberry.field(description="Why it was moved, or found no time.")

    @strawberry.field(description="Start, in UTC; null where no time was found.")
    def start(self) -> datetime | None:
        return None if self.placement.slot is None else self.placement.slot.start

    @strawberry.field(description="End of the work, in UTC.")
    def end(self) -> datetime | None:
        return None if self.placement.slot is None else self.placement.slot.end

    @strawberry.field(description="Who would come.")
    def staff(self, info: Info) -> Staff | None:
        slot = self.placement.slot
        return None if slot is None else self.people.get(slot.staff_id, info)  # type: ignore[return-value]


@strawberry.type(description="A plan as it would come out today. Null and empty where it could not be had at all.")
class SubscriptionPreview:
    end_date: date | None = strawberry.field(default=None, description="First date after the last period.")
    total_visits: int | None = strawberry.field(default=None, description="How many visits there would be.")
    price_per_visit: Money | None = strawberry.field(default=None, description="Price of one visit.")
    subtotal: Money | None = strawberry.field(default=None, description="Price of one visit times visits.")
    discount: Money | None = strawberry.field(default=None, description="What the coupon takes off the whole plan.")
    total: Money | None = strawberry.field(default=None, description="Subtotal less discount.")
    visits: list[PreviewedVisit] = strawberry.field(
        default_factory=list, description="Every visit, with the time and staff that it would have today."
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="What is wrong with the plan, or with the coupon beside the price without it."
    )

    @classmethod
    def of(cls, preview: queries.PlanPreview) -> "SubscriptionPreview":
        """In the types of the API."""
        placements, currency = preview.placements, preview.currency
        people = People({each.slot.staff_id for each in placements if each.slot is not None})
        return cls(
            end_date=preview.end_date,
            total_visits=len(placements),
            price_per_visit=money(preview.price, currency),
            subtotal=money(preview.subtotal, currency),
            discount=money(preview.discount, currency),
            total=money(preview.total, currency),
            visits=[_previewed(each, people) for each in placements],
            user_errors=user_errors(Refusals(preview.refusals)),
        )


def _previewed(placement: Placement, people: People) -> PreviewedVisit:
    return PreviewedVisit(
        placement=placement,
        people=people,
        sequence=placement.due.sequence,
        nominal_date=placement.due.date,
        moved=placement.is_moved,
        reason=placement.reason,
    )


@strawberry.input
class _Plan:
    """What previewing and making a plan both ask for."""

    service_id: strawberry.ID = strawberry.field(description="What is to be done.")
    frequency: Frequency = strawberry.field(description="How often somebody comes.")
    duration_months: int = strawberry.field(description="For how many months, 1 to 12.")
    start_date: date = strawberry.field(description="First date, in the business's time zone.")
    preferred_time: time | None = strawberry.field(
        default=None, description="Wall-clock time of the visits, on the business's grid; without it, the day's first."
    )
    preferred_staff_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who should come, if it matters; its own price counts then."
    )
    extra_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Extras of the service, each at most once, with every visit."
    )
    coupon_code: str | None = strawberry.field(default=None, description="A coupon, for the whole plan.")
    address: AddressInput | None = strawberry.field(default=None, description="Where; or `addressId`.")
    address_id: strawberry.ID | None = strawberry.field(
        default=None, description="One of the customer's own addresses."
    )
    guest: GuestInput | None = strawberry.field(
        default=None, description="Who it is for; none for a signed-in customer, or one that the office names."
    )

    def _decoded(self, browser: str = "") -> dict[str, Any]:
        return {
            "service_id": decode_id(self.service_id, "Service", ("service_id",)),
            "extra_ids": _decode_extras(self.extra_ids),
            "frequency": self.frequency,
            "duration_months": self.duration_months,
            "start_date": self.start_date,
            "preferred_time": self.preferred_time,
            "preferred_staff_id": decode_optional_id(self.preferred_staff_id, "Staff", ("preferred_staff_id",)),
            "guest": self.guest.decoded(browser=browser) if self.guest else None,
            "address": self.address.decoded() if self.address else None,
            "address_id": decode_optional_id(self.address_id, "Address", ("address_id",)),
            "coupon_code": self.coupon_code,
        }


@strawberry.input(description="A plan to look at before it is made. Prices are the server's.")
class SubscriptionPlanInput(_Plan):
    postcode: str | None = strawberry.field(
        default=None, description="Enough for a preview, instead of an address: a whole postcode or an outward code."
    )
    email: str | None = strawberry.field(default=None, description="Who asks: some coupons are for some.")

    def decoded(self) -> PlanRequest:
        """As the domain takes it."""
        return PlanRequest(**self._decoded(), postcode=self.postcode)


@strawberry.input(description="A plan. Prices are the server's: there is no way to give one.")
class CreateSubscriptionInput(_Plan):
    customer_id: strawberry.ID | None = strawberry.field(
        default=None, description="The customer that the office makes it for."
    )
    notes: str = strawberry.field(default="", description="What should be known, at most 2,000 characters.")
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")

    def decoded(self, *, browser: str) -> PlanRequest:
        """As the domain takes it, for a guest whose browser speaks this."""
        customer_id = decode_optional_id(self.customer_id, "Customer", ("customer_id",))
        return PlanRequest(**self._decoded(browser), customer_id=customer_id, notes=self.notes)


def _decode_extras(given: Sequence[strawberry.ID]) -> tuple[int, ...]:
    return tuple(decode_id(each, "ServiceExtra", ("extra_ids", place)) for place, each in enumerate(given))
