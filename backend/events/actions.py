"""Writing facts down, and minding their deliveries.

The way of an event: `emit` writes it in the transaction that it tells of; `route_events` gives it one delivery per
handler; `lease_deliveries` says which are to be sent now; `deliver` carries one out. PostgreSQL holds the whole truth:
what is sent between these steps is ids, and may be lost, doubled or late at no harm.
"""

import traceback
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import takewhile
from typing import Any, Protocol

import structlog
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet

from backend.core.errors import FieldPath, InvalidTransition
from backend.core.facts import Fact
from backend.core.provenance import coming_from
from backend.core.requests import current_request_id, new_request_id
from backend.core.transactions import step, use_case
from backend.core.viewer import Viewer
from backend.core.wakeup import knock
from backend.events.models import Delivery, Event, LogState
from backend.events.permissions import require_mind_deliveries
from backend.events.queries import delivery_for, happened
from backend.events.rules import KEEP_DONE, LEASE, DeliveryStatus, Happened, Leased, is_exhausted, retry_delay

_COLUMNS = frozenset({"staff_id", "order_id", "appointment_id", "customer_id", "actor_id"})
_MAX_ERROR = 20_000
_log = structlog.get_logger(__name__)


class Effect(Protocol):
    """What a handler does about an event: writes of its own, no call to an outside system."""

    def __call__(self, event: Happened, /, *, now: datetime) -> None: ...


@step
def emit(facts: Iterable[Fact], *, now: datetime) -> None:
    """Write facts into the log, in order, in the transaction that they tell of; one statement for all.

    Readers are woken after the commit; a rolled-back fact was never told.
    """
    Event.objects.bulk_create([_event(fact, now) for fact in facts])
    transaction.on_commit(knock, robust=True)


@step
def forget_reasons(*, where: str, ids: Iterable[int]) -> int:
    """Take what people wrote out of what was told of these: "my mother died" names somebody. How many facts told it.

    `where` is a column of the log, or what `data` calls them (`subscription_id`).
    """
    key = where if where in _COLUMNS else f"data__{where}"
    told = Event.objects.filter((f"{key}__in", list(ids)), data__reason__gt="")
    return told.update(
        data=Func(F("data"), function="jsonb_set", template="%(function)s(%(expressions)s, '{reason}', '\"\"')")
    )


@use_case
def route_events(
    *,
    routes: Mapping[str, Sequence[str]],
    wanted: Mapping[str, Callable[[], Collection[str]]] | None = None,
    limit: int,
    now: datetime,
) -> int:
    """Give up to `limit` new events one delivery per handler that `routes` names for their kind; how many there were.

    A handler in `wanted` gets only the kinds that it is asked for here, once for all events and after they were read:
    what was told after somebody came to want it is never passed over.

    Several may run at once: each takes rows that no other holds. An event committed late, with an id below those
    routed long ago, is found all the same, because it is looked for by what is missing and not by its id.
    """
    events = list(
        Event.objects.filter(routed_at=None)
        .order_by("id")
        .select_for_update(skip_locked=True, no_key=True)
        .values_list("id", "kind")[:limit]
    )
    if not events:
        return 0
    asked_for = {handler: frozenset(kinds()) for handler, kinds in (wanted or {}).items()}
    Delivery.objects.bulk_create(
        [
            Delivery(event_id=event_id, handler=handler, due_at=now)
            for event_id, kind in events
            for handler in routes.get(kind, ())
            if handler not in asked_for or kind in asked_for[handler]
        ],
        ignore_conflicts=True,
    )
    Event.objects.filter(pk__in=[event_id for event_id, _ in events]).update(routed_at=now)
    return len(events)


@use_case
def lease_deliveries(*, limit: int, now: datetime) -> list[Leased]:
    """Up to `limit` deliveries that are due, the longest waiting first, ours to send.

    They fall due again after LEASE, so whatever becomes of the message, or of us, nothing is forgotten. A delivery
    that is being carried out is locked by its handler and passed over.
    """
    rows = list(
        Delivery.objects.filter(status=DeliveryStatus.PENDING, due_at__lte=now)
        .order_by("due_at", "id")
        .select_for_update(skip_locked=True)
        .values_list("id", "event_id", "handler")[:limit]
    )
    if rows:
        Delivery.objects.filter(pk__in=[row[0] for row in rows]).update(due_at=now + LEASE)
    return [Leased(*row) for row in rows]


def deliver(*, event_id: int, handler: str, effect: Effect, now: datetime) -> bool:
    """Carry one delivery out: `effect` and "done" in one transaction; whether it was this call that did it.

    However often the message comes, and to however many workers at once, the effect happens once. Where it raises, it
    is rolled back, and the failure is counted in a transaction of its own: tried again later, or dead. Log lines,
    events and the trail of the effect carry the id of the request that caused the event, and the trail its actor.
    """
    event = Event.objects.filter(pk=event_id).first()
    if event is None:
        return False
    request_id = event.request_id or new_request_id()
    with (
        structlog.contextvars.bound_contextvars(request_id=request_id, event_id=event_id, handler=handler),
        coming_from(f"worker:{handler}", actor_id=event.actor_id),
    ):
        try:
            return _act_once(event=event, handler=handler, effect=effect, now=now)
        except Exception as error:
            count_failure(event_id=event_id, handler=handler, error=error, now=now)
            return False


@use_case
def _act_once(*, event: Event, handler: str, effect: Effect, now: datetime) -> bool:
    # A row that another worker holds is being carried out there: nothing to wait for.
    delivery = _pending(event.pk, handler).select_for_update(skip_locked=True).first()
    if delivery is None:
        return False
    effect(happened(event), now=now)
    delivery.status = DeliveryStatus.DONE
    delivery.done_at = now
    delivery.save(update_fields=["status", "done_at"])
    return True


@use_case
def count_failure(*, event_id: int, handler: str, error: Exception, now: datetime) -> None:
    """Note that a delivery failed: due again after a growing delay, dead after MAX_ATTEMPTS."""
    delivery = _pending(event_id, handler).select_for_update().first()
    if delivery is None:
        return
    delivery.attempts += 1
    delivery.last_error = "".join(traceback.format_exception(error))[-_MAX_ERROR:].replace("\x00", "")
    delivery.due_at = now + retry_delay(delivery.attempts)
    if is_exhausted(delivery.attempts):
        delivery.status = DeliveryStatus.DEAD
        _log.error("delivery.dead", attempts=delivery.attempts, error=repr(error))
    else:
        _log.warning("delivery.failed", attempts=delivery.attempts, error=repr(error))
    delivery.save(update_fields=["attempts", "last_error", "due_at", "status"])


@use_case
def send_again(*, viewer: Viewer, delivery_id: int, now: datetime, field: FieldPath = ("delivery_id",)) -> Delivery:
    """Give a dead delivery a new life: it is due now, with all its attempts before it. Its last error stays to be read.

    Raises NotSignedIn, NotAllowed, NotFound, and InvalidTransition for a delivery that is not dead.
    """
    require_mind_deliveries(viewer)
    delivery = delivery_for(viewer, delivery_id, field=field, lock=True)
    if delivery.status != DeliveryStatus.DEAD:
        raise InvalidTransition(f"Only a dead delivery can be sent again; this one is {delivery.status}.", field)
    delivery.status = DeliveryStatus.PENDING
    delivery.attempts = 0
    delivery.due_at = now
    delivery.save(update_fields=["status", "attempts", "due_at"])
    transaction.on_commit(knock, robust=True)
    return delivery


@step
def forget_done_deliveries(*, limit: int, now: datetime) -> int:
    """Delete up to `limit` deliveries that were done KEEP_DONE ago; how many there were."""
    old = Delivery.objects.filter(status=DeliveryStatus.DONE, done_at__lt=now - KEEP_DONE).values("pk")[:limit]
    return Delivery.objects.filter(pk__in=old).delete()[0]


@step
def forget_old_events(*, limit: int, now: datetime) -> int:
    """Delete up to `limit` events older than EVENTS_KEEP_DAYS with their done deliveries; how many there were.

    What is not delivered yet stays, and so does what lies after it: the log is only ever cut at its beginning. Cursors
    from before the cut are refused from then on.
    """
    old = list(
        Event.objects.filter(occurred_at__lt=now - settings.ROTA_EVENTS_LIFETIME)
        .annotate(is_needed=Q(routed_at=None) | Exists(_unfinished(OuterRef("pk"))))
        .order_by("transaction", "id")
        .values_list("transaction", "id", "is_needed")[:limit]
    )
    cut = list(takewhile(lambda row: not row[2], old))
    if cut:
        Event.objects.filter(pk__in=[event_id for _, event_id, _ in cut]).delete()
        LogState.objects.update_or_create(pk=1, defaults={"pruned_transaction": cut[-1][0], "pruned_event": cut[-1][1]})
    return len(cut)


def _unfinished(event: Any) -> QuerySet[Delivery]:
    return Delivery.objects.filter(event=event).exclude(status=DeliveryStatus.DONE)


def adopt_restored_log() -> None:
    """Make the log of a restored dump readable on the server that it came to. Called once, before anybody reads it.

    Transaction ids are those of the server that wrote them. On another they may lie in the future, where readers would
    wait for them for years: then all of them are made old, and ids keep their order. Cursors from before are of another
    generation now, and refused.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE events_event SET transaction = '3' WHERE EXISTS ("
            "SELECT FROM events_event WHERE transaction >= pg_snapshot_xmin(pg_current_snapshot()))"
        )
        state, _ = LogState.objects.get_or_create(pk=1)
        state.generation, state.pruned_transaction, state.pruned_event = state.generation + 1, 0, 0
        state.save()


def _pending(event_id: int, handler: str) -> QuerySet[Delivery]:
    return Delivery.objects.filter(event_id=event_id, handler=handler, status=DeliveryStatus.PENDING)


def _event(fact: Fact, now: datetime) -> Event:
    columns: dict[str, Any] = {}
    data: dict[str, Any] = {}
    for item in fields(fact):
        (columns if item.name in _COLUMNS else data)[item.name] = getattr(fact, item.name)
    return Event(kind=fact.kind, data=_plain(data), request_id=current_request_id(), occurred_at=now, **columns)


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """Instants, dates and decimals as JSON has them."""
    encoder = DjangoJSONEncoder()
    return {
        name: value if value is None or isinstance(value, str | int | bool | list | dict) else encoder.default(value)
        for name, value in data.items()
    }
