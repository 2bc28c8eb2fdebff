"""How somebody wants a calendar to be kept."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from backend.core.errors import InvalidInput, OutOfRange, Refusal, raise_all
from backend.core.viewer import Role

MAX_REMINDER = 28 * 24 * 60
"""Minutes: the longest that Google takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSettings:
    """`reminder_minutes` before the start, None for what the calendar itself does; `all_visits` of the business, for
    admins; whether what else stands in the calendar keeps visits away (`busy_blocks`), for staff."""

    reminder_minutes: int | None = None
    all_visits: bool = False
    busy_blocks: bool = False

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "CalendarSettings":
        """From the column; what a later version has put there is passed over."""
        names = cls.__dataclass_fields__
        return cls(**{name: value for name, value in kept.items() if name in names})

    def as_json(self) -> dict[str, Any]:
        """For the column."""
        return asdict(self)

    def require_for(self, role: Role) -> None:
        """Refuses what makes no sense for this role, all at once."""
        refusals: list[Refusal] = []
        if self.reminder_minutes is not None and not 0 <= self.reminder_minutes <= MAX_REMINDER:
            refusals.append(OutOfRange(f"Say 0 to {MAX_REMINDER} minutes.", ("settings", "reminder_minutes")))
        if self.all_visits and role is not Role.ADMIN:
            refusals.append(InvalidInput("Only admins can have all visits.", ("settings", "all_visits")))
        if self.busy_blocks and role is not Role.STAFF:
            refusals.append(InvalidInput("Only staff have a day to block.", ("settings", "busy_blocks")))
        raise_all(refusals)
