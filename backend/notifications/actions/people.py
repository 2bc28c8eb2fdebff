"""What becomes of what a customer was told, when it asks about it or is forgotten (docs/adr/0011)."""

from datetime import datetime
from typing import Any

from django.db.models import CharField, Q, TextField, Value
from django.db.models.functions import Cast, Concat

from backend.audit.actions import forget_parts
from backend.core.transactions import step
from backend.customers.queries import emails_of, phones_of
from backend.notifications.models import EmailLog, NotificationPreference, SmsLog
from backend.notifications.rules import MessageStatus


def export_messages(*, customer_id: int) -> list[dict[str, Any]]:
    """The mails that went to a customer, as plain values; instants in ISO 8601, UTC."""
    return [
        {
            "kind": each.kind,
            "recipient": each.recipient,
            "subject": each.subject,
            "text": each.text,
            "status": each.status,
            "created_at": each.created_at.isoformat(),
        }
        for each in EmailLog.objects.filter(_to(customer_id)).order_by("created_at", "pk")
    ]


@step
def erase_messages(*, customer_id: int, now: datetime) -> None:
    """Take a person out of the mails to it and of those about it; what waits to be sent to it never is."""
    to_it = _to(customer_id)
    about_it = Q(event__customer_id=customer_id) | Q(appointment__booking__customer=customer_id)
    EmailLog.objects.filter(to_it).exclude(status=MessageStatus.SENT).delete()
    EmailLog.objects.filter(to_it | about_it).update(
        subject="Erased", text="", html="", calendars=[], unsubscribe="", last_error=""
    )
    # Each its own, for of one event a person is told once.
    nobody = Concat(Value("erased-"), Cast("pk", CharField()), Value("@invalid"), output_field=TextField())
    EmailLog.objects.filter(to_it).update(recipient=nobody, recipient_name="Erased")
    SmsLog.objects.filter(Q(user__customer=customer_id) | Q(recipient__in=phones_of(customer_id)) | about_it).delete()
    emails = emails_of(customer_id)
    NotificationPreference.objects.filter(Q(user__customer=customer_id) | Q(email__in=emails)).delete()
    for email in emails:
        forget_parts(model="notifications.NotificationPreference", column="email", owner=email)


def _to(customer_id: int) -> Q:
    return Q(recipient__in=emails_of(customer_id)) | Q(user__customer=customer_id)
