"""What somebody booked."""

from django.db.models import QuerySet

from backend.customers.queries import belongs_to
from backend.customers.rules import DataSubject
from backend.scheduling.models import CustomerAppointment


def bookings_of(subject: DataSubject) -> QuerySet[CustomerAppointment]:
    """The bookings of a person's own, and those that it made as a guest."""
    return CustomerAppointment.objects.filter(belongs_to(subject, email="contact_email"))
