"""What becomes of what a person was told, when it asks about it or is forgotten (docs/adr/0011)."""

from datetime import datetime
from typing import Any

from django.db.models import CharField, Q, TextField, Value
from django.db.models.functions import Cast, Concat

from backend.audit.actions import forget_parts
from backend.core.errors import FieldPath
from backend.core.transactions import step
from backend.customers.queries import dialled, written_to
from backend.customers.rules import DataSubject
from backend.notifications.models import EmailLog, NotificationPreference, SmsLog
from backend.notifications.rules import MessageStatus
from backend.orders.queries.people import orders_of
from backend.scheduling.queries.people import bookings_of
from backend.subscriptions.queries.people import plans_of


def export_messages(*, subject: DataSubject) -> list[dict[str, Any]]:
    """The mails and short messages that went to a person, as plain values; instants in ISO 8601, UTC.

    Short messages by its account and by what they tell of: that a number was typed does not show whose it is.
    """
    mails = [
        {
            "kind": each.kind,
            "way": "email",
            "recipient": each.recipient,
            "subject": each.subject,
            "text": each.text,
            "status": each.status,
            "created_at": each.created_at.isoformat(),
        }
        for each in EmailLog.objects.filter(_mailed_to(subject)).order_by("created_at", "pk")
    ]
    texted = Q(user__in=subject.user_ids) | Q(user=None) & _about(subject)
    return mails + [
        {
            "kind": each.kind,
            "way": "sms",
            "recipient": each.recipient,
            "text": each.text,
            "status": each.status,
            "created_at": each.created_at.isoformat(),
        }
        for each in SmsLog.objects.filter(texted).order_by("created_at", "pk")
    ]


@step
def erase_messages(*, subject: DataSubject, field: FieldPath, now: datetime) -> int:
    """Take a person out of the mails to it and of those about it; what waits to be sent to it never is. How many."""
    to_it, about_it = (_ids(EmailLog, each) for each in (_mailed_to(subject), _about(subject)))
    EmailLog.objects.filter(pk__in=to_it).exclude(status=MessageStatus.SENT).delete()
    EmailLog.objects.filter(pk__in=to_it | about_it).update(
        subject="Erased", text="", html="", calendars=[], unsubscribe="", last_error=""
    )
    # Each its own, for of one event a person is told once.
    nobody = Concat(Value("erased-"), Cast("pk", CharField()), Value("@invalid"), output_field=TextField())
    EmailLog.objects.filter(pk__in=to_it).update(recipient=nobody, recipient_name="Erased")
    dialled_by_us = Q(user=None, recipient__in=subject.phones | dialled(_phones(subject)))
    texted = _ids(SmsLog, Q(user__in=subject.user_ids) | dialled_by_us | _about(subject))
    SmsLog.objects.filter(pk__in=texted).delete()
    wishes = Q(user__in=subject.user_ids) | Q(user=None) & written_to(subject, "email")
    for wish in NotificationPreference.objects.filter(wishes):
        wish.delete()
        if wish.email:
            forget_parts(model="notifications.NotificationPreference", column="email", owner=wish.email)
    return len(to_it | about_it) + len(texted)


def _mailed_to(subject: DataSubject) -> Q:
    """By its account; by its e-mail what nobody else's account was told and what is not about somebody else."""
    return Q(user__in=subject.user_ids) | Q(user=None) & written_to(subject, "recipient", proven=True)


def _about(subject: DataSubject) -> Q:
    """What tells of the person, or of what it booked, ordered or subscribed to, as far as the log goes back."""
    visits = bookings_of(subject).values("appointment_id")
    plans = list(plans_of(subject).values_list("pk", flat=True))
    return (
        Q(event__customer_id__in=subject.customer_ids)
        | Q(event__order_id__in=orders_of(subject).values("pk"))
        | Q(event__appointment_id__in=visits)
        | Q(event__data__subscription_id__in=plans)
        | Q(appointment__in=visits)
    )


def _phones(subject: DataSubject) -> set[str]:
    """The numbers that it gave for what it did."""
    return {
        *bookings_of(subject).values_list("contact_phone", flat=True),
        *orders_of(subject).values_list("guest_phone", flat=True),
        *plans_of(subject).values_list("guest_phone", flat=True),
    }


def _ids(model: type[EmailLog] | type[SmsLog], found: Q) -> set[int]:
    """Written down first: what is erased is not found again by what it said."""
    return set(model._default_manager.filter(found).values_list("pk", flat=True))
