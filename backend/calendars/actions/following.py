"""From what happens to visits to what is to be done in calendars: rows, written where the event is marked as done."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import F, Q

from backend.calendars.models import CalendarConnection, CalendarEvent
from backend.calendars.rules import SYNC_BACK, ConnectionState, EventState
from backend.core.transactions import step
from backend.core.viewer import Role
from backend.events.rules import Happened
from backend.scheduling.queries import appointment_rows


@step
def follow_visit(*, event: Happened, now: datetime) -> None:
    """Let every calendar in which the visit stands, or should stand now, look at it. Does so twice at no harm.

    What is to stand there is not decided here: the worker compares with the visit as it is then.
    """
    if event.appointment_id is None:
        return
    visit = appointment_rows([event.appointment_id]).first()
    if visit is None:
        return
    # Locked before anything is written: a sync that ends meanwhile either waits for these rows or is waited for.
    concerned = _concerned(visit.pk, visit.staff_id, visit.booking.customer_id)
    held = list(
        CalendarConnection.objects.filter(pk__in=concerned)
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk", flat=True)
    )
    mark_dirty(connection_ids=held, appointment_ids=[visit.pk])
    CalendarConnection.objects.filter(pk__in=held, due_at=None).update(due_at=now)


def _concerned(appointment_id: int, staff_id: int, customer_id: int | None) -> Collection[int]:
    manages = (
        Q(user__manager__can_manage_all=True)
        | Q(user__manager__managed_staff=staff_id)
        | (Q(user__manager__managed_customers=customer_id) if customer_id is not None else Q())
    )
    whose = (
        Q(user__staff=staff_id)
        | Q(user__role=Role.MANAGER) & manages
        | Q(user__role=Role.ADMIN, settings__all_visits=True)
        | Q(events__appointment=appointment_id)
    )
    if customer_id is not None:
        whose |= Q(user__customer=customer_id)
    rows = CalendarConnection.objects.filter(whose, state=ConnectionState.CONNECTED)
    return set(rows.order_by().values_list("pk", flat=True))


def mark_dirty(*, connection_ids: Collection[int], appointment_ids: Collection[int]) -> None:
    """Have the entries of these visits in these calendars looked at. The connections are locked: see `follow_visit`."""
    rows = CalendarEvent.objects.filter(connection__in=connection_ids, appointment__in=appointment_ids)
    rows.update(state=EventState.DIRTY, revision=F("revision") + 1)
    CalendarEvent.objects.bulk_create(
        [
            CalendarEvent(connection_id=connection_id, appointment_id=appointment_id)
            for connection_id in connection_ids
            for appointment_id in appointment_ids
        ],
        ignore_conflicts=True,
    )


@step
def write_anew(*, connection_id: int, now: datetime) -> None:
    """Have every entry written, whatever we wrote last: what became of it there is known to nobody here. Those of
    visits that are long over are left as they stand. The connection is locked: see `follow_visit`.
    """
    standing = CalendarEvent.objects.filter(connection=connection_id, state=EventState.SYNCED)
    since = now - SYNC_BACK
    standing.filter(appointment__end__gt=since).update(
        state=EventState.DIRTY, fingerprint="", revision=F("revision") + 1
    )


def replan(*, limit: int, now: datetime) -> int:
    """Have every connected calendar compared with all its visits: for what no event of a visit tells, such as a new
    name of a service or a manager who manages others now. A sweep of the clock; how many calendars.
    """
    rows = CalendarConnection.objects.filter(state=ConnectionState.CONNECTED, replan=False, due_at=None)
    chosen = rows.order_by("synced_at", "pk").select_for_update(skip_locked=True, no_key=True)[:limit]
    ids = list(chosen.values_list("pk", flat=True))
    CalendarConnection.objects.filter(pk__in=ids).update(replan=True, due_at=now)
    return len(ids)
