"""What was told to whom."""

from typing import Any, TypeVar

from django.db.models import QuerySet

from backend.core.errors import FieldPath, NotFound
from backend.core.viewer import Permission, Viewer, require_signed_in
from backend.notifications.models import EmailLog, SmsLog

M = TypeVar("M", EmailLog, SmsLog)


def emails_visible_to(viewer: Viewer) -> QuerySet[EmailLog]:
    """All for admins, those of managed customers' accounts for managers with manage_customers, else one's own."""
    return _visible(EmailLog, viewer)


def sms_visible_to(viewer: Viewer) -> QuerySet[SmsLog]:
    """As `emails_visible_to`."""
    return _visible(SmsLog, viewer)


def emails_for(viewer: Viewer) -> QuerySet[EmailLog]:
    """The visible mails. Raises NotSignedIn."""
    require_signed_in(viewer)
    return emails_visible_to(viewer)


def sms_list_for(viewer: Viewer) -> QuerySet[SmsLog]:
    """The visible short messages. Raises NotSignedIn."""
    require_signed_in(viewer)
    return sms_visible_to(viewer)


def email_for(viewer: Viewer, email_id: int, *, field: FieldPath = (), lock: bool = False) -> EmailLog:
    """The visible mail, or NotFound."""
    return _one(emails_visible_to(viewer), email_id, "mail", field, lock=lock)


def sms_for(viewer: Viewer, sms_id: int, *, field: FieldPath = (), lock: bool = False) -> SmsLog:
    """The visible short message, or NotFound."""
    return _one(sms_visible_to(viewer), sms_id, "message", field, lock=lock)


def _visible(model: type[M], viewer: Viewer) -> QuerySet[M]:
    rows: Any = model._default_manager
    found: QuerySet[M] = rows.all()
    if viewer.is_admin:
        return found
    if viewer.manager is not None and viewer.may(Permission.MANAGE_CUSTOMERS):
        if viewer.manages_all:
            return found.filter(user__customer__isnull=False)
        return found.filter(user__customer__in=viewer.manager.customer_ids)
    return found.none() if viewer.user_id is None else found.filter(user=viewer.user_id)


def _one(rows: QuerySet[M], pk: int, what: str, field: FieldPath, *, lock: bool) -> M:
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=pk).first()
    if found is None:
        raise NotFound(f"There is no such {what}.", field)
    return found
