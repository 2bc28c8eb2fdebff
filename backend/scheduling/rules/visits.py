"""What is needed for a visit, and what is written down when it is booked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from backend.core.errors import FieldPath
from backend.core.money import ZERO, to_cents
from backend.geography.rules import Place
from backend.scheduling.rules.states import AppointmentStatus, AppointmentType


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time, `start` included, `end` not. Aware instants."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """On which terms a member of staff does a service; None leaves the service's own."""

    price_override: Decimal | None = None
    duration_override_minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What somebody wants done, as the catalogue has it, before it is known who comes."""

    service_id: int
    duration_minutes: int
    price: Decimal
    buffer_minutes: int = 0
    extra_minutes: int = 0
    extra_price: Decimal = ZERO
    quantity: int = 1

    def minutes(self, offer: Offer) -> int:
        """How long the work takes this member of staff, without the buffer."""
        own = offer.duration_override_minutes
        return ((self.duration_minutes if own is None else own) + self.extra_minutes) * self.quantity

    def total(self, offer: Offer) -> Decimal:
        """What it costs when this member of staff comes."""
        own = offer.price_override
        return to_cents((self.price if own is None else own) + self.extra_price) * self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPlan:
    """A visit as it is to be booked, with the terms that are frozen with it. Instants are in UTC.

    `field` is the path into the input that a refusal of this visit names: `("items", 0)`.
    """

    service_id: int
    staff_id: int
    start: datetime
    end: datetime
    buffer_minutes: int
    type: AppointmentType
    status: AppointmentStatus = AppointmentStatus.CONFIRMED
    notes: str = ""
    customer_id: int | None
    contact_name: str
    contact_email: str
    contact_phone: str = ""
    contact_language: str = ""
    line1: str
    line2: str = ""
    city: str
    postcode: str
    country: str = "GB"
    price: Decimal
    currency: str
    extras: Sequence[Mapping[str, Any]] = ()
    policy_hours: int
    place: Place | None = None
    """Where `postcode` lies, from whoever has looked it up already; what is left out is looked up when it is booked."""
    reschedule_hours: int | None = None
    """None: as long as cancelling takes."""
    max_reschedules: int = 0
    tracking_token: str | None = None
    field: FieldPath = ()

    @property
    def busy_until(self) -> datetime:
        """When the person is free again: the end and the buffer."""
        return self.end + timedelta(minutes=self.buffer_minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where an open visit goes: a new start, another member of staff, or both. None leaves what it has.

    Its length stays what was booked, whatever the new person's own pace: the price was agreed on for it.
    """

    start: datetime | None = None
    staff_id: int | None = None
