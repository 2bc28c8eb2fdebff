"""Coupons, and what one would take off."""

from datetime import date, datetime, time, timedelta

from django.db.models import Count, DecimalField, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from backend.core import clock
from backend.core.business import business
from backend.core.errors import FieldPath, InvalidInput, NotFound
from backend.core.invariants import rows_that
from backend.core.money import ZERO
from backend.core.persons import person_key
from backend.core.viewer import Permission, Viewer
from backend.coupons.errors import CouponUnknown
from backend.coupons.models import Coupon, CouponUsage
from backend.coupons.permissions import require_see_coupons
from backend.coupons.rules import CouponState, CouponStatus, DiscountType, Terms, normalise_code


def coupons_visible_to(viewer: Viewer) -> QuerySet[Coupon]:
    """All for admins and for managers who see reports; customers type codes and see none."""
    return Coupon.objects.all() if viewer.may(Permission.VIEW_REPORTS) else Coupon.objects.none()


def coupons_for_office(viewer: Viewer) -> QuerySet[Coupon]:
    """As `coupons_visible_to`, but NotSignedIn or NotAllowed for who sees none."""
    require_see_coupons(viewer)
    return coupons_visible_to(viewer)


def usages_for_office(viewer: Viewer) -> QuerySet[CouponUsage]:
    """As `usages_visible_to`, but NotSignedIn or NotAllowed for who sees none."""
    require_see_coupons(viewer)
    return usages_visible_to(viewer)


def usages_visible_to(viewer: Viewer) -> QuerySet[CouponUsage]:
    """As the coupons themselves."""
    return CouponUsage.objects.filter(coupon__in=coupons_visible_to(viewer))


def coupon_report(viewer: Viewer, *, first: date | None = None, last: date | None = None) -> QuerySet[Coupon]:
    """Coupons that were used from `first` to `last`, both included, by code, with what they gave.

    Dates are the business's, and those on which the coupons were used. Each row carries `uses` and, of them,
    `discount_given` and `order_totals` (what their orders cost after the discount, plans aside); and `given_back`, the
    uses that count no more. NotSignedIn or NotAllowed; InvalidInput for a window that ends before it begins.
    """
    require_see_coupons(viewer)
    if first is not None and last is not None and last < first:
        raise InvalidInput("The window ends before it begins.", ("to",))
    return report_rows(viewer, first=first, last=last)


def report_rows(viewer: Viewer, *, first: date | None = None, last: date | None = None) -> QuerySet[Coupon]:
    """As `coupon_report`, and nothing for who may not see it."""
    zone = business().zone
    within = Q()
    if first is not None:
        within &= Q(usages__used_at__gte=clock.instant(first, time.min, zone))
    if last is not None:
        within &= Q(usages__used_at__lt=clock.instant(last + timedelta(days=1), time.min, zone))
    live, back = within & Q(usages__given_back_at=None), within & Q(usages__given_back_at__isnull=False)
    none = Value(ZERO, output_field=DecimalField(max_digits=14, decimal_places=2))
    rows = coupons_visible_to(viewer).annotate(
        uses=Count("usages", filter=live),
        given_back=Count("usages", filter=back),
        discount_given=Coalesce(Sum("usages__amount", filter=live), none),
        order_totals=Coalesce(Sum("usages__order__total", filter=live), none),
    )
    return rows.filter(Q(uses__gt=0) | Q(given_back__gt=0)).order_by("code", "pk")


def coupon_for(viewer: Viewer, coupon_id: int, *, field: FieldPath = (), lock: bool = False) -> Coupon:
    """The visible coupon, or NotFound."""
    rows = coupons_visible_to(viewer)
    coupon = (rows.select_for_update(no_key=True) if lock else rows).filter(pk=coupon_id).first()
    if coupon is None:
        raise NotFound("There is no such coupon.", field)
    return coupon


def coupon_by_code(code: str) -> Coupon:
    """The coupon that a customer typed, or CouponUnknown."""
    coupon = Coupon.objects.filter(code=normalise_code(code)).first()
    if coupon is None:
        raise CouponUnknown
    return coupon


def terms_of(coupon: Coupon, *, email: str | None, excluding_order: int | None = None) -> Terms:
    """A coupon as its rules read it. Without an e-mail nobody is known to have used it.

    `excluding_order` leaves that order's own use out, for pricing it again.
    """
    used = 0
    total = coupon.used_count
    live = CouponUsage.objects.filter(coupon=coupon, given_back_at=None)
    if excluding_order is not None and live.filter(order_id=excluding_order).exists():
        total -= 1
        live = live.exclude(order_id=excluding_order)
    if email:
        used = live.filter(person=person_key(email)).count()
    return Terms(
        state=CouponState(coupon.state),
        discount_type=DiscountType(coupon.discount_type),
        discount_value=coupon.discount_value,
        valid_from=coupon.valid_from,
        valid_until=coupon.valid_until,
        max_uses=coupon.max_uses,
        max_uses_per_customer=coupon.max_uses_per_customer,
        used_count=total,
        used_by_person=used,
        minimum_order_amount=coupon.minimum_order_amount,
        included_services=frozenset(coupon.included_services.values_list("pk", flat=True)),
        excluded_services=frozenset(coupon.excluded_services.values_list("pk", flat=True)),
    )


def with_status(status: CouponStatus, now: datetime, prefix: str = "") -> Q:
    """A condition for coupons that have this status at `now`."""
    expired = Q(**{f"{prefix}valid_until__lt": now})
    active = Q(**{f"{prefix}state": CouponState.ACTIVE})
    return {
        CouponStatus.INACTIVE: Q(**{f"{prefix}state": CouponState.INACTIVE}),
        CouponStatus.EXPIRED: active & expired,
        CouponStatus.ACTIVE: active & ~expired,
    }[status]


def offences_of_coupons() -> list[str]:
    """What should never be: a count of uses that is not that of the uses, or more uses than there were."""
    return [
        *rows_that(
            "SELECT c.code, c.used_count, count(u.id) FROM coupons_coupon c LEFT JOIN coupons_couponusage u"
            " ON u.coupon_id = c.id AND u.given_back_at IS NULL GROUP BY c.id"
            " HAVING c.used_count <> count(u.id) ORDER BY 1",
            "{} counts {} uses and has {}.",
        ),
        *rows_that(
            "SELECT code, used_count, max_uses FROM coupons_coupon WHERE used_count > max_uses ORDER BY 1",
            "{} was used {} times of {}.",
        ),
    ]
