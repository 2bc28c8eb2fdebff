"""Reading the log so that nothing is missed."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from backend.core.errors import FieldPath, NotFound
from backend.core.viewer import Viewer
from backend.events.errors import CursorExpired
from backend.events.models import Delivery, Event, LogState
from backend.events.permissions import require_mind_deliveries
from backend.events.rules import DeliveryStatus, Happened


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the log: the writing transaction, then the id within it.

    `epoch` says of which log: places of another, or of this one before it was put back to an earlier state, mean
    nothing here.
    """

    transaction: int
    event_id: int
    epoch: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.transaction}.{self.event_id}.{self.epoch}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """ValueError for anything that `str()` of a cursor would not give."""
        found = re.fullmatch(r"([0-9]{1,19})\.([0-9]{1,19})\.([0-9A-F-]{0,40})", text)
        if found is None:
            raise ValueError("not a cursor")
        cursor = cls(int(found[1]), int(found[2]), found[3])
        if cursor.transaction >= 2**63 or cursor.event_id >= 2**63:
            raise ValueError("not a cursor")
        return cursor


def settled_after(cursor: Cursor) -> QuerySet[Event]:
    """Events past `cursor`, in log order, of transactions that can no longer be overtaken.

    An id is drawn when a row is written, not when it is committed: a reader that keeps the highest id seen loses the
    rows of slower transactions. Rows below the oldest running transaction are settled: nothing can appear among them.
    """
    horizon = RawSQL("pg_snapshot_xmin(pg_current_snapshot())", [])
    return (
        Event.objects.filter(transaction__gte=cursor.transaction, transaction__lt=horizon)
        .filter(Q(transaction__gt=cursor.transaction) | Q(transaction=cursor.transaction, id__gt=cursor.event_id))
        .order_by("transaction", "id")
    )


def log_end() -> Cursor:
    """Where the settled log ends now.

    What running and later transactions tell lies after it. Ask for it *before* reading rows that events speak of: then
    whatever the rows don't show yet will be among the events. A transaction that ended while an older one was still
    running may be in both: seen twice, never missed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOG_END)
        transaction, epoch = cursor.fetchone()
        return Cursor(int(transaction), 0, epoch)


# The timeline changes when a server is recovered to an earlier point, the generation when a dump is restored.
_LOG_END = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text,
       coalesce((SELECT max(generation) FROM events_logstate), 0)::text
       || '-' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)
"""


def readable_from(cursor: Cursor) -> Cursor:
    """The place itself, where the log still tells everything after it; CursorExpired where it doesn't."""
    end = log_end()
    pruned = LogState.objects.values_list("pruned_transaction", "pruned_event").first() or (0, 0)
    if cursor.epoch != end.epoch or cursor > end or (cursor.transaction, cursor.event_id) < pruned:
        raise CursorExpired("The log does not go back to this place. Read the schedule again.", ("after",))
    return cursor


def untold_before(event: Happened, *, handler: str) -> list[Happened]:
    """Earlier events that a handler has not treated yet, oldest first, of the same order, visit or customer as `event`.

    Of an event without an order or a visit all others of this kind are looked at: the caller knows what they are about.
    """
    waiting = Delivery.objects.filter(event=OuterRef("pk"), handler=handler, status=DeliveryStatus.PENDING)
    rows = Event.objects.filter(Q(routed_at=None) | Exists(waiting), id__lt=event.event_id)
    if event.order_id is not None:
        rows = rows.filter(order_id=event.order_id)
    elif event.appointment_id is not None:
        rows = rows.filter(appointment_id=event.appointment_id)
    else:
        rows = rows.filter(order_id=None, appointment_id=None)
    return [happened(each) for each in rows.order_by("id")]


def happened(event: Event) -> Happened:
    """An event as handlers get it."""
    return Happened(
        event_id=event.pk,
        kind=event.kind,
        staff_id=event.staff_id,
        order_id=event.order_id,
        appointment_id=event.appointment_id,
        customer_id=event.customer_id,
        actor_id=event.actor_id,
        data=event.data,
        occurred_at=event.occurred_at,
    )


def deliveries_visible_to(viewer: Viewer) -> QuerySet[Delivery]:
    """All for admins, none for anyone else."""
    return Delivery.objects.select_related("event") if viewer.is_admin else Delivery.objects.none()


def dead_deliveries(viewer: Viewer) -> QuerySet[Delivery]:
    """What has failed too often and waits for a person. NotSignedIn or NotAllowed for all but admins."""
    require_mind_deliveries(viewer)
    return deliveries_visible_to(viewer).filter(status=DeliveryStatus.DEAD)


def delivery_for(viewer: Viewer, delivery_id: int, *, field: FieldPath = (), lock: bool = False) -> Delivery:
    """The visible delivery, or NotFound."""
    rows = deliveries_visible_to(viewer)
    delivery = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=delivery_id).first()
    if delivery is None:
        raise NotFound("There is no such delivery.", field)
    return delivery


def told_together(event_id: int, kinds: Collection[str], *, order_id: int | None) -> bool:
    """Whether a fact of one of these kinds was told in the transaction of this event.

    Of orders only this one counts: some transactions touch the visits of many. One statement.
    """
    written = Event.objects.filter(pk=event_id).values("transaction")
    together = Event.objects.filter(transaction=Subquery(written), kind__in=kinds)
    return together.filter(order_id=order_id).exists()


def last_told(kinds: Collection[str], appointment_ids: Collection[int]) -> dict[int, datetime]:
    """When a fact of these kinds was last told of each visit, by its id; visits of which none was are left out."""
    rows = Event.objects.filter(kind__in=kinds, appointment_id__in=appointment_ids).order_by()
    found = rows.values_list("appointment_id").annotate(told=Max("occurred_at"))
    return {key: told for key, told in found if key is not None}


@dataclass(frozen=True, slots=True)
class Backlog:
    """How long the oldest piece of unfinished work has waited: zero where there is none."""

    scheduler: timedelta
    """Since the oldest event that the relay has not turned into deliveries."""
    worker: timedelta
    """Since the event of the oldest delivery that nobody has tried yet."""


def backlog(*, now: datetime) -> Backlog:
    """How far the scheduler and the workers are behind. Failed deliveries that wait for their next try don't count."""
    untouched = Delivery.objects.filter(status=DeliveryStatus.PENDING, attempts=0)
    unrouted_since = Event.objects.filter(routed_at=None).aggregate(oldest=Min("occurred_at"))["oldest"] or now
    untouched_since = untouched.aggregate(oldest=Min("event__occurred_at"))["oldest"] or now
    return Backlog(scheduler=max(now - unrouted_since, timedelta()), worker=max(now - untouched_since, timedelta()))
