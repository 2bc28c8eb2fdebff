"""What an account may be called, how long invitations last, and which phone numbers exist."""

from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers

from backend.core.errors import FieldPath, InvalidInput

INVITATION_LIFETIME = timedelta(days=7)
DEFAULT_REGION = "GB"
MAX_PREFERENCES_BYTES = 10_000


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
