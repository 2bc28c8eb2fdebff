"""What becomes of a customer's orders when customers are merged, asked about, or forgotten (docs/adr/0011)."""

from datetime import datetime
from typing import Any

from django.db.models import CharField, TextField, Value
from django.db.models.functions import Cast, Concat

from backend.audit.actions import forget_values
from backend.core.errors import FieldPath, InvalidTransition
from backend.core.transactions import step
from backend.customers.rules import DataSubject
from backend.events.actions import forget_reasons
from backend.orders.models import ChangeRequest, Order
from backend.orders.queries.people import orders_of
from backend.orders.rules import OrderStatus

_ENDED = (OrderStatus.COMPLETED, OrderStatus.CANCELLED)


@step
def orders_follow(*, from_id: int, to_id: int) -> int:
    """Give a merged customer's orders to the other; how many."""
    return Order.objects.filter(customer_id=from_id).update(customer_id=to_id)


def export_orders(*, subject: DataSubject) -> list[dict[str, Any]]:
    """A person's orders with their lines, as plain values; the contact of those that it placed as a guest."""
    orders = orders_of(subject).prefetch_related("items__service", "items__extras", "change_requests")
    return [
        {
            "order_number": order.order_number,
            "status": order.status,
            "created_at": order.created_at.isoformat(),
            "scheduled_date": order.scheduled_date.isoformat(),
            "scheduled_time": f"{order.scheduled_time:%H:%M}",
            "name": order.guest_name,
            "email": order.guest_email,
            "phone": order.guest_phone,
            "language": order.guest_language,
            "line1": order.line1,
            "line2": order.line2,
            "city": order.city,
            "postcode": order.postcode,
            "notes": order.notes,
            "cancellation_reason": order.cancellation_reason,
            "total": str(order.total),
            "currency": order.currency,
            "items": [
                {
                    "service": item.service.name,
                    "quantity": item.quantity,
                    "extras": [extra.name for extra in item.extras.all()],
                    "total": str(item.total_price),
                }
                for item in order.items.all()
            ],
            "change_requests": [_exported(change) for change in order.change_requests.all()],
        }
        for order in orders.order_by("created_at", "pk")
    ]


def _exported(change: ChangeRequest) -> dict[str, Any]:
    return {
        "requested_date": change.requested_date.isoformat(),
        "requested_time": f"{change.requested_time:%H:%M}",
        "reason": change.reason,
        "status": change.status,
        "review_note": change.review_note,
    }


@step
def erase_orders(*, subject: DataSubject, field: FieldPath, now: datetime) -> int:
    """Take the person out of its ended orders; how many. InvalidTransition while one is pending or confirmed."""
    found = list(orders_of(subject).order_by("pk").select_for_update(no_key=True).values_list("pk", "status"))
    if any(status not in _ENDED for _, status in found):
        raise InvalidTransition("There are open orders: complete or cancel them first.", field)
    ids = [key for key, _ in found]
    orders = Order.objects.filter(pk__in=ids)
    changes = ChangeRequest.objects.filter(order__in=ids)
    changes.update(reason="", review_note="")
    orders.update(
        guest_phone="",
        guest_language="",
        line1="Erased",
        line2="",
        city="",
        postcode="",
        notes="",
        internal_notes="",
        cancellation_reason="",
    )
    # A linked order has its customer: what the guest typed goes. Without one it stays a guest's, of nobody known.
    orders.exclude(customer=None).update(is_guest_order=False, guest_name="", guest_email="")
    nobody = Concat(Value("erased-"), Cast("pk", CharField()), Value("@invalid"), output_field=TextField())
    orders.filter(customer=None).update(guest_name="Erased", guest_email=nobody)
    forget_reasons(where="order_id", ids=ids)
    forget_values(model="orders.Order", object_ids=ids)
    forget_values(model="orders.ChangeRequest", object_ids=changes.values_list("pk", flat=True))
    return len(ids)
