"""The way out to people's calendars: one adapter for each provider, behind one Protocol.

Ids of entries are given by us wherever a provider lets us, so that nothing is made twice by a worker that dies between
the provider's answer and our commit.
"""

from backend.calendars.gateway.apple import AppleCalendar
from backend.calendars.gateway.base import (
    Account,
    CalendarGateway,
    Entry,
    KeepSecrets,
    Period,
    Placed,
    Secrets,
    ways_out,
)
from backend.calendars.gateway.google import GoogleCalendar
from backend.calendars.gateway.microsoft import MicrosoftCalendar
from backend.calendars.gateway.oauth import authorization_url, is_offered, new_verifier

__all__ = [
    "Account",
    "AppleCalendar",
    "CalendarGateway",
    "Entry",
    "GoogleCalendar",
    "KeepSecrets",
    "MicrosoftCalendar",
    "Period",
    "Placed",
    "Secrets",
    "authorization_url",
    "is_offered",
    "new_verifier",
    "ways_out",
]
