"""To whom something is told, and how they want to be spoken to."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from backend.accounts.queries import manner_of
from backend.core.business import business
from backend.core.languages import known_language


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who is told something. `user_id` is None for guests and for the office."""

    name: str
    email: str
    phone: str = ""
    user_id: int | None = None
    language: str
    zone: ZoneInfo


def person(*, name: str, email: str, phone: str = "", user_id: int | None = None, language: str = "") -> Person:
    """With the language and the zone of its profile. One statement.

    Where it has none, `language` is what it asked for when it was a guest; else they are the business's.
    """
    rules = business()
    manner = None if user_id is None else manner_of(user_id)
    spoken = (manner.language if manner else "") or language
    return Person(
        name=name,
        email=email,
        phone=phone or (manner.phone if manner else ""),
        user_id=user_id,
        language=known_language(spoken, otherwise=rules.language),
        zone=manner.zone if manner else rules.zone,
    )


def the_office() -> Person:
    """The business's own inbox."""
    rules = business()
    return Person(name=rules.name, email=rules.email, language=rules.language, zone=rules.zone)
