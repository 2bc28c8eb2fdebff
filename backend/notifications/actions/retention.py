"""How long it is kept what was told to whom."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from backend.core.transactions import step
from backend.notifications.models import EmailLog, Reminder, SmsLog
from backend.notifications.rules import MessageStatus

_SETTLED = (MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.DROPPED)


@step
def forget_old_messages(*, limit: int, now: datetime) -> int:
    """Delete up to `limit` messages and notes of reminders older than MESSAGES_KEEP_DAYS; how many there were.

    What still waits to be sent stays, however old.
    """
    before = now - settings.ROTA_MESSAGES_LIFETIME
    gone = 0
    settled: tuple[QuerySet[Any], ...] = (
        EmailLog.objects.filter(created_at__lt=before, status__in=_SETTLED),
        SmsLog.objects.filter(created_at__lt=before, status__in=_SETTLED),
        Reminder.objects.filter(created_at__lt=before, start__lt=now),
    )
    for rows in settled:
        if gone < limit:
            old = rows.order_by("created_at").values("pk")[: limit - gone]
            gone += rows.model._default_manager.filter(pk__in=old).delete()[0]
    return gone
