"""What becomes of a customer's bookings when customers are merged, asked about, or forgotten (docs/adr/0011)."""

from datetime import datetime
from typing import Any

from django.db.models import CharField, Prefetch, TextField, Value
from django.db.models.functions import Cast, Concat

from backend.audit.actions import forget_values
from backend.core.errors import FieldPath, InvalidTransition
from backend.core.transactions import step
from backend.customers.queries import written_to
from backend.customers.rules import DataSubject
from backend.events.actions import forget_reasons
from backend.scheduling.actions.photos import delete_photos_of
from backend.scheduling.models import Appointment, CustomerAppointment, Hold
from backend.scheduling.queries.people import bookings_of
from backend.scheduling.queries.photos import kept_photos
from backend.scheduling.rules import OPEN_STATUSES


@step
def bookings_follow(*, from_id: int, to_id: int) -> int:
    """Give a merged customer's bookings to the other; how many."""
    return CustomerAppointment.objects.filter(customer_id=from_id).update(customer_id=to_id)


def export_bookings(*, subject: DataSubject) -> list[dict[str, Any]]:
    """A person's bookings as plain values; instants in ISO 8601, UTC. Photos themselves are behind their links."""
    rows = bookings_of(subject).select_related("appointment")
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
            "language": row.contact_language,
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
def erase_bookings(*, subject: DataSubject, field: FieldPath, now: datetime) -> int:
    """Take the person out of its past visits and its holds; how many visits. InvalidTransition while one is open."""
    found = list(bookings_of(subject).values_list("pk", "appointment_id", "appointment__status"))
    if any(status in OPEN_STATUSES for _, _, status in found):
        raise InvalidTransition("There are open visits: complete or cancel them first.", field)
    ids, visits = [row[0] for row in found], [row[1] for row in found]
    Appointment.objects.filter(pk__in=visits).update(notes="", internal_notes="")
    delete_photos_of(appointment_ids=visits, now=now)
    nobody = Concat(Value("erased-"), Cast("pk", CharField()), Value("@invalid"), output_field=TextField())
    CustomerAppointment.objects.filter(pk__in=ids).update(
        contact_name="Erased",
        contact_email=nobody,
        contact_phone="",
        contact_language="",
        line1="Erased",
        line2="",
        city="",
        postcode="",
        tracking_token=None,
    )
    Hold.objects.filter(written_to(subject, "email")).update(email="", client="", postcode="")
    forget_reasons(where="appointment_id", ids=visits)
    forget_values(model="scheduling.CustomerAppointment", object_ids=ids)
    forget_values(model="scheduling.Appointment", object_ids=visits)
    return len(ids)
