"""What plans do by themselves: they follow their appointments, and go on when their day has come.

Everything here may be told twice, late, or in another order: it looks at how things stand under the plan's lock. Jobs
and freed time only tell that a plan is due; each is treated in a transaction of its own, since a second plan's lock
after the first one's staff would turn the order of locks round.
"""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import QuerySet

from backend.catalogue.errors import ServiceInactive
from backend.core.business import business
from backend.core.transactions import step
from backend.events.actions import emit
from backend.events.rules import Happened
from backend.scheduling.rules import AppointmentStatus
from backend.subscriptions.actions.lifecycle import require_bookable, resume_locked
from backend.subscriptions.actions.settling import settle
from backend.subscriptions.actions.visits import count_done, leave_out, place_missing
from backend.subscriptions.events import SubscriptionPlacingDue, SubscriptionResumeDue
from backend.subscriptions.models import Subscription, SubscriptionAppointment
from backend.subscriptions.queries import lies_as_planned, locked_subscription, visit_in
from backend.subscriptions.rules import SubscriptionStatus, VisitStatus

_AT_ONCE = 100
"""How many plans freed time is offered to at most; the job comes to the others."""


@step
def follow_appointment(*, event: Happened, now: datetime) -> None:
    """Let the visit whose appointment was done, missed, called off or moved be what its appointment is."""
    row = SubscriptionAppointment.objects.filter(appointment=event.appointment_id).first()
    plan = None if row is None else locked_subscription(row.subscription_id)
    if row is None or plan is None:
        return
    visit = visit_in(plan, visit_id=row.pk, field=())
    appointment = visit.appointment
    if visit.status != VisitStatus.SCHEDULED or appointment is None:
        return
    if appointment.status == AppointmentStatus.COMPLETED:
        count_done(plan, visit, actor_id=event.actor_id, now=now)
    elif appointment.status in (AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW):
        reason = str(event.data.get("reason") or "")
        leave_out(plan, visit, reason=reason, actor_id=event.actor_id, now=now)
    elif not _note_place(plan, visit):
        return
    settle(plan, actor_id=event.actor_id, now=now)


def _note_place(plan: Subscription, visit: SubscriptionAppointment) -> bool:
    """Note whether a visit lies where its plan says, after somebody moved it; whether there was anything to note."""
    appointment = visit.appointment
    if appointment is None:
        return False
    is_there = lies_as_planned(plan, visit.nominal_date, appointment.start, appointment.staff_id)
    is_news = visit.is_moved == is_there
    if is_news:
        visit.is_moved, visit.reason = not is_there, ""
        visit.save(update_fields=["is_moved", "reason"])
    return is_news or plan.next_appointment_date != appointment.start.astimezone(business().zone).date()


@step
def resume_if_due(*, subscription_id: int, now: datetime) -> None:
    """End a pause whose day has come. A plan whose service is not offered any more stays paused, for the office."""
    plan = locked_subscription(subscription_id)
    if plan is None or plan.status != SubscriptionStatus.PAUSED or plan.resume_on is None:
        return
    if plan.resume_on > business().today(now) or not _is_bookable(plan):
        return
    resume_locked(plan, start_date=None, actor_id=None, now=now)


@step
def place_if_possible(*, subscription_id: int, now: datetime) -> None:
    """Try again for the visits of an active plan that have no place."""
    plan = locked_subscription(subscription_id)
    if plan is not None and plan.status == SubscriptionStatus.ACTIVE and _is_bookable(plan):
        place_missing(plan, actor_id=None, now=now)


@step
def offer_freed_time(*, first: date, last: date, now: datetime) -> int:
    """Time was freed between two dates: tell the plans that have a visit without a place due then; how many."""
    rows = _unplaced().filter(nominal_date__lte=last, due_before__gt=first)
    return _tell_placing_due(rows, _AT_ONCE, now)


@step
def tell_plans_to_place(*, limit: int, now: datetime) -> int:
    """The job: plans with a visit without a place that is still to come are tried again; how many."""
    return _tell_placing_due(_unplaced().filter(due_before__gt=business().today(now)), limit, now)


@step
def tell_plans_to_resume(*, limit: int, now: datetime) -> int:
    """The job: pauses whose day has come end; how many."""
    plans = Subscription.objects.filter(
        status=SubscriptionStatus.PAUSED, resume_on__lte=business().today(now), service__is_active=True
    )
    facts = [
        SubscriptionResumeDue(subscription_id=pk, customer_id=customer_id)
        for pk, customer_id in plans.order_by("resume_on", "pk").values_list("pk", "customer_id")[:limit]
    ]
    emit(facts, now=now)
    return len(facts)


def _unplaced() -> QuerySet[SubscriptionAppointment]:
    return SubscriptionAppointment.objects.filter(
        status=VisitStatus.UNPLACED,
        subscription__status=SubscriptionStatus.ACTIVE,
        subscription__service__is_active=True,
    )


def _tell_placing_due(rows: QuerySet[SubscriptionAppointment], limit: int, now: datetime) -> int:
    found: Iterable[tuple[int, int | None]] = (
        rows.order_by("subscription_id").values_list("subscription_id", "subscription__customer_id").distinct()[:limit]
    )
    facts = [SubscriptionPlacingDue(subscription_id=pk, customer_id=customer_id) for pk, customer_id in found]
    emit(facts, now=now)
    return len(facts)


def _is_bookable(plan: Subscription) -> bool:
    try:
        require_bookable(plan)
    except ServiceInactive:
        return False
    return True
