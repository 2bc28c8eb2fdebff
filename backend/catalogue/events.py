"""What happens in the catalogue."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChanged(Fact):
    """A service was made, changed or deactivated."""

    kind: ClassVar[str] = "service.changed"

    service_id: int
