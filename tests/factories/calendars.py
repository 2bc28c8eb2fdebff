"""Calendars in a named state."""

import json
from typing import Any

from backend.accounts.models import User
from backend.calendars.models import CalendarConnection, CalendarEvent, CalendarFeed
from backend.core.references import secret_token, token_hash
from backend.core.sealing import seal
from backend.scheduling.models import Appointment
from tests.factories.business import NOW


def connected_calendar(user: User, **given: Any) -> CalendarConnection:
    """A Google calendar that lets us in; give `secrets` for other tokens."""
    secrets = given.pop("secrets", {"access_token": "ya29.access", "refresh_token": "1//refresh", "expires_at": 0})
    ours: dict[str, Any] = {
        "provider": "GOOGLE",
        "state": "CONNECTED",
        "account": user.email,
        "calendar_id": "primary",
        "created_at": NOW,
    }
    return CalendarConnection.objects.create(user=user, **{"sealed": seal(json.dumps(secrets))} | ours | given)


def calendar_event(visit: Appointment, connection: CalendarConnection, **given: Any) -> CalendarEvent:
    """An entry that stands in a calendar."""
    ours = {"state": "SYNCED", "external_id": f"e{visit.pk}", "etag": '"1"', "fingerprint": "0" * 64, "synced_at": NOW}
    return CalendarEvent.objects.create(appointment=visit, connection=connection, **ours | given)


def calendar_feed(user: User, *, token: str = "", **given: Any) -> CalendarFeed:
    """A live feed with this secret."""
    ours = {"name": "Phone", "created_at": NOW, "changed_at": NOW}
    return CalendarFeed.objects.create(user=user, token_hash=token_hash(token or secret_token()), **ours | given)
