"""Events and their deliveries."""

from typing import Any

from backend.events.models import Delivery, Event
from backend.events.rules import Happened
from tests.factories.business import NOW


def event(kind: str = "probe.fired", **given: Any) -> Event:
    """An event in the log, not yet routed."""
    return Event.objects.create(**{"kind": kind, "occurred_at": NOW} | given)


def delivery(row: Event | None = None, handler: str = "probe.count", **given: Any) -> Delivery:
    """A delivery that is due at NOW."""
    return Delivery.objects.create(event=row or event(), handler=handler, **{"due_at": NOW} | given)


def happened(row: Event) -> Happened:
    """The event as handlers get it."""
    return Happened(
        event_id=row.pk,
        kind=row.kind,
        staff_id=row.staff_id,
        order_id=row.order_id,
        appointment_id=row.appointment_id,
        customer_id=row.customer_id,
        actor_id=row.actor_id,
        data=row.data,
        occurred_at=row.occurred_at,
    )
