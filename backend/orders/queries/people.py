"""What somebody ordered."""

from django.db.models import QuerySet

from backend.customers.queries import belongs_to
from backend.customers.rules import DataSubject
from backend.orders.models import Order


def orders_of(subject: DataSubject) -> QuerySet[Order]:
    """The orders of a person's own, and those that it placed as a guest."""
    return Order.objects.filter(belongs_to(subject, email="guest_email"))
