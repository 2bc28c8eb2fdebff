"""What happens in the catalogue."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChanged(Fact):
    """A service was made, changed or deactivated."""

    kind: ClassVar[str] = "service.changed"

    service_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceProposed(Fact):
    """A member of staff asks for a service to be offered, for the first time or again."""

    kind: ClassVar[str] = "service.proposed"

    service_id: int
    staff_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceApproved(Fact):
    """The office lets a proposed service be booked."""

    kind: ClassVar[str] = "service.approved"

    service_id: int
    staff_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRejected(Fact):
    """The office does not want a proposed service."""

    kind: ClassVar[str] = "service.rejected"

    service_id: int
    staff_id: int | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceWithdrawn(Fact):
    """A member of staff takes its proposal back."""

    kind: ClassVar[str] = "service.withdrawn"

    service_id: int
    staff_id: int
