"""Pausing, resuming and cancelling a plan."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max

from backend.catalogue.errors import ServiceInactive
from backend.catalogue.queries import services_by_id
from backend.core import clock
from backend.core.business import business
from backend.core.errors import InvalidInput, Problems
from backend.core.text import clean_text
from backend.core.transactions import step, use_case
from backend.core.viewer import Viewer
from backend.coupons.actions import give_back
from backend.events.actions import emit
from backend.scheduling.actions import cancel_visits
from backend.scheduling.queries import booking_window
from backend.scheduling.rules import AppointmentStatus
from backend.subscriptions.actions.changes import close_changes
from backend.subscriptions.actions.placing import place_visits_of
from backend.subscriptions.actions.settling import owed_visits, settle
from backend.subscriptions.events import SubscriptionCancelled, SubscriptionPaused, SubscriptionResumed
from backend.subscriptions.models import Subscription
from backend.subscriptions.permissions import is_by_office, require_act_on
from backend.subscriptions.queries import deadline_of, named_subscription, require_one_name
from backend.subscriptions.rules import (
    OPEN_VISITS,
    Due,
    Frequency,
    SubscriptionStatus,
    VisitStatus,
    past_in_rhythm,
    require_resume_date,
    require_start,
    require_status,
    require_transition,
    require_version,
    visits_from,
)

MAX_REASON = 500


def pause_subscription(
    *,
    viewer: Viewer,
    subscription_id: int | None = None,
    tracking_token: str | None = None,
    resume_on: date | None = None,
    reason: str = "",
    version: int | None = None,
    address: str,
    now: datetime,
) -> Subscription:
    """Nobody comes for a while: every open visit past its notice is called off, and owed until the plan is resumed.

    A visit within its notice takes place. With `resume_on` the plan goes on by itself that day. For whoever holds the
    token, the customer and the office. Raises NotFound, StaleVersion, InvalidTransition, and InThePast or OutOfRange
    for the date. `address` is the client's network address: tries with tokens are limited by it.
    """
    require_one_name(subscription_id=subscription_id, tracking_token=tracking_token, address=address)
    return _pause(
        viewer=viewer,
        named=(subscription_id, tracking_token),
        resume_on=resume_on,
        reason=reason,
        version=version,
        now=now,
    )


@use_case
def _pause(
    *,
    viewer: Viewer,
    named: tuple[int | None, str | None],
    resume_on: date | None,
    reason: str,
    version: int | None,
    now: datetime,
) -> Subscription:
    plan = acted_on(viewer, named, now)
    problems = Problems()
    with problems:
        require_version(plan.version, version)
    with problems:
        if resume_on is not None:
            require_resume_date(resume_on, today=business().today(now), field=("resume_on",))
    with problems:
        reason = clean_text(reason, field=("reason",), max_length=MAX_REASON, required=False, multiline=True)
    problems.raise_all()
    require_transition(SubscriptionStatus(plan.status), SubscriptionStatus.PAUSED)
    cancelled = _call_off(plan, is_within_notice_spared=True, reason=reason, actor_id=viewer.user_id, now=now)
    plan.status, plan.paused_at = SubscriptionStatus.PAUSED, now
    plan.resume_on, plan.pause_reason = resume_on, reason
    settle(plan, actor_id=viewer.user_id, now=now)
    fact = SubscriptionPaused(
        subscription_id=plan.pk,
        customer_id=plan.customer_id,
        actor_id=viewer.user_id,
        resume_on=resume_on,
        reason=reason,
        cancelled=cancelled,
    )
    emit([fact], now=now)
    return plan


def resume_subscription(
    *,
    viewer: Viewer,
    subscription_id: int | None = None,
    tracking_token: str | None = None,
    start_date: date | None = None,
    version: int | None = None,
    address: str,
    now: datetime,
) -> Subscription:
    """A paused plan goes on: as many visits as it owes are planned again, and its end moves.

    Without `start_date`, in the plan's own rhythm from its next date, which is today while the plan's time today can
    still be booked; with it, counted from there. Dates of visits that the pause left alone, skipped ones among them,
    are passed over. Raises NotFound, StaleVersion, InvalidTransition, ServiceInactive, and for the date InThePast,
    BeyondHorizon or InvalidInput.
    """
    require_one_name(subscription_id=subscription_id, tracking_token=tracking_token, address=address)
    return _resume(
        viewer=viewer, named=(subscription_id, tracking_token), start_date=start_date, version=version, now=now
    )


@use_case
def _resume(
    *,
    viewer: Viewer,
    named: tuple[int | None, str | None],
    start_date: date | None,
    version: int | None,
    now: datetime,
) -> Subscription:
    plan = acted_on(viewer, named, now)
    require_version(plan.version, version)
    resume_locked(plan, start_date=start_date, actor_id=viewer.user_id, now=now)
    return plan


@step
def resume_locked(plan: Subscription, *, start_date: date | None, actor_id: int | None, now: datetime) -> None:
    """Let a locked plan go on, as `resume_subscription` says."""
    require_status(
        SubscriptionStatus(plan.status), SubscriptionStatus.PAUSED
    )  # what waits for the office goes on waiting
    require_bookable(plan)
    kept = plan.visits.exclude(status=VisitStatus.CANCELLED)
    dates = dict(kept.values_list("nominal_date", "due_before"))
    if start_date is not None:
        require_start(
            start_date, today=business().today(now), horizon=business().booking_horizon, field=("start_date",)
        )
        if dates and start_date <= max(dates):
            raise InvalidInput("A visit of the plan is due on that day or later.", ("start_date",))
        plan.rhythm_start, gone = start_date, start_date - timedelta(days=1)
    else:
        gone = _last_day_gone(plan, now)
    visits = _planned_again(plan, owed_visits(plan), gone=gone, without=dates)
    plan.status, plan.resume_on, plan.pause_reason = SubscriptionStatus.ACTIVE, None, ""
    if visits:
        plan.end_date = max([visits[-1].before, *dates.values()])
    place_visits_of(plan, visits, actor_id=actor_id, now=now)
    settle(plan, actor_id=actor_id, now=now)
    fact = SubscriptionResumed(
        subscription_id=plan.pk, customer_id=plan.customer_id, actor_id=actor_id, planned=len(visits)
    )
    emit([fact], now=now)


def _planned_again(plan: Subscription, count: int, *, gone: date, without: Collection[date]) -> list[Due]:
    last = plan.visits.aggregate(last=Max("sequence"))["last"] or 0
    frequency = Frequency(plan.frequency)
    skip = past_in_rhythm(plan.rhythm_start, frequency, until=gone)
    return visits_from(plan.rhythm_start, frequency, count=count, first_sequence=last + 1, skip=skip, without=without)


def _last_day_gone(plan: Subscription, now: datetime) -> date:
    """Yesterday while the plan's time today can still be booked, else today."""
    today, at = business().today(now), plan.visit_time or plan.preferred_time
    is_open = at is not None and clock.instant(today, at, business().zone).timestamp() >= booking_window(now).earliest
    return today - timedelta(days=1) if is_open else today


def require_bookable(plan: Subscription) -> None:
    """ServiceInactive for a plan whose service is not offered any more: what is booked stays, nothing is added."""
    service = services_by_id([plan.service_id])[plan.service_id]
    if not (service.is_bookable and service.category.is_active):
        raise ServiceInactive("The service of this plan can't be booked any more.", ("subscription_id",))


def cancel_subscription(
    *,
    viewer: Viewer,
    subscription_id: int | None = None,
    tracking_token: str | None = None,
    reason: str = "",
    version: int | None = None,
    address: str,
    now: datetime,
) -> Subscription:
    """End a plan. By its owner, visits within their notice still take place; by the office, which has to say why, none.

    The use of a coupon is given back if the plan was never active. Raises NotFound, Required, StaleVersion and
    InvalidTransition.
    """
    require_one_name(subscription_id=subscription_id, tracking_token=tracking_token, address=address)
    return _cancel(viewer=viewer, named=(subscription_id, tracking_token), reason=reason, version=version, now=now)


@use_case
def _cancel(
    *, viewer: Viewer, named: tuple[int | None, str | None], reason: str, version: int | None, now: datetime
) -> Subscription:
    plan = acted_on(viewer, named, now)
    by_office = is_by_office(viewer, named[1])
    problems = Problems()
    with problems:
        reason = clean_text(reason, field=("reason",), max_length=MAX_REASON, required=by_office, multiline=True)
    with problems:
        require_version(plan.version, version)
    problems.raise_all()
    require_transition(SubscriptionStatus(plan.status), SubscriptionStatus.CANCELLED)
    _call_off(plan, is_within_notice_spared=not by_office, reason=reason, actor_id=viewer.user_id, now=now)
    plan.status, plan.cancelled_at, plan.cancellation_reason = SubscriptionStatus.CANCELLED, now, reason
    plan.resume_on = None
    if plan.confirmed_at is None:
        give_back(subscription_id=plan.pk, now=now)
    settle(plan, actor_id=viewer.user_id, now=now)
    fact = SubscriptionCancelled(
        subscription_id=plan.pk, customer_id=plan.customer_id, actor_id=viewer.user_id, reason=reason
    )
    emit([fact], now=now)
    return plan


def acted_on(viewer: Viewer, named: tuple[int | None, str | None], now: datetime) -> Subscription:
    """The plan, locked, of somebody who may change it. `named` is its id, or its tracking token."""
    plan = named_subscription(viewer, subscription_id=named[0], tracking_token=named[1], now=now)
    if named[1] is None:
        require_act_on(viewer, plan)
    return plan


def is_ahead(appointment: Any, now: datetime) -> bool:
    """Whether an appointment is open and has not begun, by what was said of it and by the clock."""
    is_waiting = appointment.status in (AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED)
    return is_waiting and appointment.start > now


def _call_off(
    plan: Subscription, *, is_within_notice_spared: bool, reason: str, actor_id: int | None, now: datetime
) -> int:
    """Take away the open visits that have not begun, those within their notice only where not spared; how many."""
    going: dict[int, int | None] = {}
    for row in plan.visits.filter(status__in=OPEN_VISITS).select_related("appointment__booking"):
        deadline = deadline_of(row)
        is_spared = is_within_notice_spared and deadline is not None and deadline < now
        if not is_spared and (row.appointment is None or is_ahead(row.appointment, now)):
            going[row.pk] = row.appointment_id
    ids = [each for each in going.values() if each is not None]
    done = cancel_visits(appointment_ids=ids, order_id=None, actor_id=actor_id, reason=reason, now=now)
    called_off = {row.pk for row in done}
    gone = [pk for pk, appointment_id in going.items() if appointment_id is None or appointment_id in called_off]
    close_changes(plan, gone, actor_id=actor_id, now=now)
    return plan.visits.filter(pk__in=gone).update(status=VisitStatus.CANCELLED)
