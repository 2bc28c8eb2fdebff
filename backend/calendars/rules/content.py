"""The words of an entry, for each of those who have it in their calendar (`seeds/002…`, "Calendar Event Data by Role").

Internal notes are in none of them: a calendar is shared, exported and shown on lock screens.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum


class Audience(StrEnum):
    """For whom an entry is written."""

    CUSTOMER = "CUSTOMER"
    STAFF = "STAFF"
    OFFICE = "OFFICE"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFacts:
    """What is known of a visit. Instants are UTC; `number` is that of the order or plan, empty for direct bookings."""

    appointment_id: int
    version: int
    created_at: datetime
    start: datetime
    end: datetime
    service: str
    staff_name: str
    staff_phone: str
    customer_name: str
    customer_email: str
    customer_phone: str
    address: str
    number: str
    notes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """An entry as it should stand in a calendar. Instants are UTC."""

    summary: str
    description: str
    location: str
    start: datetime
    end: datetime


def content_for(audience: Audience, visit: VisitFacts) -> Content:
    """The entry of a visit. Lines about what is not known are left out."""
    customer = [
        ("Customer", visit.customer_name),
        ("Email", visit.customer_email),
        ("Phone", visit.customer_phone),
    ]
    order, notes = ("Order", visit.number), ("Notes", visit.notes)
    if audience is Audience.CUSTOMER:
        summary = f"Service: {visit.service}"
        lines = [order, ("Staff", visit.staff_name), ("Phone", visit.staff_phone), notes]
    elif audience is Audience.STAFF:
        summary = f"{visit.service} at {_possessive(visit.customer_name)}"
        lines = [*customer, order, ("Special instructions", visit.notes), ("Address", visit.address)]
    else:
        summary = f"{visit.staff_name} - {visit.service}"
        person = f"{visit.staff_name} ({visit.staff_phone})" if visit.staff_phone else visit.staff_name
        what = ("Service", visit.service)
        lines = [("Staff", person), *customer, order, what, ("Address", visit.address), notes]
    return Content(
        summary=summary,
        description="\n".join(f"{name}: {value}" for name, value in lines if value),
        location=visit.address,
        start=visit.start,
        end=visit.end,
    )


def fingerprint(content: Content, reminder_minutes: int | None = None) -> str:
    """The same for the same entry with the same reminder, and another for any other."""
    instants = {"start": content.start.isoformat(), "end": content.end.isoformat()}
    kept = asdict(content) | instants | {"reminder": reminder_minutes}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def _possessive(name: str) -> str:
    return f"{name}'" if name.endswith("s") else f"{name}'s"
