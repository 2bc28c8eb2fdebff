"""The only place that asks what time it is. Everything else takes `now` as an argument."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return timezone.now()


def wall_time_exists(day: date, at: time, zone: ZoneInfo) -> bool:
    """Whether the clock on the wall shows `at` on that `day`; it does not inside the gap of a spring change."""
    local = datetime.combine(day, at, tzinfo=zone)
    return local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall-clock time.

    A wall time that does not exist moves forward to the first that does; one that exists twice is the first
    (DESIGN.md, "Time").
    """
    local = datetime.combine(day, at, tzinfo=zone)  # fold=0: the first of two
    if wall_time_exists(day, at, zone):
        return local.astimezone(UTC)
    # Inside a gap fold=0 reads the clock with the offset before the change, which lands after the gap by as much as
    # `at` lies inside it. The first existing wall time is the change itself: find it to the minute.
    low, high = local.astimezone(UTC) - timedelta(hours=3), local.astimezone(UTC)
    offset = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
