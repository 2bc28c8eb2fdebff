"""Making a plan: checked, priced, saved, and at once placed, unless the business wants to confirm it first."""

from dataclasses import asdict
from datetime import date, datetime

from django.db import IntegrityError, transaction

from backend.core.business import business
from backend.core.idempotency import claim_key, settle_key
from backend.core.money import ZERO
from backend.core.references import reference, secret_token
from backend.core.transactions import use_case
from backend.core.viewer import Viewer
from backend.coupons.actions import redeem
from backend.coupons.rules import normalise_code
from backend.events.actions import emit
from backend.scheduling.errors import InThePast
from backend.subscriptions.actions.lifecycle import require_bookable
from backend.subscriptions.actions.placing import place_visits_of
from backend.subscriptions.actions.settling import settle
from backend.subscriptions.events import SubscriptionConfirmed, SubscriptionCreated
from backend.subscriptions.models import Subscription
from backend.subscriptions.permissions import require_office
from backend.subscriptions.queries import Checked, PlanRequest, checked_request, coupon_lines, subscription_for
from backend.subscriptions.rules import (
    Frequency,
    SubscriptionStatus,
    require_status,
    require_version,
    visits_of_plan,
)

_REFERENCE_TRIES = 5


@use_case
def create_subscription(
    *, viewer: Viewer, request: PlanRequest, idempotency_key: str | None = None, now: datetime
) -> Subscription:
    """A plan for a guest, for the signed-in customer, or by the office for one of its customers.

    ACTIVE with its visits placed, each SCHEDULED or UNPLACED with a reason; where the business confirms plans, PENDING
    and without visits. The same key with the same request gives the same plan back. Raises everything that is wrong
    with the request at once, and CouponRefused: then there is no plan, since nobody pays more than the preview said.
    """
    claimed = claim_key(
        viewer=viewer, operation="createSubscription", key=idempotency_key, given=asdict(request), now=now
    )
    if claimed.result_id is not None:
        return Subscription.objects.get(pk=claimed.result_id)
    checked = checked_request(viewer, request, now=now)
    plan = _save(checked, request, now)
    status = SubscriptionStatus(plan.status)
    emit(
        [
            SubscriptionCreated(
                subscription_id=plan.pk, customer_id=plan.customer_id, actor_id=viewer.user_id, status=status
            )
        ],
        now=now,
    )
    if status is SubscriptionStatus.ACTIVE:
        place_visits_of(plan, checked.terms.visits, actor_id=viewer.user_id, now=now)
    _redeem_coupon(plan, checked, request, now)  # the coupon's row is locked last of all
    plan.version = 0
    settle(plan, actor_id=viewer.user_id, now=now)
    settle_key(claimed, plan)
    return plan


@use_case
def confirm_subscription(
    *, viewer: Viewer, subscription_id: int, version: int | None = None, now: datetime
) -> Subscription:
    """The office takes a pending plan on, and its visits are placed.

    Raises NotFound, StaleVersion, InvalidTransition, ServiceInactive, and InThePast for a plan that was to have begun.
    """
    require_office(viewer)
    plan = subscription_for(viewer, subscription_id, field=("subscription_id",), lock=True)
    require_version(plan.version, version)
    require_status(SubscriptionStatus(plan.status), SubscriptionStatus.PENDING)
    require_bookable(plan)
    if plan.start_date < business().today(now):
        raise InThePast("The plan was to begin in the past: agree on another start first.", ("subscription_id",))
    plan.status, plan.confirmed_at = SubscriptionStatus.ACTIVE, now
    visits = visits_of_plan(plan.start_date, Frequency(plan.frequency), plan.duration_months)
    place_visits_of(plan, visits, actor_id=viewer.user_id, now=now)
    settle(plan, actor_id=viewer.user_id, now=now)
    fact = SubscriptionConfirmed(subscription_id=plan.pk, customer_id=plan.customer_id, actor_id=viewer.user_id)
    emit([fact], now=now)
    return plan


def _save(checked: Checked, request: PlanRequest, now: datetime) -> Subscription:
    rules, terms, guest = business(), checked.terms, checked.contact
    is_active = not rules.plans_need_confirmation
    plan = Subscription(
        tracking_token=secret_token(),
        status=SubscriptionStatus.ACTIVE if is_active else SubscriptionStatus.PENDING,
        confirmed_at=now if is_active else None,
        customer_id=checked.customer_id,
        is_guest_subscription=guest is not None,
        guest_name=guest.name if guest else "",
        guest_email=guest.email if guest else "",
        guest_phone=guest.phone if guest else "",
        guest_language=guest.language if guest else "",
        **asdict(checked.address),
        service_id=terms.need.service_id,
        extras=list(terms.extras),
        duration_minutes=terms.need.duration_minutes,
        extra_minutes=terms.need.extra_minutes,
        buffer_minutes=terms.need.buffer_minutes,
        frequency=request.frequency,
        duration_months=request.duration_months,
        start_date=request.start_date,
        rhythm_start=request.start_date,
        end_date=terms.end_date,
        preferred_time=request.preferred_time,
        preferred_staff_id=request.preferred_staff_id,
        notes=checked.notes,
        price_per_appointment=terms.price,
        total_appointments=len(terms.visits),
        subtotal=terms.subtotal,
        discount=ZERO,
        total=terms.subtotal,
        currency=rules.currency,
        policy_hours=rules.cancellation_notice_hours,
        created_at=now,
    )
    _save_under_free_reference(plan, rules.today(now))
    return plan


def _save_under_free_reference(plan: Subscription, today: date) -> None:
    """Insert the plan; on a collision of its reference, again with another. The unique index decides."""
    for tries_left in reversed(range(_REFERENCE_TRIES)):
        plan.subscription_number = reference("SUB", today)
        try:
            with transaction.atomic():  # a savepoint: the failed insert alone is undone
                plan.save(force_insert=True)
                return
        except IntegrityError:
            taken = Subscription.objects.filter(subscription_number=plan.subscription_number)
            if not tries_left or not taken.exists():
                raise


def _redeem_coupon(plan: Subscription, checked: Checked, request: PlanRequest, now: datetime) -> None:
    """Use the coupon for the saved plan, and take its discount off the whole of it."""
    if not (request.coupon_code or "").strip():
        return
    plan.coupon_code = normalise_code(request.coupon_code or "")
    plan.discount = redeem(
        code=plan.coupon_code,
        lines=coupon_lines(checked.terms),
        email=plan.contact_email,
        customer_id=plan.customer_id,
        subscription_id=plan.pk,
        now=now,
    )
    plan.total = plan.subtotal - plan.discount
