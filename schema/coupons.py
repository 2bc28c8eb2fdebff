"""Coupons, for the office. Customers meet them by their code alone."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import strawberry
import strawberry_django
from django.db.models import Q, QuerySet

from backend.core.viewer import Viewer
from backend.coupons import actions, queries
from backend.coupons.actions import CouponTerms
from backend.coupons.models import Coupon as CouponModel
from backend.coupons.models import CouponUsage as CouponUsageModel
from backend.coupons.rules import CouponStatus, DiscountType, status_at
from schema.catalogue import Service
from schema.connections import Connection
from schema.context import Info
from schema.enums import declare
from schema.ids import decode_id
from schema.money import Money, money
from schema.nodes import VisibleNode
from schema.payloads import Payload, mutation, reread

declare(
    DiscountType,
    name="DiscountType",
    description="How `discountValue` is read.",
    values={
        DiscountType.PERCENTAGE: "Percent of what the coupon is for, up to 100.",
        DiscountType.FIXED: "An amount in the business's currency; never more than what it is taken off.",
    },
)
declare(
    CouponStatus,
    name="CouponStatus",
    description="Whether a coupon can be used.",
    values={
        CouponStatus.ACTIVE: "It can be used, within its window.",
        CouponStatus.INACTIVE: "It was switched off.",
        CouponStatus.EXPIRED: "Its window is over.",
    },
)


@strawberry_django.filter_type(CouponModel, description="Which coupons.")
class CouponFilter:
    @strawberry_django.filter_field(description="Only coupons with this status now.")
    def status(self, info: Info, value: CouponStatus, prefix: str) -> Q:
        return queries.with_status(value, info.context.now, prefix)

    @strawberry_django.filter_field(description="Only coupons whose code contains this, in any case.")
    def search(self, value: str, prefix: str) -> Q:
        return Q(**{f"{prefix}code__icontains": value[:40]})


@strawberry_django.order_type(CouponModel, description="The order of coupons.")
class CouponOrder:
    created_at: strawberry.auto
    code: strawberry.auto
    used_count: strawberry.auto


@strawberry_django.type(
    CouponModel, filters=CouponFilter, ordering=CouponOrder, description="A code that takes something off an order."
)
class Coupon(VisibleNode):
    code: strawberry.auto
    discount_value: strawberry.auto
    valid_from: strawberry.auto
    valid_until: strawberry.auto
    max_uses: strawberry.auto
    max_uses_per_customer: strawberry.auto
    used_count: strawberry.auto
    created_at: strawberry.auto
    included_services: list[Service]
    excluded_services: list[Service]

    @strawberry_django.field(only=["discount_type"], description="How `discountValue` is read.")
    def discount_type(self) -> DiscountType:
        return DiscountType(self.discount_type)

    @strawberry_django.field(only=["state", "valid_until"], description="Whether it can be used now.")
    def status(self, info: Info) -> CouponStatus:
        return status_at(self.state, self.valid_until, info.context.now)  # type: ignore[attr-defined]

    @strawberry_django.field(only=["minimum_order_amount"], description="Least subtotal of the order.")
    def minimum_order_amount(self) -> Money:
        return money(self.minimum_order_amount)

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.coupons_visible_to(viewer)


@strawberry_django.order_type(CouponUsageModel, description="The order of uses.")
class CouponUsageOrder:
    used_at: strawberry.auto


@strawberry_django.type(
    CouponUsageModel, ordering=CouponUsageOrder, description="One use of a coupon by one person for one order."
)
class CouponUsage(VisibleNode):
    coupon: Coupon
    used_at: strawberry.auto
    given_back_at: strawberry.auto
    person: strawberry.auto

    @strawberry_django.field(only=["amount"], description="What it took off.")
    def amount(self) -> Money:
        return money(self.amount)

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.usages_visible_to(viewer)


@strawberry_django.type(
    CouponModel,
    name="CouponReportLine",
    description="What one coupon gave, in the window that was asked for; fetched by its id, in all time.",
)
class CouponReportLine(VisibleNode):
    code: strawberry.auto

    @strawberry_django.field(description="The coupon.")
    def coupon(self) -> Coupon:
        return self  # type: ignore[return-value]

    @strawberry.field(description="How often it was used, without what was given back.")
    def uses(self) -> int:
        return self.uses  # type: ignore[no-any-return]

    @strawberry.field(description="How many uses were given back, because their orders fell through or dropped it.")
    def given_back(self) -> int:
        return self.given_back  # type: ignore[no-any-return]

    @strawberry.field(description="What it took off, in sum.")
    def discount_given(self) -> Money:
        return money(self.discount_given)

    @strawberry.field(description="What the orders cost that it was used for, after the discount, in sum; plans aside.")
    def order_totals(self) -> Money:
        return money(self.order_totals)

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.report_rows(viewer)


@strawberry.type
class CouponsQuery:
    @strawberry_django.connection(
        Connection[Coupon], description="All coupons, the newest first. Admins, and managers who see reports."
    )
    def coupons(self, info: Info) -> QuerySet[CouponModel]:
        return queries.coupons_for_office(info.context.viewer)

    @strawberry_django.connection(
        Connection[CouponUsage],
        description="Uses of coupons, the newest first. Admins, and managers who see reports.",
    )
    def coupon_usages(
        self,
        info: Info,
        coupon_id: Annotated[strawberry.ID | None, strawberry.argument(description="Only uses of this one.")] = None,
    ) -> QuerySet[CouponUsageModel]:
        usages = queries.usages_for_office(info.context.viewer)
        if coupon_id is None:
            return usages
        return usages.filter(coupon_id=decode_id(coupon_id, "Coupon", ("coupon_id",)))

    @strawberry_django.connection(
        Connection[CouponReportLine],
        description="The discounts given: each coupon that was used in the window, by code, with its uses and sums. "
        "Admins, and managers who see reports.",
    )
    def coupon_report(
        self,
        info: Info,
        from_: Annotated[
            date | None, strawberry.argument(name="from", description="First date of use, in the business's time zone.")
        ] = None,
        to: Annotated[date | None, strawberry.argument(description="Last date of use, itself included.")] = None,
    ) -> QuerySet[CouponModel]:
        return queries.coupon_report(info.context.viewer, first=from_, last=to)


@strawberry.input(description="A coupon as it should be.")
class CreateCouponInput:
    code: str = strawberry.field(description="What customers type, in any case: letters, digits, - and _.")
    discount_type: DiscountType = strawberry.field(description="How `discountValue` is read.")
    discount_value: Decimal = strawberry.field(description="Percent up to 100, or an amount.")
    valid_from: datetime | None = strawberry.field(default=None, description="First instant that it can be used.")
    valid_until: datetime | None = strawberry.field(default=None, description="Last instant that it can be used.")
    max_uses: int | None = strawberry.field(default=None, description="How often in all; any number if left out.")
    max_uses_per_customer: int | None = strawberry.field(
        default=None, description="How often by one person; any number if left out."
    )
    minimum_order_amount: Decimal = strawberry.field(
        default=Decimal("0.00"), description="Least subtotal of the order."
    )
    service_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Applies to these services only; to all where empty."
    )
    excluded_service_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Never applies to these services."
    )
    idempotency_key: str | None = strawberry.field(default=None, description="Makes a repeated request safe.")


@strawberry.input(description="New terms for a coupon: all of them replace what was.")
class UpdateCouponInput(CreateCouponInput):
    coupon_id: strawberry.ID = strawberry.field(description="The coupon.")


@strawberry.input(description="The coupon to switch off.")
class DeactivateCouponInput:
    coupon_id: strawberry.ID = strawberry.field(description="The coupon.")


@strawberry.input(description="The coupon to switch on again.")
class ActivateCouponInput:
    coupon_id: strawberry.ID = strawberry.field(description="The coupon.")


@strawberry.type(description="Answer with a coupon.")
class CouponPayload(Payload):
    @strawberry_django.field(description="The coupon as it is now.")
    def coupon(self) -> Coupon | None:
        return reread(self.row)  # type: ignore[no-any-return]


def _terms(given: CreateCouponInput) -> CouponTerms:
    return CouponTerms(
        code=given.code,
        discount_type=given.discount_type,
        discount_value=given.discount_value,
        valid_from=given.valid_from,
        valid_until=given.valid_until,
        max_uses=given.max_uses,
        max_uses_per_customer=given.max_uses_per_customer,
        minimum_order_amount=given.minimum_order_amount,
        service_ids=[decode_id(each, "Service", ("service_ids", i)) for i, each in enumerate(given.service_ids)],
        excluded_service_ids=[
            decode_id(each, "Service", ("excluded_service_ids", i)) for i, each in enumerate(given.excluded_service_ids)
        ],
    )


@strawberry.type
class CouponsMutation:
    @mutation(description="Make a coupon. Admins.")
    def create_coupon(self, info: Info, input: CreateCouponInput) -> CouponPayload:
        coupon = actions.create_coupon(
            viewer=info.context.viewer,
            terms=_terms(input),
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return CouponPayload(row=coupon)

    @mutation(description="Replace a coupon's terms. Orders keep the discount that they got. Admins.")
    def update_coupon(self, info: Info, input: UpdateCouponInput) -> CouponPayload:
        coupon = actions.update_coupon(
            viewer=info.context.viewer,
            coupon_id=decode_id(input.coupon_id, "Coupon", ("coupon_id",)),
            terms=_terms(input),
            now=info.context.now,
        )
        return CouponPayload(row=coupon)

    @mutation(description="Switch a coupon off. Admins.")
    def deactivate_coupon(self, info: Info, input: DeactivateCouponInput) -> CouponPayload:
        coupon = actions.set_coupon_active(
            viewer=info.context.viewer,
            coupon_id=decode_id(input.coupon_id, "Coupon", ("coupon_id",)),
            is_active=False,
            now=info.context.now,
        )
        return CouponPayload(row=coupon)

    @mutation(description="Switch a coupon on again. Admins.")
    def activate_coupon(self, info: Info, input: ActivateCouponInput) -> CouponPayload:
        coupon = actions.set_coupon_active(
            viewer=info.context.viewer,
            coupon_id=decode_id(input.coupon_id, "Coupon", ("coupon_id",)),
            is_active=True,
            now=info.context.now,
        )
        return CouponPayload(row=coupon)
