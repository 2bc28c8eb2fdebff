"""What happens to the people in the field and to their time."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from backend.core.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffChanged(Fact):
    """A member of staff was taken on, changed, deactivated or brought back."""

    kind: ClassVar[str] = "staff.changed"

    staff_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingTimeChanged(Fact):
    """The week or a date's exception is another. Visits that are booked stay."""

    kind: ClassVar[str] = "staff.working_time_changed"

    staff_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OffersChanged(Fact):
    """A service was given, taken away, or got another price or duration."""

    kind: ClassVar[str] = "staff.offers_changed"

    staff_id: int
    service_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AreasChanged(Fact):
    """An area was added, resized or removed."""

    kind: ClassVar[str] = "staff.areas_changed"

    staff_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOffRecorded(Fact):
    """An absence was entered; instants in UTC."""

    kind: ClassVar[str] = "staff.time_off_recorded"

    staff_id: int
    time_off_id: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOffErased(Fact):
    """An absence was taken back; instants in UTC."""

    kind: ClassVar[str] = "staff.time_off_erased"

    staff_id: int
    time_off_id: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffChangeRequested(Fact):
    """A member of staff asks the office for a change of its time or places."""

    kind: ClassVar[str] = "staff.change_requested"

    staff_id: int
    change_id: int
    change_kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffChangeApproved(Fact):
    """The office has carried a wish out."""

    kind: ClassVar[str] = "staff.change_approved"

    staff_id: int
    change_id: int
    change_kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffChangeRejected(Fact):
    """The office turned a wish down."""

    kind: ClassVar[str] = "staff.change_rejected"

    staff_id: int
    change_id: int
    change_kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffChangeWithdrawn(Fact):
    """A member of staff took its wish back."""

    kind: ClassVar[str] = "staff.change_withdrawn"

    staff_id: int
    change_id: int
    change_kind: str
