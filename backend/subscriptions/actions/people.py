"""What becomes of a customer's plans when customers are merged, asked about, or forgotten (docs/adr/0011)."""

from datetime import datetime
from typing import Any

from django.db.models import CharField, TextField, Value
from django.db.models.functions import Cast, Concat

from backend.audit.actions import forget_values
from backend.core.errors import FieldPath, InvalidTransition
from backend.core.transactions import step
from backend.customers.rules import DataSubject
from backend.events.actions import forget_reasons
from backend.subscriptions.models import Subscription, SubscriptionAppointmentChangeRequest
from backend.subscriptions.queries.people import plans_of
from backend.subscriptions.rules import ENDED


@step
def plans_follow(*, from_id: int, to_id: int) -> int:
    """Give a merged customer's plans to the other; how many."""
    return Subscription.objects.filter(customer_id=from_id).update(customer_id=to_id)


def export_plans(*, subject: DataSubject) -> list[dict[str, Any]]:
    """A person's plans with their visits, as plain values."""
    plans = plans_of(subject).select_related("service")
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
            "language": plan.guest_language,
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
def erase_plans(*, subject: DataSubject, field: FieldPath, now: datetime) -> int:
    """Take the person out of its ended plans; how many. InvalidTransition while one is pending, active or paused."""
    found = list(plans_of(subject).order_by("pk").select_for_update(no_key=True).values_list("pk", "status"))
    if any(status not in ENDED for _, status in found):
        raise InvalidTransition("There is a plan that goes on: cancel it first.", field)
    ids = [key for key, _ in found]
    plans = Subscription.objects.filter(pk__in=ids)
    changes = SubscriptionAppointmentChangeRequest.objects.filter(visit__subscription__in=ids)
    changes.update(reason="", review_note="")
    plans.update(
        guest_phone="",
        guest_language="",
        line1="Erased",
        line2="",
        city="",
        postcode="",
        notes="",
        pause_reason="",
        cancellation_reason="",
    )
    # A linked plan has its customer: what the guest typed goes. Without one it stays a guest's, of nobody known.
    plans.exclude(customer=None).update(is_guest_subscription=False, guest_name="", guest_email="")
    nobody = Concat(Value("erased-"), Cast("pk", CharField()), Value("@invalid"), output_field=TextField())
    plans.filter(customer=None).update(guest_name="Erased", guest_email=nobody)
    forget_reasons(where="subscription_id", ids=ids)
    forget_values(model="subscriptions.Subscription", object_ids=ids)
    forget_values(
        model="subscriptions.SubscriptionAppointmentChangeRequest", object_ids=changes.values_list("pk", flat=True)
    )
    return len(ids)
