"""What an account may be called, how long invitations last, and which phone numbers exist."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers

from backend.core.errors import FieldPath, InvalidInput, Refusal
from backend.core.languages import LANGUAGES

INVITATION_LIFETIME = timedelta(days=7)
DEFAULT_REGION = "GB"
AVATAR_SIDE = 512
"""Pixels."""


def international_number(text: str, *, field: FieldPath) -> str:
    """A phone number in E.164 (`+442079460958`); numbers without a country are read as British. Blank stays blank."""
    if not text.strip():
        return ""
    try:
        number = phonenumbers.parse(text, DEFAULT_REGION)
    except phonenumbers.NumberParseException as error:
        raise InvalidInput("This is not a phone number.", field) from error
    if not phonenumbers.is_possible_number(number):
        raise InvalidInput("No phone number is like this one.", field)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def known_zone(name: str, *, field: FieldPath) -> str:
    """An IANA time zone's name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidInput("There is no such time zone.", field) from error
    return name


PREFERENCES: Mapping[str, Collection[str]] = {
    "theme": ("system", "light", "dark"),
    "firstDayOfWeek": ("MONDAY", "SATURDAY", "SUNDAY"),
    "timeFormat": ("12h", "24h"),
    "distanceUnit": ("mi", "km"),
    "scheduleView": ("day", "week", "list"),
    "language": LANGUAGES,
}
"""What clients may keep about a person's taste, and the values that each can have."""


def preferences_refusals(given: object) -> list[Refusal]:
    """What is wrong with preferences: no object, keys that nobody knows, values that a key can't have."""
    if not isinstance(given, dict):
        return [InvalidInput("Preferences are an object.", ("preferences",))]
    refusals: list[Refusal] = []
    for key, value in given.items():
        if key not in PREFERENCES:
            known = ", ".join(PREFERENCES)
            refusals.append(InvalidInput(f"There is no such preference; these there are: {known}.", ("preferences",)))
        elif value not in PREFERENCES[key]:
            allowed = ", ".join(PREFERENCES[key])
            refusals.append(InvalidInput(f"This is one of {allowed}.", ("preferences", key)))
    return refusals
