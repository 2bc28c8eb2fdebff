"""How the search grows with staff: 10, 50 and 250 people × 31 days: `python -m tests.bench.availability_growth`.

Everybody has seven claims a day of the month. What is told is the time per person of many over the time per person of
few: above one, the search would grow faster than the business.
"""

import statistics
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from time import perf_counter

from tests.bench.ground import prepared, tell

FEW, STEPS, DAYS, CLAIMS_A_DAY, TIMES, LIMIT = 10, (50, 250), 31, 7, 15, 1.1
NOW = datetime(2027, 2, 20, 8, 0, tzinfo=UTC)
FIRST = datetime(2027, 3, 1, tzinfo=UTC)


def add_people(service: object, count: int) -> None:
    """People who work all week, half an hour of every hour from nine on taken."""
    from psycopg.types.range import Range

    from backend.catalogue.models import Service
    from backend.scheduling.models import Claim
    from backend.staff.models import TimeOff
    from tests import factories

    assert isinstance(service, Service)
    half = timedelta(minutes=30)
    for _ in range(count):
        person = factories.staff_member(service)
        factories.works(person, days=range(7))
        starts = [FIRST + timedelta(days=day, hours=9 + hour) for day in range(DAYS) for hour in range(CLAIMS_A_DAY)]
        rows = TimeOff.objects.bulk_create(
            [TimeOff(staff=person, start=at, end=at + half, created_at=NOW) for at in starts]
        )
        Claim.objects.bulk_create(
            [Claim(staff=person, period=Range(row.start, row.end), kind="TIME_OFF", time_off=row) for row in rows]
        )


def measure() -> int:
    """Tell both ratios."""
    from django.db import connection

    from backend.core.viewer import NOBODY
    from backend.scheduling.queries.searching import Wish, availability
    from tests import factories

    import_module("backend.wsgi")  # the collector as the web sets it
    factories.add_postcodes()
    first, last = FIRST.date(), (FIRST + timedelta(days=DAYS - 1)).date()
    searches = {}
    for count in (FEW, *STEPS):
        service = factories.service()
        add_people(service, count)
        wish = Wish(service_id=service.pk, postcode="SW1A 2AA")
        searches[count] = partial(availability, viewer=NOBODY, wish=wish, first=first, last=last, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    # By turns, since the machine is not as fast in one second as in the next.
    seconds = [{count: seconds_of(search) for count, search in searches.items()} for _ in range(TIMES + 1)][1:]
    missed = 0
    for count in STEPS:
        ratio = statistics.median((each[count] / count) / (each[FEW] / FEW) for each in seconds)
        many, few = (statistics.median(each[number] for each in seconds) * 1000 for number in (count, FEW))
        name = f"availability, a person of {count} against a person of {FEW}, × {DAYS} days"
        missed += tell(name, ratio, LIMIT, f"{many:.0f} ms against {few:.0f} ms")
    return min(missed, 1)


def seconds_of(search: Callable[[], object]) -> float:
    began = perf_counter()
    search()
    return perf_counter() - began


def main() -> int:
    with prepared():
        return measure()


if __name__ == "__main__":
    sys.exit(main())
