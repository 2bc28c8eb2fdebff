"""Reading the log so that nothing is missed."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from backend.events.models import Event


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the log: the writing transaction, then the id within it."""

    transaction: int
    event_id: int

    def __str__(self) -> str:
        return f"{self.transaction}.{self.event_id}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """ValueError for anything that `str()` of a cursor would not give."""
        transaction, _, event_id = text.partition(".")
        if not (transaction.isascii() and transaction.isdecimal() and event_id.isascii() and event_id.isdecimal()):
            raise ValueError("not a cursor")
        cursor = cls(int(transaction), int(event_id))
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
