"""What is written at the end of every change of a plan: who comes next, whether all is done, and its version."""

from datetime import datetime

from django.db.models import Count, Min, Q

from backend.core.business import business
from backend.core.transactions import step
from backend.events.actions import emit
from backend.subscriptions.events import SubscriptionCompleted
from backend.subscriptions.models import Subscription
from backend.subscriptions.rules import OPEN_VISITS, SubscriptionStatus, VisitStatus

_LIVE = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED)


@step
def settle(plan: Subscription, *, actor_id: int | None, now: datetime) -> None:
    """Save a locked plan whose visits have changed: counts, the next date, COMPLETED with the last, a new version.

    A plan is complete when no visit is open and none is owed: what a pause took away is owed until it is planned
    again, what was left out by itself is not.
    """
    found = plan.visits.aggregate(
        done=Count("pk", filter=Q(status=VisitStatus.COMPLETED)),
        open=Count("pk", filter=Q(status__in=OPEN_VISITS)),
        kept=Count("pk", filter=~Q(status=VisitStatus.CANCELLED)),
        next=Min("appointment__start", filter=Q(status=VisitStatus.SCHEDULED)),
    )
    plan.completed_appointments = found["done"]
    is_complete = plan.status in _LIVE and not found["open"] and found["kept"] >= plan.total_appointments
    if is_complete:
        plan.status, plan.completed_at, plan.resume_on = SubscriptionStatus.COMPLETED, now, None
    is_coming = plan.status == SubscriptionStatus.ACTIVE and found["next"] is not None
    plan.next_appointment_date = found["next"].astimezone(business().zone).date() if is_coming else None
    plan.version += 1
    plan.save()
    if is_complete:
        fact = SubscriptionCompleted(subscription_id=plan.pk, customer_id=plan.customer_id, actor_id=actor_id)
        emit([fact], now=now)


def owed_visits(plan: Subscription) -> int:
    """How many visits still have to be planned: those of the plan less all that were not taken away."""
    return plan.total_appointments - plan.visits.exclude(status=VisitStatus.CANCELLED).count()
