"""What becomes of a customer's orders when customers are merged, asked about, or forgotten (docs/adr/0011)."""

from datetime import datetime
from typing import Any

from backend.audit.actions import forget_values
from backend.core.errors import InvalidTransition
from backend.core.transactions import step
from backend.events.actions import forget_reasons
from backend.orders.models import ChangeRequest, Order
from backend.orders.rules import OrderStatus

_ENDED = (OrderStatus.COMPLETED, OrderStatus.CANCELLED)


@step
def orders_follow(*, from_id: int, to_id: int) -> int:
    """Give a merged customer's orders to the other; how many."""
    return Order.objects.filter(customer_id=from_id).update(customer_id=to_id)


def export_orders(*, customer_id: int) -> list[dict[str, Any]]:
    """A customer's orders with their lines, as plain values."""
    orders = Order.objects.filter(customer_id=customer_id).prefetch_related(
        "items__service", "items__extras", "change_requests"
    )
    return [
        {
            "order_number": order.order_number,
            "status": order.status,
            "created_at": order.created_at.isoformat(),
            "scheduled_date": order.scheduled_date.isoformat(),
            "scheduled_time": f"{order.scheduled_time:%H:%M}",
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
def erase_orders(*, customer_id: int, now: datetime) -> None:
    """Take the person out of its ended orders. InvalidTransition while one is pending or confirmed."""
    orders = Order.objects.filter(customer_id=customer_id)
    if orders.exclude(status__in=_ENDED).exists():
        raise InvalidTransition("The customer has open orders: complete or cancel them first.", ("customer_id",))
    changes = ChangeRequest.objects.filter(order__in=orders)
    changes.update(reason="", review_note="")
    orders.update(
        is_guest_order=False,  # a linked order has its customer; what the guest typed goes
        guest_name="",
        guest_email="",
        guest_phone="",
        line1="Erased",
        line2="",
        city="",
        postcode="",
        notes="",
        internal_notes="",
        cancellation_reason="",
    )
    forget_reasons(where="order_id", ids=orders.values_list("pk", flat=True))
    forget_values(model="orders.Order", object_ids=orders.values_list("pk", flat=True))
    forget_values(model="orders.ChangeRequest", object_ids=changes.values_list("pk", flat=True))
