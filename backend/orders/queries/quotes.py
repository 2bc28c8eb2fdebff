"""What a cart costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from backend.catalogue import queries as catalogue
from backend.catalogue.rules import ApprovalStatus
from backend.core.business import business
from backend.core.errors import Refusal
from backend.core.money import ZERO
from backend.core.viewer import Viewer
from backend.coupons.errors import CouponRefused
from backend.coupons.queries import coupon_by_code, terms_of
from backend.coupons.rules import Line as CouponLine
from backend.coupons.rules import discount, first_objection
from backend.customers.queries import email_of
from backend.orders.rules import (
    CartItem,
    ExtraFacts,
    Line,
    PriceList,
    ServiceFacts,
    price_cart,
    subtotal_of,
)
from backend.staff import queries as staff


@dataclass(frozen=True, slots=True)
class Quote:
    """What a cart costs now, and which parts of the question had to be left out of it."""

    subtotal: Decimal
    discount: Decimal
    total: Decimal
    currency: str
    refusals: Sequence[Refusal] = ()


def quote_order(
    *, viewer: Viewer, items: Sequence[CartItem], coupon_code: str | None, email: str | None = None, now: datetime
) -> Quote:
    """The price of a cart. A coupon that can't be used is a refusal, its first reason, beside the price without it.

    A coupon's uses are counted by the signed-in customer's e-mail, or by `email`; without either nobody is known to
    have used it. Raises everything that is wrong with the items, as placing the order would.
    """
    lines = price_cart(items, price_list(items))
    subtotal, off, refusals = subtotal_of(lines), ZERO, list[Refusal]()
    if (coupon_code or "").strip():
        if viewer.customer_id is not None:
            email = email_of(viewer.customer_id)
        try:
            off = _discount(coupon_code or "", lines, email, now)
        except CouponRefused as refusal:
            refusals = [refusal]
    return Quote(subtotal, off, subtotal - off, business().currency, refusals)


def _discount(code: str, lines: Sequence[Line], email: str | None, now: datetime) -> Decimal:
    """What a coupon would take off now; CouponRefused for the first reason against it."""
    terms = terms_of(coupon_by_code(code), email=email)
    on = [CouponLine(line.service_id, line.total_price) for line in lines]
    objection = first_objection(terms, on, now)
    if objection is not None:
        raise objection
    return discount(terms, on)


def price_list(items: Sequence[CartItem]) -> PriceList:
    """What the server knows about everything that the cart names. Three statements."""
    services = catalogue.services_by_id(item.service_id for item in items)
    extras = catalogue.extras_by_id(extra_id for item in items for extra_id in item.extra_ids)
    offers = staff.active_offers(services)
    return PriceList(
        services={
            key: ServiceFacts(
                id=key,
                price=row.price,
                duration_minutes=row.duration_minutes,
                buffer_minutes=row.buffer_minutes,
                is_approved=row.approval_status == ApprovalStatus.APPROVED,
                is_bookable=row.is_bookable and row.category.is_shown,
            )
            for key, row in services.items()
        },
        extras={
            key: ExtraFacts(
                id=key,
                service_id=row.service_id,
                name=row.name,
                price=row.price,
                duration_minutes=row.duration_minutes,
                is_active=row.is_active,
            )
            for key, row in extras.items()
        },
        offers={key: terms.price_override for key, terms in offers.items()},
    )
