"""Orders in a named state."""

from datetime import date, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import transaction
from psycopg.types.range import Range

from backend.catalogue.models import Service
from backend.core import clock
from backend.core.business import business
from backend.core.references import secret_token
from backend.orders.models import Order, OrderItem
from backend.scheduling.models import Appointment, Claim, CustomerAppointment
from backend.staff.models import Staff
from tests.factories.business import CENTROIDS, NOW

_number = count(1)
MONDAY = date(2027, 3, 1)
"""A working Monday, four weeks after NOW."""


@transaction.atomic  # the lines come after the order, and a commit between them is refused
def pending_order(*services: Service, staff: Staff | None = None, **given: Any) -> Order:
    """A guest's order for `services` on MONDAY at 09:00 in SW1A, waiting for the office."""
    number = next(_number)
    customer = given.get("customer")
    subtotal = sum((service.price for service in services), Decimal("0.00"))
    day, at = given.get("scheduled_date", MONDAY), given.get("scheduled_time", time(9))
    values: dict[str, Any] = {
        "order_number": f"ORD-20270201-T{number:05}",
        "tracking_token": secret_token(),
        "is_guest_order": customer is None,
        "guest_name": "" if customer else "Ada King",
        "guest_email": "" if customer else "ada@example.com",
        "guest_phone": "" if customer else "+442079460958",
        "line1": "10 Downing Street",
        "city": "London",
        "postcode": "SW1A 2AA",
        "scheduled_date": day,
        "scheduled_time": at,
        "subtotal": subtotal,
        "total": subtotal,
        "currency": "GBP",
        "policy_hours": 24,
        "cancellation_deadline": clock.instant(day, at, business().zone) - timedelta(hours=24),
        "created_at": NOW,
    }
    order = Order.objects.create(**values | given)
    for position, service in enumerate(services):
        OrderItem.objects.create(
            order=order,
            position=position,
            service=service,
            quantity=1,
            unit_price=service.price,
            total_price=service.price,
            duration_minutes=service.duration_minutes,
            buffer_minutes=service.buffer_minutes,
            staff=staff,
        )
    return order


@transaction.atomic
def confirmed_order(*services: Service, staff: Staff, **given: Any) -> Order:
    """A confirmed order whose visits follow each other in `staff`'s day, with claims and bookings."""
    order = pending_order(*services, staff=staff, **{"status": "CONFIRMED", "confirmed_at": NOW, "version": 2} | given)
    start = clock.instant(order.scheduled_date, order.scheduled_time, business().zone)
    for item in order.items.all():
        end = start + timedelta(minutes=item.duration_minutes)
        free = end + timedelta(minutes=item.buffer_minutes)
        item.appointment = Appointment.objects.create(
            service=item.service,
            staff=staff,
            start=start,
            end=end,
            buffer_minutes=item.buffer_minutes,
            status="CONFIRMED",
            type="ORDER_ITEM",
            created_at=NOW,
        )
        item.save()
        CustomerAppointment.objects.create(
            appointment=item.appointment,
            customer=order.customer,
            contact_name=order.customer.name if order.customer else order.guest_name,
            contact_email=order.customer.email if order.customer else order.guest_email,
            contact_language=order.guest_language,
            line1=order.line1,
            city=order.city,
            postcode=order.postcode,
            price=item.total_price,
            currency=order.currency,
            policy_hours=24,
            cancellation_deadline=start - timedelta(hours=24),
            reschedule_hours=24,
            reschedule_deadline=start - timedelta(hours=24),
        )
        latitude, longitude = CENTROIDS.get(order.postcode.split()[0], (None, None))
        Claim.objects.create(
            staff=staff,
            period=Range(start, free),
            kind="APPOINTMENT",
            appointment=item.appointment,
            latitude=latitude,
            longitude=longitude,
        )
        start = free
    return order
