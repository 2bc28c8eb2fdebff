"""An order follows its visits: what staff do on the spot moves it on (docs/adr/0015-orders-follow-their-visits.md)."""

from datetime import datetime

from backend.core.transactions import step
from backend.events.actions import emit
from backend.events.rules import Happened
from backend.orders.actions.change import appointments_of, settle_cancelled, settle_completed
from backend.orders.events import OrderStarted
from backend.orders.models import Order
from backend.orders.queries import order_of_visit
from backend.orders.rules import OrderStatus, status_by_visits
from backend.scheduling.queries import statuses_of
from backend.scheduling.rules import AppointmentStatus

NOBODY_IN = "Nobody was in when we came."
ALL_CALLED_OFF = "All of its visits were called off."


@step
def follow_visits(*, event: Happened, now: datetime) -> Order | None:
    """Let the order of the visit that `event` tells of be what its visits make it; None where it has no order.

    Looks at the visits as they stand, under the order's lock, and not at what the event says: told twice, late or in
    another order, it comes out the same.
    """
    order = order_of_visit(event.appointment_id, lock=True) if event.appointment_id is not None else None
    if order is None:
        return None
    visits = list(statuses_of(appointments_of(order)).values())
    before = OrderStatus(order.status)
    after = status_by_visits(before, visits)
    if after is before:
        return order
    if after is OrderStatus.COMPLETED:
        settle_completed(order, actor_id=event.actor_id, now=now)
    elif after is OrderStatus.CANCELLED:
        settle_cancelled(order, reason=_why(event, visits), actor_id=event.actor_id, now=now)
    else:
        order.status, order.version = after, order.version + 1
        order.save(update_fields=["status", "version"])
        emit([OrderStarted(order_id=order.pk, customer_id=order.customer_id, actor_id=event.actor_id)], now=now)
    return order


def _why(event: Happened, visits: list[AppointmentStatus]) -> str:
    """What the customer is told: why the last visit was called off, where that was said."""
    if AppointmentStatus.NO_SHOW in visits:
        return NOBODY_IN
    return str(event.data.get("reason") or ALL_CALLED_OFF)
