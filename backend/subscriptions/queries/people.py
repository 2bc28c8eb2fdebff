"""What somebody subscribed to."""

from django.db.models import QuerySet

from backend.customers.queries import belongs_to
from backend.customers.rules import DataSubject
from backend.subscriptions.models import Subscription


def plans_of(subject: DataSubject) -> QuerySet[Subscription]:
    """The plans of a person's own, and those that it made as a guest."""
    return Subscription.objects.filter(belongs_to(subject, email="guest_email"))
