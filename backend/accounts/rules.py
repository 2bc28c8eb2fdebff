"""What an account may be called and take over, how long invitations last, and which phone numbers exist."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers

from backend.accounts.errors import EmailMismatch, EmailNotVerified
from backend.core.errors import FieldPath, InvalidInput, InvalidTransition, Refusal
from backend.core.languages import LANGUAGES

INVITATION_LIFETIME = timedelta(days=7)
DEFAULT_REGION = "GB"
AVATAR_SIDE = 512
"""Pixels."""


def require_may_take_over(
    what: str, *, is_owned: bool, guest_email: str, email: str, verified_at: datetime | None, field: FieldPath
) -> None:
    """Whether an account gets what a guest made (`what`: "order"): only with the guest's e-mail, and that proven.

    Raises EmailNotVerified, InvalidTransition for what has its customer, and EmailMismatch.
    """
    if verified_at is None:
        raise EmailNotVerified("Prove your e-mail first: we have sent you a link.")
    if is_owned:
        raise InvalidTransition(f"This {what} belongs to an account already.", field)
    if email.lower() != guest_email.lower():
        raise EmailMismatch(f"This {what} was made with another e-mail.", field)


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
