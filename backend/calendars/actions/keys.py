"""Replacing the keys under which tokens are kept."""

from backend.calendars.models import CalendarConnection
from backend.core.sealing import SealBroken, reseal
from backend.core.transactions import use_case


def rotate_keys() -> tuple[int, int]:
    """Put every calendar's secrets under the newest key, one at a time; how many, and how many no key opens."""
    ids = list(CalendarConnection.objects.exclude(sealed="").order_by("pk").values_list("pk", flat=True))
    done = [_rotate(connection_id=each) for each in ids]
    return done.count(True), done.count(False)


@use_case
def _rotate(*, connection_id: int) -> bool:
    """Locked, for a worker may be writing renewed tokens at the same time."""
    row = CalendarConnection.objects.select_for_update(no_key=True).get(pk=connection_id)
    try:
        row.sealed = reseal(row.sealed) if row.sealed else ""
    except SealBroken:
        return False
    row.save(update_fields=["sealed"])
    return True
