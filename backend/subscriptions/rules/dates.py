"""When the visits of a plan are due: dates on the business's wall, whatever its clocks do."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from datetime import date as Date  # a field is called `date`
from enum import StrEnum
from itertools import count as numbers
from itertools import islice

from dateutil.relativedelta import relativedelta

MIN_MONTHS, MAX_MONTHS = 1, 12


class Frequency(StrEnum):
    """How often somebody comes."""

    WEEKLY = "WEEKLY"
    BIWEEKLY = "BIWEEKLY"
    MONTHLY = "MONTHLY"


_DAYS = {Frequency.WEEKLY: 7, Frequency.BIWEEKLY: 14}


@dataclass(frozen=True, slots=True)
class Due:
    """A visit to be placed: its nominal `date`, and that of the next one, `before` which it has to be."""

    sequence: int
    date: Date
    before: Date


def nominal_date(start: date, frequency: Frequency, number: int) -> date:
    """The date of the visit `number`, from 0. Months are counted from `start`: 31 Jan, 28 Feb, 31 Mar."""
    if frequency is Frequency.MONTHLY:
        return start + relativedelta(months=number)
    return start + timedelta(days=_DAYS[frequency] * number)


def end_of(start: date, months: int) -> date:
    """The first date after a plan of so many months."""
    return start + relativedelta(months=months)


def visits_of_plan(start: date, frequency: Frequency, months: int) -> list[Due]:
    """Each visit of a plan: its nominal dates lie in [start, start + months)."""
    end, number = end_of(start, months), 0
    while nominal_date(start, frequency, number) < end:
        number += 1
    return visits_from(start, frequency, count=number)


def visits_from(
    start: date,
    frequency: Frequency,
    *,
    count: int,
    first_sequence: int = 1,
    skip: int = 0,
    without: Collection[date] = (),
) -> list[Due]:
    """So many visits in the rhythm that began at `start`, after the first `skip` dates and not on those `without`."""
    pairs = ((nominal_date(start, frequency, each), nominal_date(start, frequency, each + 1)) for each in numbers(skip))
    free = (pair for pair in pairs if pair[0] not in without)
    return [Due(first_sequence + place, *pair) for place, pair in enumerate(islice(free, count))]


def past_in_rhythm(start: date, frequency: Frequency, *, until: date) -> int:
    """How many nominal dates of the rhythm that began at `start` lie on or before `until`."""
    number = 0
    while nominal_date(start, frequency, number) <= until:
        number += 1
    return number


def span_of(visits: Sequence[Due], search_days: int) -> tuple[date, date]:
    """The first and the last date that any of the visits could be on."""
    return min(each.date for each in visits), max(last_date(each, search_days) for each in visits)


def last_date(due: Due, search_days: int) -> date:
    """The last date that a visit may be moved to: so many days on, and before the next visit is due."""
    searched: Date = due.date + timedelta(days=search_days)
    return max(due.date, min(searched, due.before - timedelta(days=1)))
