"""What orders and plans have in common: for whom they are, where, and at what price."""

import strawberry
import strawberry_django

from schema.customers import PostalAddress
from schema.money import Money, money
from schema.nodes import VisibleNode

PRIVATE = "For its owner, whoever holds its tracking token, and the office; null for others."
"""Ends the description of a field that only they see."""


@strawberry.type
class Agreement(VisibleNode):
    version: strawberry.auto
    guest_name: strawberry.auto
    guest_phone: strawberry.auto
    guest_language: strawberry.auto
    notes: strawberry.auto
    created_at: strawberry.auto
    confirmed_at: strawberry.auto
    completed_at: strawberry.auto
    cancelled_at: strawberry.auto
    account_linked_at: strawberry.auto

    @strawberry_django.field(
        only=["line1", "line2", "city", "postcode", "country"],
        description="Where the work is, as it was given; a later change of the customer's addresses does not touch it.",
    )
    def address(self) -> PostalAddress:
        return PostalAddress.of(self)

    @strawberry_django.field(only=["subtotal", "currency"], description="Price of everything, before any coupon.")
    def subtotal(self) -> Money:
        return money(self.subtotal, self.currency)  # type: ignore[attr-defined]

    @strawberry_django.field(only=["discount", "currency"], description="What a coupon takes off the subtotal.")
    def discount(self) -> Money:
        return money(self.discount, self.currency)  # type: ignore[attr-defined]

    @strawberry_django.field(only=["total", "currency"], description="Subtotal less discount.")
    def total(self) -> Money:
        return money(self.total, self.currency)  # type: ignore[attr-defined]

    @strawberry_django.field(only=["coupon_code"], description="The coupon that was used, if any.")
    def coupon_code(self) -> str | None:
        return self.coupon_code or None
