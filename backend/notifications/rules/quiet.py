"""Hours in which somebody wants to be left alone."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from backend.core.clock import instant


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time on the person's wall to another, over midnight where the second is earlier. Never a whole day."""

    start: time
    end: time

    def holds(self, at: time) -> bool:
        """Whether it is quiet at this time of day."""
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


def when_heard(at: datetime, quiet: QuietHours | None, zone: ZoneInfo, *, before: datetime | None = None) -> datetime:
    """`at`, or the end of the quiet hours that it lies in; but `at` for what would then come too late for `before`."""
    if quiet is None:
        return at
    local = at.astimezone(zone)
    if not quiet.holds(local.time()):
        return at
    day = local.date() if local.time() < quiet.end else local.date() + timedelta(days=1)
    end = instant(day, quiet.end, zone)
    return at if before is not None and end >= before else max(end, at)
