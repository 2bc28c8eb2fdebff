"""Making coupons, using them up, and giving uses back."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from backend.audit.actions import forget_parts, forget_values
from backend.catalogue.queries import services_by_id
from backend.core.errors import AlreadyExists, FieldPath, InvalidInput, NotFound, OutOfRange, Refusal, raise_all
from backend.core.idempotency import claim_key, settle_key
from backend.core.money import to_cents
from backend.core.persons import person_key
from backend.core.text import clean_text
from backend.core.transactions import step, use_case
from backend.core.viewer import Viewer
from backend.coupons.errors import CouponUsedByCustomer, CouponUsedUp
from backend.coupons.events import CouponChanged
from backend.coupons.models import Coupon, CouponUsage
from backend.coupons.permissions import require_edit_coupons
from backend.coupons.queries import coupon_by_code, coupon_for, terms_of
from backend.coupons.rules import (
    HUNDRED,
    CouponState,
    DiscountType,
    Line,
    discount,
    first_objection,
    normalise_code,
)
from backend.customers.queries import belongs_to
from backend.customers.rules import DataSubject
from backend.events.actions import emit

MAX_AMOUNT = Decimal("99999.99")


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponTerms:
    """A coupon as it should be; on an update all of it replaces what was."""

    code: str
    discount_type: DiscountType
    discount_value: Decimal
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    max_uses: int | None = None
    max_uses_per_customer: int | None = None
    minimum_order_amount: Decimal = Decimal("0.00")
    service_ids: Sequence[int] = ()
    excluded_service_ids: Sequence[int] = ()


@use_case
def create_coupon(*, viewer: Viewer, terms: CouponTerms, idempotency_key: str | None = None, now: datetime) -> Coupon:
    """A new coupon, usable at once within its window. AlreadyExists where the code is taken, in any case."""
    require_edit_coupons(viewer)
    given = asdict(terms)
    claimed = claim_key(viewer=viewer, operation="createCoupon", key=idempotency_key, given=given, now=now)
    if claimed.result_id is not None:
        return coupon_for(viewer, claimed.result_id)
    coupon = Coupon(state=CouponState.ACTIVE, created_at=now)
    _apply(coupon, terms)
    settle_key(claimed, coupon)
    emit([CouponChanged(coupon_id=coupon.pk, actor_id=viewer.user_id)], now=now)
    return coupon


@use_case
def update_coupon(*, viewer: Viewer, coupon_id: int, terms: CouponTerms, now: datetime) -> Coupon:
    """Replace a coupon's terms. Orders keep the discount that they got; uses stay counted."""
    require_edit_coupons(viewer)
    coupon = coupon_for(viewer, coupon_id, field=("coupon_id",), lock=True)
    if terms.max_uses is not None and terms.max_uses < coupon.used_count:
        raise OutOfRange(f"This coupon was used {coupon.used_count} times already.", ("max_uses",))
    _apply(coupon, terms)
    emit([CouponChanged(coupon_id=coupon.pk, actor_id=viewer.user_id)], now=now)
    return coupon


@use_case
def set_coupon_active(*, viewer: Viewer, coupon_id: int, is_active: bool, now: datetime) -> Coupon:
    """Switch a coupon off, or on again. Doing it twice is no error."""
    require_edit_coupons(viewer)
    coupon = coupon_for(viewer, coupon_id, field=("coupon_id",), lock=True)
    state = CouponState.ACTIVE if is_active else CouponState.INACTIVE
    if coupon.state != state:
        coupon.state = state
        coupon.save(update_fields=["state"])
        emit([CouponChanged(coupon_id=coupon.pk, actor_id=viewer.user_id)], now=now)
    return coupon


@step
def redeem(
    *,
    code: str,
    lines: Sequence[Line],
    email: str,
    customer_id: int | None,
    order_id: int | None = None,
    subscription_id: int | None = None,
    now: datetime,
) -> Decimal:
    """Use a coupon for an order or a plan, once; what it takes off. CouponRefused for the first reason against it.

    The conditional UPDATE is the queue: it takes the coupon's row, so that everyone who wants the last use passes here
    one after the other, and counts only where a use is left. What this person used before is read behind it.
    Takes the coupon's lock: call it after orders and staff are locked.
    """
    coupon = coupon_by_code(code)
    won = Coupon.objects.filter(
        Q(max_uses=None) | Q(used_count__lt=F("max_uses")), pk=coupon.pk, state=CouponState.ACTIVE
    ).update(used_count=F("used_count") + 1)
    # Won or lost, the row is ours or settled now: judge by what it is, less the use that we have just counted.
    coupon.refresh_from_db()
    if won:
        coupon.used_count -= 1
    terms = terms_of(coupon, email=email)
    objection = first_objection(terms, lines, now)
    if objection is not None:
        raise objection
    if not won:
        raise CouponUsedUp
    usage = CouponUsage(coupon=coupon, order_id=order_id, subscription_id=subscription_id, customer_id=customer_id)
    usage.person, usage.amount, usage.used_at = person_key(email), discount(terms, lines), now
    usage.ordinal = _free_ordinal(coupon, usage.person)
    try:
        with transaction.atomic():
            usage.save()
    except IntegrityError as error:
        raise CouponUsedByCustomer from error
    return usage.amount


@step
def give_back(*, order_id: int | None = None, subscription_id: int | None = None, now: datetime) -> bool:
    """Give back the use of a coupon by an order, or by a plan, once; whether there was one."""
    live = CouponUsage.objects.filter(given_back_at=None)
    of_which = Q(order_id=order_id) if order_id is not None else Q(subscription_id=subscription_id)
    usage = live.filter(of_which).first()
    if usage is None or not CouponUsage.objects.filter(pk=usage.pk, given_back_at=None).update(given_back_at=now):
        return False
    Coupon.objects.filter(pk=usage.coupon_id).update(used_count=F("used_count") - 1)
    return True


@step
def reprice_use(*, order_id: int, lines: Sequence[Line], email: str, now: datetime) -> Decimal:
    """What the coupon of an order takes off once its lines, or its e-mail, are others; its use is kept.

    The order is judged as if it were placed now, with its own use still free: CouponRefused for the first reason
    against it, and then nothing is changed (docs/adr/0014-what-a-changed-order-costs.md). Takes the coupon's lock: call
    it after orders and staff are locked. Raises CouponUsage.DoesNotExist for an order without a live use.
    """
    use = CouponUsage.objects.get(order_id=order_id, given_back_at=None)
    coupon = Coupon.objects.select_for_update(no_key=True).get(pk=use.coupon_id)
    terms = terms_of(coupon, email=email, excluding_order=order_id)
    objection = first_objection(terms, lines, now)
    if objection is not None:
        raise objection
    person = person_key(email)
    if person != use.person:
        use.person, use.ordinal = person, _free_ordinal(coupon, person)
    use.amount = discount(terms, lines)
    use.save(update_fields=["person", "ordinal", "amount"])
    return use.amount


@step
def give_use(*, order_id: int | None = None, subscription_id: int | None = None, customer_id: int) -> int:
    """Let the use of a guest's order or plan belong to its customer, too; how many.

    The person's key stays what it is counted by.
    """
    of_which = Q(order_id=order_id) if order_id is not None else Q(subscription_id=subscription_id)
    return CouponUsage.objects.filter(of_which, customer=None).update(customer_id=customer_id)


def _free_ordinal(coupon: Coupon, person: str) -> int:
    """The least number that no live use of this person has: uses that were given back leave theirs free."""
    taken = set(
        CouponUsage.objects.filter(coupon=coupon, person=person, given_back_at=None).values_list("ordinal", flat=True)
    )
    return next(number for number in count(1) if number not in taken)


def _apply(coupon: Coupon, terms: CouponTerms) -> None:
    """Check the terms, all at once, and save them."""
    refusals = _objections(terms)
    try:
        code = normalise_code(clean_text(terms.code, field=("code",), max_length=40))
        if not code.replace("-", "").replace("_", "").isalnum():
            refusals.append(InvalidInput("A code has letters, digits, - and _ only.", ("code",)))
        coupon.code = code
    except Refusal as refusal:
        refusals.append(refusal)
    known = services_by_id([*terms.service_ids, *terms.excluded_service_ids])
    for field in ("service_ids", "excluded_service_ids"):
        refusals += [
            NotFound("There is no such service.", (field, position))
            for position, service_id in enumerate(getattr(terms, field))
            if service_id not in known
        ]
    raise_all(refusals)
    for name in ("discount_type", "discount_value", "valid_from", "valid_until", "max_uses", "max_uses_per_customer"):
        setattr(coupon, name, getattr(terms, name))
    coupon.minimum_order_amount = terms.minimum_order_amount
    try:
        with transaction.atomic():
            coupon.save()
    except IntegrityError as error:
        raise AlreadyExists("There is a coupon with this code.", ("code",)) from error
    coupon.included_services.set(terms.service_ids)
    coupon.excluded_services.set(terms.excluded_service_ids)


def _objections(terms: CouponTerms) -> list[Refusal]:
    refusals: list[Refusal] = []
    highest = HUNDRED if terms.discount_type == DiscountType.PERCENTAGE else MAX_AMOUNT
    if not 0 < terms.discount_value <= highest:
        refusals.append(OutOfRange(f"The discount lies above 0 and up to {highest}.", ("discount_value",)))
    refusals += [
        InvalidInput("At most two decimal places.", (name,))
        for name in ("discount_value", "minimum_order_amount")
        if getattr(terms, name) != to_cents(getattr(terms, name))
    ]
    if not 0 <= terms.minimum_order_amount <= MAX_AMOUNT:
        refusals.append(OutOfRange(f"The minimum lies between 0 and {MAX_AMOUNT}.", ("minimum_order_amount",)))
    for name in ("max_uses", "max_uses_per_customer"):
        value = getattr(terms, name)
        if value is not None and not 1 <= value <= 1_000_000:
            refusals.append(OutOfRange("This lies between 1 and 1000000; leave it out for any number.", (name,)))
    if terms.valid_from and terms.valid_until and terms.valid_until <= terms.valid_from:
        refusals.append(InvalidInput("The window ends before it begins.", ("valid_until",)))
    return refusals


@step
def usages_follow(*, from_id: int, to_id: int) -> int:
    """Give a merged customer's uses to the other; how many."""
    return CouponUsage.objects.filter(customer_id=from_id).update(customer_id=to_id)


def export_usages(*, subject: DataSubject) -> list[dict[str, Any]]:
    """A person's uses of coupons as plain values."""
    rows = CouponUsage.objects.filter(belongs_to(subject, email="person"))
    rows = rows.select_related("coupon").order_by("used_at", "pk")
    return [
        {"code": row.coupon.code, "amount": str(row.amount), "used_at": row.used_at.isoformat(), "person": row.person}
        for row in rows
    ]


@step
def erase_usages(*, subject: DataSubject, field: FieldPath, now: datetime) -> int:
    """Take the person's e-mail out of its uses; each keeps a key of its own, so that counts stay true. How many."""
    usages = list(CouponUsage.objects.filter(belongs_to(subject, email="person")))
    for usage in usages:
        usage.person = f"erased-{usage.pk}"
        usage.save(update_fields=["person"])
    forget_values(model="coupons.CouponUsage", object_ids=[usage.pk for usage in usages])
    for customer_id in subject.customer_ids:
        forget_parts(model="coupons.CouponUsage", column="customer_id", owner=customer_id)
    return len(usages)
