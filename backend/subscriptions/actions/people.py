"""What becomes of a customer's plans when customers are merged, asked about, or forgotten (docs/adr/0011)."""

from datetime import datetime
from typing import Any

from backend.audit.actions import forget_values
from backend.core.errors import InvalidTransition
from backend.core.transactions import step
from backend.events.actions import forget_reasons
from backend.subscriptions.models import Subscription, SubscriptionAppointmentChangeRequest
from backend.subscriptions.rules import ENDED


@step
def plans_follow(*, from_id: int, to_id: int) -> int:
    """Give a merged customer's plans to the other; how many."""
    return Subscription.objects.filter(customer_id=from_id).update(customer_id=to_id)


def export_plans(*, customer_id: int) -> list[dict[str, Any]]:
    """A customer's plans with their visits, as plain values."""
    plans = Subscription.objects.filter(customer_id=customer_id).select_related("service")
    return [
        {
            "subscription_number": plan.subscription_number,
            "status": plan.status,
            "created_at": plan.created_at.isoformat(),
            "service": plan.service.name,
            "extras": [extra["name"] for extra in plan.extras],
            "frequency": plan.frequency,
            "start_date": plan.start_date.isoformat(),
            "end_date": plan.end_date.isoformat(),
            "name": plan.guest_name,
            "email": plan.guest_email,
            "phone": plan.guest_phone,
            "line1": plan.line1,
            "line2": plan.line2,
            "city": plan.city,
            "postcode": plan.postcode,
            "notes": plan.notes,
            "pause_reason": plan.pause_reason,
            "cancellation_reason": plan.cancellation_reason,
            "total": str(plan.total),
            "currency": plan.currency,
            "visits": [
                {
                    "sequence": visit.sequence,
                    "nominal_date": visit.nominal_date.isoformat(),
                    "status": visit.status,
                    "change_requests": [_exported(change) for change in visit.change_requests.all()],
                }
                for visit in plan.visits.all()
            ],
        }
        for plan in plans.prefetch_related("visits__change_requests").order_by("created_at", "pk")
    ]


def _exported(change: SubscriptionAppointmentChangeRequest) -> dict[str, Any]:
    return {
        "requested_date": change.requested_date.isoformat(),
        "requested_time": f"{change.requested_time:%H:%M}",
        "reason": change.reason,
        "status": change.status,
        "review_note": change.review_note,
    }


@step
def erase_plans(*, customer_id: int, now: datetime) -> None:
    """Take the person out of its ended plans. InvalidTransition while one is pending, active or paused."""
    plans = Subscription.objects.filter(customer_id=customer_id)
    if plans.exclude(status__in=ENDED).exists():
        raise InvalidTransition("The customer has a plan that goes on: cancel it first.", ("customer_id",))
    changes = SubscriptionAppointmentChangeRequest.objects.filter(visit__subscription__in=plans)
    changes.update(reason="", review_note="")
    plans.update(
        is_guest_subscription=False,  # a linked plan has its customer; what the guest typed goes
        guest_name="",
        guest_email="",
        guest_phone="",
        line1="Erased",
        line2="",
        city="",
        postcode="",
        notes="",
        pause_reason="",
        cancellation_reason="",
    )
    ids = list(plans.values_list("pk", flat=True))
    forget_reasons(where="subscription_id", ids=ids)
    forget_values(model="subscriptions.Subscription", object_ids=ids)
    forget_values(
        model="subscriptions.SubscriptionAppointmentChangeRequest", object_ids=changes.values_list("pk", flat=True)
    )
