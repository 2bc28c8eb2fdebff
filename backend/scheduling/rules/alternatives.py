"""Other times, the best first: one order of preference for every refusal that offers some."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from backend.scheduling.rules.days import Day

T = TypeVar("T")

MAX_ALTERNATIVES = 5
"""How many other times a refusal offers."""

ALTERNATIVE_DAYS = 14
"""How many days after the wanted one they are looked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What could not be had: a start on a day of the business's wall, and who should come, if that was said."""

    start: datetime
    day: Day
    staff_id: int | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """What somebody could have instead, as far as its rank goes. `staff_id` is None where several people come."""

    start: datetime
    day: Day
    staff_id: int | None = None


def rank_alternatives(
    found: Iterable[T], wanted: Wanted, *, of: Callable[[T], Option], at_most: int | None = MAX_ALTERNATIVES
) -> list[T]:
    """The best of what was found, each start once; all of it where `at_most` is None.

    The wanted person on the wanted day comes first, then others on that day, then the next days, then days before it,
    the nearest day first. Within a day what is nearest to the wanted time of day comes first, the earlier of two that
    are equally near, and for one start the wanted person, then the lowest id.
    """
    time_of_day = wanted.start.timestamp() - wanted.day.start

    def rank(each: T) -> tuple[int, int, float, datetime, bool, int]:
        option = of(each)
        distance = abs(option.start.timestamp() - option.day.start - time_of_day)
        is_other = option.staff_id != wanted.staff_id
        days = abs((option.day.date - wanted.day.date).days)
        return _tier(option, wanted), days, distance, option.start, is_other, option.staff_id or 0

    best: dict[datetime, T] = {}
    for each in sorted(found, key=rank):
        best.setdefault(of(each).start, each)
    return list(best.values())[:at_most]


def _tier(option: Option, wanted: Wanted) -> int:
    if option.day.date < wanted.day.date:
        return 3
    if option.day.date > wanted.day.date:
        return 2
    return 0 if wanted.staff_id is not None and option.staff_id == wanted.staff_id else 1
