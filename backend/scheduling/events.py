"""What happens to visits. `previous` is what the visit was before: start, end, status, staff_id; None for a new one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from backend.core.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentFact(Fact):
    """What every fact about a visit tells: how it stands now, and how it stood."""

    staff_id: int
    order_id: int | None
    appointment_id: int
    customer_id: int | None
    start: datetime
    end: datetime
    status: str
    previous: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentBooked(AppointmentFact):
    """A visit was put into somebody's day."""

    kind: ClassVar[str] = "appointment.booked"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentMoved(AppointmentFact):
    """A visit got another time or another member of staff."""

    kind: ClassVar[str] = "appointment.moved"

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentConfirmed(AppointmentFact):
    """The office promised a visit that waited for it."""

    kind: ClassVar[str] = "appointment.confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentAnnounced(AppointmentFact):
    """Whoever comes is on the way. `arrives_at` is when it thinks to be there, if it said so."""

    kind: ClassVar[str] = "appointment.on_the_way"

    arrives_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentStarted(AppointmentFact):
    """The work began."""

    kind: ClassVar[str] = "appointment.started"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentCompleted(AppointmentFact):
    """The work is done."""

    kind: ClassVar[str] = "appointment.completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentCancelled(AppointmentFact):
    """A visit was called off."""

    kind: ClassVar[str] = "appointment.cancelled"

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentMissed(AppointmentFact):
    """Nobody opened the door."""

    kind: ClassVar[str] = "appointment.no_show"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingLinked(Fact):
    """A guest's direct booking got its customer. Nothing for the schedule: the visit stays as it is."""

    kind: ClassVar[str] = "booking.linked"

    staff_id: int
    appointment_id: int
    customer_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotosUploaded(Fact):
    """Pictures of the finished work were added. Nothing for the schedule: the visit stays as it is."""

    kind: ClassVar[str] = "photo.uploaded"

    staff_id: int
    appointment_id: int
    customer_id: int | None
    photo_ids: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoDeleted(Fact):
    """The office took a picture away."""

    kind: ClassVar[str] = "photo.deleted"

    staff_id: int
    appointment_id: int
    customer_id: int | None
    photo_id: int
