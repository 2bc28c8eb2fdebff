"""A month's search over 50 people with 10,000 claims, against fetching them: `python -m tests.bench.availability`.

What is measured is the domain's whole answer: rules, statements and all slots of every day. The limit is bare psycopg
fetching the same claims, and nothing else, on a connection of its own.
"""

import os
import statistics
import sys
from datetime import UTC, datetime, timedelta
from itertools import islice

from tests.bench.ground import prepared, tell, timed

STAFF, DAYS, CLAIMS, TIMES, LIMIT = 50, 31, 10_000, 30, 4.0
BATCH = 2_000  # a statement takes 65,535 values
NOW = datetime(2027, 2, 20, 8, 0, tzinfo=UTC)
FIRST = datetime(2027, 3, 1, tzinfo=UTC)  # a whole month of winter time: the clock in London shows UTC until the 28th

ROWS = """SELECT staff_id, lower(period), upper(period) FROM scheduling_claim
  WHERE staff_id = ANY(%s) AND period && tstzrange(%s, %s)"""


def build() -> tuple[int, list[int]]:
    """A service of an hour and a quarter, and the people who offer it.

    Half an hour is taken of every hour, from nine on, until the claims are used up: what is left are late afternoons.
    """
    from psycopg.types.range import Range

    from backend.scheduling.models import Claim
    from backend.staff.models import TimeOff
    from tests import factories

    factories.add_postcodes()
    service = factories.service()
    people = [factories.staff_member(service) for _ in range(STAFF)]
    for person in people:
        factories.works(person, days=range(7))
    starts = (
        (person, FIRST + timedelta(days=day, hours=9 + hour))
        for hour in range(8)
        for day in range(DAYS)
        for person in people
    )
    half = timedelta(minutes=30)
    absences = TimeOff.objects.bulk_create(
        [TimeOff(staff=who, start=at, end=at + half, created_at=NOW) for who, at in islice(starts, CLAIMS)],
        batch_size=BATCH,
    )
    Claim.objects.bulk_create(
        [
            Claim(staff_id=row.staff_id, period=Range(row.start, row.end), kind="TIME_OFF", time_off=row)
            for row in absences
        ],
        batch_size=BATCH,
    )
    return service.pk, [person.pk for person in people]


def measure() -> int:
    """Tell the ratio of the medians."""
    import psycopg

    from backend.core.viewer import NOBODY
    from backend.scheduling.queries.searching import Wish, availability

    service_id, staff_ids = build()
    wish = Wish(service_id=service_id, postcode="SW1A 2AA")
    first, last = FIRST.date(), (FIRST + timedelta(days=DAYS - 1)).date()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as bare:
        bare.execute("ANALYZE")

        def fetch() -> int:
            return len(bare.execute(ROWS, [staff_ids, FIRST, FIRST + timedelta(days=DAYS)]).fetchall())

        def search() -> int:
            days = availability(viewer=NOBODY, wish=wish, first=first, last=last, now=NOW)
            return sum(len(day.slots) for day in days)

        assert fetch() == CLAIMS
        found = search()
        assert found > 1_000, "the search must have something to find"
        rounds = [
            (statistics.median(timed(search, 10)), statistics.median(timed(fetch, 10))) for _ in range(TIMES // 10)
        ]
    ours, limit = (statistics.median(column) * 1000 for column in zip(*rounds, strict=True))
    details = f"{ours:.0f} ms for {found:,} slots, against {limit:.0f} ms for the rows"
    return tell(
        f"availability, {STAFF} staff × {DAYS} days, {CLAIMS:,} claims, against their rows",
        ours / limit,
        LIMIT,
        details,
    )


def main() -> int:
    with prepared():
        return measure()


if __name__ == "__main__":
    sys.exit(main())
