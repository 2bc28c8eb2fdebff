"""What staff do elsewhere, as their own calendars tell."""

from collections.abc import Iterable
from datetime import datetime

from psycopg.types.range import Range

from backend.core.transactions import step
from backend.scheduling.models import ExternalBusy


@step
def replace_external_busy(*, staff_id: int, source: str, periods: Iterable[tuple[datetime, datetime]]) -> bool:
    """Let `periods`, each [start, end) in UTC, be all that `source` says about somebody's time; whether that is news.

    Visits that stand there already stay: from now on nothing is offered or booked over these times.
    """
    rows = ExternalBusy.objects.filter(staff_id=staff_id, source=source)
    wanted = {Range(start, end) for start, end in periods if start < end}
    if set(rows.values_list("period", flat=True)) == wanted:
        return False
    rows.delete()
    ExternalBusy.objects.bulk_create(ExternalBusy(staff_id=staff_id, source=source, period=each) for each in wanted)
    return True
