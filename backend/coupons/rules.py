"""When a coupon helps, whom, and by how much. Pure: plain facts in, a decision out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from backend.core.money import ZERO, to_cents
from backend.coupons.errors import (
    CouponExpired,
    CouponInactive,
    CouponMinimumNotMet,
    CouponNotForServices,
    CouponNotStarted,
    CouponRefused,
    CouponUsedByCustomer,
    CouponUsedUp,
)

HUNDRED = Decimal(100)


class DiscountType(StrEnum):
    """How `discount_value` is read."""

    PERCENTAGE = "PERCENTAGE"
    FIXED = "FIXED"


class CouponState(StrEnum):
    """What the office set. Stored."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class CouponStatus(StrEnum):
    """What people see: EXPIRED follows from the clock and is never stored."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Terms:
    """A coupon as plain values. `used_by_person` counts the uses, not given back, of whoever asks."""

    state: CouponState
    discount_type: DiscountType
    discount_value: Decimal
    valid_from: datetime | None
    valid_until: datetime | None
    max_uses: int | None
    max_uses_per_customer: int | None
    used_count: int
    used_by_person: int
    minimum_order_amount: Decimal
    included_services: frozenset[int]
    excluded_services: frozenset[int]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order."""

    service_id: int
    total: Decimal


def normalise_code(code: str) -> str:
    """Codes are typed in any case and with stray spaces."""
    return code.strip().upper()


def status_at(state: str, valid_until: datetime | None, now: datetime) -> CouponStatus:
    """What the coupon is at `now`. The last instant of the window is still inside."""
    if state == CouponState.INACTIVE:
        return CouponStatus.INACTIVE
    return CouponStatus.EXPIRED if valid_until is not None and now > valid_until else CouponStatus.ACTIVE


def discounted_lines(terms: Terms, lines: Sequence[Line]) -> list[Line]:
    """The lines that the coupon applies to: all, or those included, less those excluded."""
    return [
        line
        for line in lines
        if (not terms.included_services or line.service_id in terms.included_services)
        and line.service_id not in terms.excluded_services
    ]


def first_objection(terms: Terms, lines: Sequence[Line], now: datetime) -> CouponRefused | None:
    """Why the coupon does not help, by the order of `seeds/000…`: state, window, uses, person, minimum, services."""
    if terms.state == CouponState.INACTIVE:
        return CouponInactive()
    if terms.valid_from is not None and now < terms.valid_from:
        return CouponNotStarted()
    if terms.valid_until is not None and now > terms.valid_until:
        return CouponExpired()
    if terms.max_uses is not None and terms.used_count >= terms.max_uses:
        return CouponUsedUp()
    if terms.max_uses_per_customer is not None and terms.used_by_person >= terms.max_uses_per_customer:
        return CouponUsedByCustomer()
    subtotal = sum((line.total for line in lines), ZERO)
    if subtotal < terms.minimum_order_amount:
        return CouponMinimumNotMet(f"This coupon needs an order of at least {terms.minimum_order_amount}.")
    if not discounted_lines(terms, lines):
        return CouponNotForServices()
    return None


def discount(terms: Terms, lines: Sequence[Line]) -> Decimal:
    """What the coupon takes off: never more than the lines that it applies to."""
    base = sum((line.total for line in discounted_lines(terms, lines)), ZERO)
    if terms.discount_type == DiscountType.PERCENTAGE:
        return to_cents(base * terms.discount_value / HUNDRED)
    return min(to_cents(terms.discount_value), base)
