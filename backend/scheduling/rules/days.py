"""Dates on the business's wall, as epoch seconds: arithmetic on whole seconds is what makes the search fast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_EPOCH = date(1970, 1, 1).toordinal()
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Day:
    """One date, and which instant each of its wall-clock times is.

    `base` is the epoch second of 00:00 with the offset that held before any change that day. On the night when clocks
    change, `change` is the epoch second of the change and `shift` by how many seconds the clock jumps forward
    (negative: back).
    """

    date: date
    base: int
    change: int = 0
    shift: int = 0

    @property
    def is_regular(self) -> bool:
        """Whether it has 24 hours."""
        return self.shift == 0

    def at(self, minute: int) -> int:
        """The epoch second at which the wall shows `minute` minutes past midnight (1440 is the next midnight).

        A time that does not exist moves forward to the first that does; one that exists twice is the first.
        """
        plain = self.base + minute * 60
        if not self.shift or plain < self.change:
            return plain
        return max(self.change, plain - self.shift)

    @property
    def start(self) -> int:
        """The first second of the date."""
        return self.at(0)

    @property
    def end(self) -> int:
        """The first second of the next date."""
        return self.at(24 * 60)

    def marks(self, grid_minutes: int) -> Sequence[int]:
        """The instants of the multiples of `grid_minutes` from midnight, ascending, each once."""
        if self.is_regular:
            return range(self.base, self.base + DAY, grid_minutes * 60)
        return sorted({self.at(minute) for minute in range(0, 24 * 60, grid_minutes)})

    @property
    def weekday(self) -> int:
        """0 is Monday."""
        return self.date.weekday()


def day_of(day: date, zone: ZoneInfo) -> Day:
    """The date on the wall of `zone`."""
    before = _offset(day, zone)
    base = (day.toordinal() - _EPOCH) * DAY - before
    shift = _offset(day + timedelta(days=1), zone) - before
    return Day(day, base, _change(base, before, zone), shift) if shift else Day(day, base)


def days_between(first: date, last: date, zone: ZoneInfo) -> list[Day]:
    """Each date from `first` to `last`, both included."""
    return [day_of(first + timedelta(days=number), zone) for number in range((last - first).days + 1)]


def _offset(day: date, zone: ZoneInfo) -> int:
    """Seconds east of UTC at 00:00; the offset before the change where the clock changes at that very time."""
    return _seconds(datetime.combine(day, time(), tzinfo=zone).utcoffset())


def _change(base: int, before: int, zone: ZoneInfo) -> int:
    """The first second of the day whose offset is no longer `before`."""
    low, high = base - 1, base + 2 * DAY
    while high - low > 1:
        middle = (low + high) // 2
        if _seconds(datetime.fromtimestamp(middle, UTC).astimezone(zone).utcoffset()) == before:
            low = middle
        else:
            high = middle
    return high


def _seconds(offset: timedelta | None) -> int:
    return 0 if offset is None else int(offset.total_seconds())
