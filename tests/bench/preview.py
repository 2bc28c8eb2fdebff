"""Previewing a year of weekly visits, against a month's search over the same people: `python -m tests.bench.preview`.

The people and their 10,000 claims are those of the availability bench. Nobody is named for the plan, and 09:00 is taken
on every day of the busy month, so that its visits have to be looked for.
"""

import statistics
import sys
from datetime import time, timedelta

from tests.bench.availability import DAYS, FIRST, NOW, STAFF, build
from tests.bench.ground import prepared, tell, timed

VISITS, TIMES, LIMIT = 52, 9, 3.0


def measure() -> int:
    """Tell the ratio of the medians."""
    from django.db import connection

    from backend.core.viewer import NOBODY
    from backend.scheduling.queries.searching import Wish, availability
    from backend.subscriptions.queries import PlanRequest, preview_subscription
    from backend.subscriptions.rules import Frequency

    service_id, _ = build()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    wish = Wish(service_id=service_id, postcode="SW1A 2AA")
    first, last = FIRST.date(), (FIRST + timedelta(days=DAYS - 1)).date()
    plan = PlanRequest(
        service_id=service_id,
        frequency=Frequency.WEEKLY,
        duration_months=12,
        start_date=first,
        preferred_time=time(9),
        postcode="SW1A 2AA",
    )

    def preview() -> int:
        placed = preview_subscription(viewer=NOBODY, request=plan, now=NOW).placements
        return len(placed)

    def search() -> int:
        return len(availability(viewer=NOBODY, wish=wish, first=first, last=last, now=NOW))

    assert preview() in (VISITS, VISITS + 1)
    search()
    rounds = [(statistics.median(timed(preview, 5)), statistics.median(timed(search, 5))) for _ in range(TIMES // 3)]
    ours, month = (statistics.median(column) * 1000 for column in zip(*rounds, strict=True))
    name = f"previewing {VISITS} visits, {STAFF} staff, against a month's search"
    return tell(name, ours / month, LIMIT, f"{ours:.0f} ms against {month:.0f} ms")


def main() -> int:
    with prepared():
        return measure()


if __name__ == "__main__":
    sys.exit(main())
