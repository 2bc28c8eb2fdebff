"""What becomes of a customer's calendars when it asks about them, or is forgotten (docs/adr/0011)."""

from datetime import datetime
from typing import Any

from backend.audit.actions import forget_parts
from backend.calendars.models import CalendarConnection, CalendarFeed
from backend.core.errors import FieldPath
from backend.core.transactions import step
from backend.customers.rules import DataSubject


def export_calendars(*, subject: DataSubject) -> list[dict[str, Any]]:
    """Its connections and feeds as plain values, without what lets anybody in; instants in ISO 8601, UTC."""
    connections = CalendarConnection.objects.filter(user__in=subject.user_ids).order_by("created_at", "pk")
    feeds = CalendarFeed.objects.filter(user__in=subject.user_ids).order_by("created_at", "pk")
    return [
        {
            "kind": "connection",
            "provider": each.provider,
            "account": each.account,
            "state": each.state,
            "settings": each.settings,
            "created_at": each.created_at.isoformat(),
        }
        for each in connections
    ] + [{"kind": "feed", "name": each.name, "created_at": each.created_at.isoformat()} for each in feeds]


@step
def erase_calendars(*, subject: DataSubject, field: FieldPath, now: datetime) -> int:
    """Its connections go with their credentials, its feeds with their addresses; no provider is asked any more."""
    gone = 0
    for model in (CalendarConnection, CalendarFeed):
        rows = model._default_manager.filter(user__in=subject.user_ids)
        owners = set(rows.values_list("user_id", flat=True))
        gone += rows.delete()[1].get(model._meta.label, 0)
        for owner in owners:
            forget_parts(model=model._meta.label, column="user_id", owner=owner)
    return gone
