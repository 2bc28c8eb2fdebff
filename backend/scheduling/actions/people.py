"""What becomes of a customer's bookings when customers are merged, asked about, or forgotten (docs/adr/0011)."""

from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from backend.audit.actions import forget_values
from backend.core.errors import InvalidTransition
from backend.core.transactions import step
from backend.customers.queries import emails_of
from backend.events.actions import forget_reasons
from backend.scheduling.actions.photos import delete_photos_of
from backend.scheduling.models import Appointment, CustomerAppointment, Hold
from backend.scheduling.queries.photos import kept_photos
from backend.scheduling.rules import OPEN_STATUSES


@step
def bookings_follow(*, from_id: int, to_id: int) -> int:
    """Give a merged customer's bookings to the other; how many."""
    return CustomerAppointment.objects.filter(customer_id=from_id).update(customer_id=to_id)


def export_bookings(*, customer_id: int) -> list[dict[str, Any]]:
    """A customer's bookings as plain values; instants in ISO 8601, UTC. Photos themselves are behind their links."""
    rows = CustomerAppointment.objects.filter(customer_id=customer_id).select_related("appointment")
    rows = rows.prefetch_related(Prefetch("appointment__photos", kept_photos()))
    return [
        {
            "start": row.appointment.start.isoformat(),
            "end": row.appointment.end.isoformat(),
            "status": row.appointment.status,
            "notes": row.appointment.notes,
            "name": row.contact_name,
            "email": row.contact_email,
            "phone": row.contact_phone,
            "line1": row.line1,
            "line2": row.line2,
            "city": row.city,
            "postcode": row.postcode,
            "price": str(row.price),
            "currency": row.currency,
            "photos": [
                {"taken_at": each.created_at.isoformat(), "width": each.width, "height": each.height}
                for each in row.appointment.photos.all()
            ],
        }
        for row in rows.order_by("appointment__start", "pk")
    ]


@step
def erase_bookings(*, customer_id: int, now: datetime) -> None:
    """Take the person out of its past visits. InvalidTransition while one is open."""
    bookings = CustomerAppointment.objects.filter(customer_id=customer_id)
    if bookings.filter(appointment__status__in=OPEN_STATUSES).exists():
        raise InvalidTransition("The customer has open visits: complete or cancel them first.", ("customer_id",))
    Appointment.objects.filter(booking__in=bookings).update(notes="", internal_notes="")
    delete_photos_of(appointment_ids=list(bookings.values_list("appointment_id", flat=True)), now=now)
    bookings.update(
        contact_name="Erased",
        contact_email=f"erased-{customer_id}@invalid",
        contact_phone="",
        line1="Erased",
        line2="",
        city="",
        postcode="",
        tracking_token=None,
    )
    Hold.objects.filter(email__in=emails_of(customer_id)).update(email="", client="", postcode="")
    forget_reasons(where="appointment_id", ids=bookings.values_list("appointment_id", flat=True))
    forget_values(model="scheduling.CustomerAppointment", object_ids=bookings.values_list("pk", flat=True))
    forget_values(model="scheduling.Appointment", object_ids=bookings.values_list("appointment_id", flat=True))
