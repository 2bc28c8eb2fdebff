"""Which backups are kept: the last so many days, then one a week, then one a month."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Keep:
    """For how many days, weeks and months (in UTC, ISO weeks) the newest backup of each is kept."""

    days: int = 7
    weeks: int = 5
    months: int = 12


def chosen_to_keep(taken: Iterable[datetime], keep: Keep) -> set[datetime]:
    """Of backups taken at these instants, those that stay: the newest of each of the last periods that have any.

    The newest of all always stays.
    """
    newest_first = sorted(taken, reverse=True)
    chosen = set(newest_first[:1])
    periods: list[tuple[int, Callable[[datetime], object]]] = [
        (keep.days, lambda at: at.date()),
        (keep.weeks, lambda at: at.isocalendar()[:2]),
        (keep.months, lambda at: (at.year, at.month)),
    ]
    for count, period in periods:
        newest_of: dict[object, datetime] = {}
        for at in newest_first:
            newest_of.setdefault(period(at), at)
        chosen.update(list(newest_of.values())[:count])
    return chosen
