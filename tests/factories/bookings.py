"""Direct bookings in a named state."""

from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.types.range import Range

from backend.catalogue.models import Service
from backend.core.references import secret_token
from backend.scheduling.models import Appointment, Claim, CustomerAppointment
from backend.staff.models import Staff
from tests.factories.business import NOW

MONDAY_NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)
"""A working Monday, four weeks after NOW."""

_OF_THE_VISIT = ("status", "notes", "internal_notes", "version", "type")


def direct_booking(service: Service, *, staff: Staff, start: datetime = MONDAY_NINE, **given: Any) -> Appointment:
    """A confirmed visit in `staff`'s day with its claim, booked by Ada King without an account, or by `customer`.

    24 hours of notice for cancelling and moving; may be moved three times.
    """
    of_the_visit = {key: given.pop(key) for key in _OF_THE_VISIT if key in given}
    end = start + timedelta(minutes=service.duration_minutes)
    visit = Appointment.objects.create(
        service=service,
        staff=staff,
        start=start,
        end=end,
        buffer_minutes=service.buffer_minutes,
        created_at=NOW,
        **{"status": "CONFIRMED", "type": "SINGLE"} | of_the_visit,
    )
    customer = given.get("customer")
    terms: dict[str, Any] = {
        "contact_name": customer.name if customer else "Ada King",
        "contact_email": customer.email if customer else "ada@example.com",
        "contact_phone": "+442079460958",
        "line1": "10 Downing Street",
        "city": "London",
        "postcode": "SW1A 2AA",
        "price": service.price,
        "currency": "GBP",
        "policy_hours": 24,
        "cancellation_deadline": start - timedelta(hours=24),
        "reschedule_hours": 24,
        "reschedule_deadline": start - timedelta(hours=24),
        "max_reschedules": 3,
        "tracking_token": secret_token(),
    }
    CustomerAppointment.objects.create(appointment=visit, **terms | given)
    if visit.status in ("PENDING", "CONFIRMED", "IN_PROGRESS"):
        free = end + timedelta(minutes=service.buffer_minutes)
        Claim.objects.create(staff=staff, period=Range(start, free), kind="APPOINTMENT", appointment=visit)
    return visit
