"""Keeping visits away from what staff do elsewhere: when, never what."""

from collections.abc import Iterable
from datetime import datetime

from backend.accounts.queries import viewer_for_user
from backend.calendars.gateway import Period
from backend.calendars.models import CalendarConnection
from backend.calendars.rules import ConnectionState
from backend.core.business import business
from backend.core.transactions import step
from backend.scheduling.actions import replace_external_busy


def read_busy_times(*, limit: int, now: datetime) -> int:
    """Have every calendar read that is to block its owner's time. A sweep of the clock; how many calendars.

    Nothing where the business does not want it.
    """
    if not business().external_busy_blocks:
        return 0
    rows = CalendarConnection.objects.filter(state=ConnectionState.CONNECTED, settings__busy_blocks=True, due_at=None)
    ids = list(rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:limit])
    CalendarConnection.objects.filter(pk__in=ids).update(due_at=now)
    return len(ids)


@step
def block_time(row: CalendarConnection, periods: Iterable[Period]) -> None:
    """Let these be all the times that this calendar blocks; none for an owner who is no member of staff any more."""
    staff_id = viewer_for_user(row.user_id).staff_id
    if staff_id is not None:
        found = [(period.start, period.end) for period in periods]
        replace_external_busy(staff_id=staff_id, source=f"calendar:{row.pk}", periods=found)
