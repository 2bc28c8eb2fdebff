"""Wishes for another time of one visit: asked by whoever the plan is for, decided by the office."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from backend.core import clock
from backend.core.business import business
from backend.core.errors import AlreadyExists, InvalidTransition, NotFound, Problems, Refusal, Refusals, Required
from backend.core.idempotency import claim_key, settle_key
from backend.core.text import clean_text
from backend.core.tracking import limit_token
from backend.core.transactions import step, use_case
from backend.core.viewer import Viewer
from backend.events.actions import emit
from backend.orders.rules import ChangeStatus, require_orderable_time
from backend.scheduling.errors import InThePast, NoTime
from backend.scheduling.rules import OPEN_STATUSES, AppointmentStatus
from backend.subscriptions.actions.settling import settle
from backend.subscriptions.actions.timing import give_time
from backend.subscriptions.events import (
    VisitChangeApproved,
    VisitChangeFact,
    VisitChangeRejected,
    VisitChangeRequested,
    VisitChangeWithdrawn,
)
from backend.subscriptions.models import (
    Subscription,
    SubscriptionAppointment,
    SubscriptionAppointmentChangeRequest,
)
from backend.subscriptions.permissions import is_by_office, require_act_on, require_office
from backend.subscriptions.queries import (
    deadline_of,
    named_subscription,
    subscription_of_change,
    subscription_of_visit,
    times_near,
    visit_in,
)
from backend.subscriptions.rules import (
    OPEN_VISITS,
    SubscriptionStatus,
    require_in_time,
    require_not_begun,
    require_status,
)

MAX_TEXT = 500
HORIZON = timedelta(days=2 * 366)
"""Visits of plans lie further ahead than the booking horizon; dates beyond any plan are refused all the same."""

Named = tuple[int | None, str | None, int | None]
"""A visit by its id, or by its plan's tracking token and its place in the plan."""


def acted_visit(viewer: Viewer, named: Named, now: datetime) -> tuple[Subscription, SubscriptionAppointment]:
    """A visit and its plan, which is locked, of somebody who may change it."""
    visit_id, token, sequence = named
    if token is not None:
        if sequence is None:
            raise Required("Say which visit, by its place in the plan.", ("sequence",))
        plan = named_subscription(viewer, subscription_id=None, tracking_token=token, now=now)
        return plan, visit_in(plan, sequence=sequence, field=("sequence",))
    if visit_id is None:
        raise Required("Name the visit.", ("visit_id",))
    plan = subscription_of_visit(viewer, visit_id)
    require_act_on(viewer, plan)
    return plan, visit_in(plan, visit_id=visit_id, field=("visit_id",))


def require_visit_name(named: Named, address: str) -> None:
    """Required unless a visit is named by exactly one of the two ways; RateLimited for tries with tokens."""
    visit_id, token, _ = named
    if (visit_id is None) == (token is None):
        message = "Name the visit: by its id, or by its plan's tracking token and its sequence."
        raise Required(message, ("visit_id",))
    limit_token(token, address=address)


def request_visit_change(
    *,
    viewer: Viewer,
    visit_id: int | None = None,
    tracking_token: str | None = None,
    sequence: int | None = None,
    requested_date: date,
    requested_time: time,
    reason: str = "",
    idempotency_key: str | None = None,
    address: str,
    now: datetime,
) -> SubscriptionAppointmentChangeRequest:
    """Ask for another time of one visit of an active plan; nothing moves until the office approves.

    Whoever holds the token and the customer until the visit's deadline (TooLate after it), the office until it begins.
    Raises NotFound, InvalidTransition, AlreadyExists while another request of the visit waits, and NonexistentTime,
    InThePast, TooSoon or BeyondHorizon for the wanted time. The same key with the same input asks once.
    """
    named = (visit_id, tracking_token, sequence)
    require_visit_name(named, address)
    return _request(
        viewer=viewer,
        named=named,
        wanted=(requested_date, requested_time),
        reason=reason,
        key=idempotency_key,
        now=now,
    )


@use_case
def _request(
    *, viewer: Viewer, named: Named, wanted: tuple[date, time], reason: str, key: str | None, now: datetime
) -> SubscriptionAppointmentChangeRequest:
    plan, visit = acted_visit(viewer, named, now)
    given = {"visit": visit.pk, "wanted": wanted, "reason": reason}
    claimed = claim_key(viewer=viewer, operation="requestVisitChange", key=key, given=given, now=now)
    if claimed.result_id is not None:
        return SubscriptionAppointmentChangeRequest.objects.get(pk=claimed.result_id, visit=visit)
    require_changeable(plan, visit, now=now)
    if not is_by_office(viewer, named[1]):
        require_in_time(deadline_of(visit), now=now)
    if visit.change_requests.filter(status=ChangeStatus.PENDING).exists():
        raise AlreadyExists("Another time was asked for already: wait for the answer, or take the request back.")
    problems = Problems()
    with problems:
        _require_possible(wanted, now)
    with problems:
        reason = clean_text(reason, field=("reason",), max_length=MAX_TEXT, required=False, multiline=True)
    problems.raise_all()
    change = SubscriptionAppointmentChangeRequest.objects.create(
        visit=visit,
        requested_date=wanted[0],
        requested_time=wanted[1],
        reason=reason,
        requested_by_id=viewer.user_id,
        created_at=now,
    )
    settle_key(claimed, change)
    _tell(VisitChangeRequested, change, plan, visit.sequence, viewer.user_id, now)
    return change


def require_changeable(plan: Subscription, visit: SubscriptionAppointment, *, now: datetime) -> None:
    """InvalidTransition unless the plan goes on, and the visit is open and has not begun."""
    require_status(SubscriptionStatus(plan.status), SubscriptionStatus.ACTIVE)
    if visit.status not in OPEN_VISITS:
        raise InvalidTransition(f"This visit is {visit.status} already.")
    if visit.appointment is not None:
        status = AppointmentStatus(visit.appointment.status)
        if status not in OPEN_STATUSES:  # the plan has not heard of it yet
            raise InvalidTransition(f"This visit is {status} already.")
        require_not_begun(status, visit.appointment.start, now=now)


def _require_possible(wanted: tuple[date, time], now: datetime) -> None:
    rules = business()
    if wanted[0] < rules.today(now):
        raise InThePast("This date is past.", ("requested_date",))
    require_orderable_time(
        clock.instant(*wanted, rules.zone),
        exists=clock.wall_time_exists(*wanted, rules.zone),
        now=now,
        notice=rules.booking_notice,
        horizon=HORIZON,
        field=("requested_time",),
    )


def withdraw_visit_change(
    *,
    viewer: Viewer,
    visit_id: int | None = None,
    tracking_token: str | None = None,
    sequence: int | None = None,
    address: str,
    now: datetime,
) -> SubscriptionAppointmentChangeRequest:
    """Take back the request of a visit that waits. NotFound where none does. For those who may ask."""
    named = (visit_id, tracking_token, sequence)
    require_visit_name(named, address)
    return _withdraw(viewer=viewer, named=named, now=now)


@use_case
def _withdraw(*, viewer: Viewer, named: Named, now: datetime) -> SubscriptionAppointmentChangeRequest:
    plan, visit = acted_visit(viewer, named, now)
    closed = close_changes(plan, [visit.pk], actor_id=viewer.user_id, now=now)
    if not closed:
        raise NotFound("No request of this visit is waiting.")
    return closed[0]


@step
def close_changes(
    plan: Subscription, visit_ids: Collection[int], *, actor_id: int | None, now: datetime
) -> list[SubscriptionAppointmentChangeRequest]:
    """Take back what waits of visits of a locked plan: their end leaves nothing to decide."""
    waiting = SubscriptionAppointmentChangeRequest.objects.filter(
        visit__in=visit_ids, status=ChangeStatus.PENDING
    ).select_related("visit")
    changes = list(waiting)
    for change in changes:
        change.status = ChangeStatus.WITHDRAWN
        change.save(update_fields=["status"])
        _tell(VisitChangeWithdrawn, change, plan, change.visit.sequence, actor_id, now)
    return changes


def approve_visit_change(
    *, viewer: Viewer, change_id: int, note: str = "", outside_hours: bool = False, now: datetime
) -> SubscriptionAppointmentChangeRequest:
    """Give one visit the wanted time and leave all others where they are; one without a place gets it, too.

    Raises NotFound, InvalidTransition, InThePast, SlotTaken, NoStaffAvailable and, unless `outside_hours`, NotWorking;
    those about time carry alternatives, looked for after all locks are gone, and the request stays pending.
    """
    try:
        return _approve(viewer=viewer, change_id=change_id, note=note, outside_hours=outside_hours, now=now)
    except (Refusal, Refusals) as error:
        if isinstance(error, NoTime):
            change = SubscriptionAppointmentChangeRequest.objects.select_related("visit__subscription").get(
                pk=change_id
            )
            wanted = clock.instant(change.requested_date, change.requested_time, business().zone)
            error.alternatives = times_near(change.visit.subscription, wanted, now=now)
        raise


@use_case
def _approve(
    *, viewer: Viewer, change_id: int, note: str, outside_hours: bool, now: datetime
) -> SubscriptionAppointmentChangeRequest:
    plan, change = _reviewed(viewer, change_id)
    visit = visit_in(plan, visit_id=change.visit_id, field=("change_request_id",))
    require_changeable(plan, visit, now=now)
    start = clock.instant(change.requested_date, change.requested_time, business().zone)
    if start <= now:
        raise InThePast("The wanted time is past: agree on another one first.", ("change_request_id",))
    give_time(plan, visit, start=start, outside_hours=outside_hours, actor_id=viewer.user_id, now=now)
    settle(plan, actor_id=viewer.user_id, now=now)
    return _decide(change, plan, visit.sequence, ChangeStatus.APPROVED, note, viewer, now)


@use_case
def reject_visit_change(
    *, viewer: Viewer, change_id: int, note: str = "", now: datetime
) -> SubscriptionAppointmentChangeRequest:
    """Leave a visit where it is, and say why. Raises NotFound, and InvalidTransition for what is decided."""
    plan, change = _reviewed(viewer, change_id)
    return _decide(change, plan, change.visit.sequence, ChangeStatus.REJECTED, note, viewer, now)


def _reviewed(viewer: Viewer, change_id: int) -> tuple[Subscription, SubscriptionAppointmentChangeRequest]:
    """The plan, locked, and the request about it that waits for the viewer's decision."""
    require_office(viewer)
    plan = subscription_of_change(viewer, change_id, field=("change_request_id",))
    change = SubscriptionAppointmentChangeRequest.objects.select_related("visit").get(pk=change_id)
    if change.status != ChangeStatus.PENDING:
        raise InvalidTransition(f"This request is {change.status} already.", ("change_request_id",))
    return plan, change


def _decide(
    change: SubscriptionAppointmentChangeRequest,
    plan: Subscription,
    sequence: int,
    status: ChangeStatus,
    note: str,
    viewer: Viewer,
    now: datetime,
) -> SubscriptionAppointmentChangeRequest:
    change.review_note = clean_text(note, field=("note",), max_length=MAX_TEXT, required=False, multiline=True)
    change.status, change.reviewed_by_id, change.reviewed_at = status, viewer.user_id, now
    change.save(update_fields=["status", "review_note", "reviewed_by", "reviewed_at"])
    fact = VisitChangeApproved if status is ChangeStatus.APPROVED else VisitChangeRejected
    _tell(fact, change, plan, sequence, viewer.user_id, now)
    return change


def _tell(
    fact: type[VisitChangeFact],
    change: SubscriptionAppointmentChangeRequest,
    plan: Subscription,
    sequence: int,
    actor_id: int | None,
    now: datetime,
) -> None:
    told = fact(
        subscription_id=plan.pk,
        customer_id=plan.customer_id,
        visit_id=change.visit_id,
        sequence=sequence,
        change_request_id=change.pk,
        actor_id=actor_id,
    )
    emit([told], now=now)
