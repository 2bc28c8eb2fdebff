"""Making a calendar equal to the visits: one worker at a time, requests outside of transactions, short commits between.

A worker that dies loses its lease, and the next goes on. It finds entries that were made and not noted by their keys,
which follow from the rows: nothing is ever made twice.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from backend.calendars.actions.busy import block_time
from backend.calendars.actions.following import mark_dirty
from backend.calendars.actions.turns import Held, LeaseLost, Todo
from backend.calendars.errors import (
    AccessLost,
    EventChanged,
    EventExists,
    EventGone,
    EventRefused,
    GatewayError,
    TooFast,
)
from backend.calendars.events import CalendarBroken, CalendarConnected
from backend.calendars.gateway import Account, CalendarGateway, Entry, Period, Placed, Secrets, ways_out
from backend.calendars.models import CalendarConnection, CalendarEvent
from backend.calendars.queries import facts_of, visits_of, within
from backend.calendars.rules import (
    SYNC_AHEAD,
    SYNC_BACK,
    ConnectionState,
    Content,
    EventState,
    content_for,
    event_key,
    fingerprint,
    retry_delay,
)
from backend.core.business import business
from backend.core.references import token_hash
from backend.core.sealing import SealBroken, seal, unseal
from backend.core.transactions import use_case
from backend.core.wakeup import knock
from backend.events.actions import emit

HANDED = timedelta(seconds=30)
"""How long a message may be on its way to a worker."""

LEASE = timedelta(minutes=5)
"""How long a worker may have a connection: a batch takes a fraction of it."""

BATCH = 20
"""Entries that one turn writes at most, so that long ones leave room for others."""

MAX_GOODBYES = 8
"""After so many failures to take our entries away, a calendar that was disconnected is left as it is."""

_log = structlog.get_logger(__name__)


@use_case
def lease_syncs(*, limit: int, now: datetime) -> list[int]:
    """The ids of up to `limit` calendars with something to do, to give to workers; they are named again after HANDED
    if no worker has taken them by then, for the message may be lost.
    """
    rows = CalendarConnection.objects.filter(_free(now), due_at__lte=now).order_by("due_at", "pk")
    ids = list(rows.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:limit])
    CalendarConnection.objects.filter(pk__in=ids).update(due_at=now + HANDED)
    return ids


def sync_connection(*, connection_id: int, now: datetime) -> bool:
    """One turn at a calendar; whether it was this call that had it. Of several workers one wins, the others do nothing.

    A turn of CONNECTING gets in, one of CONNECTED writes up to BATCH entries, one of DISCONNECTED takes them away.
    """
    held = _take(connection_id=connection_id, now=now)
    if held is None:
        return False
    try:
        _TURNS[held.state](held, _way_out(held))
    except LeaseLost:
        _log.info("calendar.lease_lost", connection_id=connection_id)
    except AccessLost as error:
        _give_up(held, error)
    except GatewayError as error:
        _put_off(held, error)
    return True


def _free(now: datetime) -> Q:
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    return free & (Q(rest_until=None) | Q(rest_until__lte=now))


@use_case
def _take(*, connection_id: int, now: datetime) -> Held | None:
    due = CalendarConnection.objects.filter(_free(now), pk=connection_id, due_at__isnull=False, state__in=_TURNS)
    row = due.select_for_update(no_key=True).first()
    if row is None:
        return None
    row.lease, row.leased_until = row.lease + 1, now + LEASE
    row.save(update_fields=["lease", "leased_until"])
    return Held(
        connection_id=row.pk,
        lease=row.lease,
        user_id=row.user_id,
        provider=row.provider,
        state=ConnectionState(row.state),
        sealed=row.sealed,
        calendar_id=row.calendar_id,
        server_url=row.server_url,
        wishes=row.wishes,
        replan=row.replan,
        now=now,
    )


def _still(held: Held) -> CalendarConnection:
    """The row, locked, if it is still ours and as we took it. Raises LeaseLost."""
    rows = CalendarConnection.objects.select_for_update(no_key=True)
    row = rows.filter(pk=held.connection_id, lease=held.lease, state=held.state).first()
    if row is None:
        raise LeaseLost
    return row


def _way_out(held: Held) -> CalendarGateway:
    try:
        secrets: Secrets = json.loads(unseal(held.sealed))
    except SealBroken:
        raise AccessLost("What lets us in can't be read any more.") from None
    return ways_out[held.provider](
        secrets=secrets,
        calendar_id=held.calendar_id,
        server_url=held.server_url,
        keep=lambda renewed: _keep_secrets(held, renewed),
        now=held.now,
    )


@use_case
def _keep_secrets(held: Held, secrets: Secrets) -> None:
    row = _still(held)
    row.sealed = seal(json.dumps(secrets))
    row.save(update_fields=["sealed"])


# --- Getting in


def _get_in(held: Held, way: CalendarGateway) -> None:
    _note_access(held, way.connect())


@use_case
def _note_access(held: Held, account: Account) -> None:
    row = _still(held)
    same = CalendarConnection.objects.filter(
        user_id=row.user_id,
        provider=row.provider,
        account=account.name,
        calendar_id=account.calendar_id,
        state=ConnectionState.CONNECTED,
    )
    row.account, row.calendar_id = account.name, account.calendar_id
    if same.exists():
        # Its access is not given back: at Google that would end the other's as well.
        row.state, row.sealed, row.last_error = ConnectionState.DISCONNECTED, "", "This calendar is connected already."
        _release(row, held, due=False)
        return
    _adopt_entries(row)
    row.state, row.replan, row.last_error = ConnectionState.CONNECTED, True, ""
    _release(row, held, due=True)
    emit([CalendarConnected(user_id=row.user_id, connection_id=row.pk, provider=row.provider)], now=held.now)


def _adopt_entries(row: CalendarConnection) -> None:
    """What stands in this calendar from a time before it broke is ours to mind, not to write a second time."""
    broken = CalendarConnection.objects.filter(
        user_id=row.user_id,
        provider=row.provider,
        account=row.account,
        calendar_id=row.calendar_id,
        state=ConnectionState.BROKEN,
    )
    for old in broken.select_for_update(no_key=True).order_by("-pk"):
        known = row.events.values_list("appointment_id", flat=True)
        old.events.exclude(appointment__in=list(known)).update(connection=row)
        old.events.update(state=EventState.REMOVED)
        old.state = ConnectionState.DISCONNECTED
        old.save(update_fields=["state"])


# --- Writing entries


def _write(held: Held, way: CalendarGateway) -> None:
    if held.replan:
        _plan(held)
    refused: EventRefused | None = None
    for todo in _todo(held):
        try:
            _write_entry(held, way, todo)
        except EventRefused as error:  # holds up no other
            refused = error
    if refused is not None:
        raise refused
    if held.wishes.busy_blocks and business().external_busy_blocks:
        _note_busy(held, way.busy(held.now, held.now + business().booking_horizon, ours=_ours(held)))
    _finish(held)


@use_case
def _plan(held: Held) -> None:
    """Mark every entry that is not as its visit is now; visits that are long over are left as they stand."""
    row = _still(held)
    audience, visits = visits_of(held.user_id, all_visits=held.wishes.all_visits)
    since = held.now - SYNC_BACK
    wanted = {
        facts.appointment_id: fingerprint(content_for(audience, facts), held.wishes.reminder_minutes)
        for facts in facts_of(within(visits, since, held.now + SYNC_AHEAD))
    }
    standing = row.events.filter(appointment__end__gt=since).exclude(state=EventState.DIRTY)
    known = {event.appointment_id: event for event in standing}
    stale = {
        appointment_id
        for appointment_id, event in known.items()
        if event.state != (EventState.SYNCED if appointment_id in wanted else EventState.REMOVED)
        or (appointment_id in wanted and event.fingerprint != wanted[appointment_id])
    }
    mark_dirty(connection_ids=[row.pk], appointment_ids=sorted(stale | (wanted.keys() - known.keys())))
    row.replan = False
    row.progress_done, row.progress_total = 0, row.events.filter(state=EventState.DIRTY).count()
    row.save(update_fields=["replan", "progress_done", "progress_total"])


@use_case
def _todo(held: Held) -> list[Todo]:
    """The next entries to look at, with what should stand there. What is new is noted as tried before it is."""
    row = _still(held)
    events = list(row.events.filter(state=EventState.DIRTY).order_by("pk")[:BATCH])
    audience, visits = visits_of(held.user_id, all_visits=held.wishes.all_visits)
    found = facts_of(visits.filter(pk__in=[event.appointment_id for event in events]))
    contents = {facts.appointment_id: content_for(audience, facts) for facts in found}
    if row.progress_done >= row.progress_total:
        row.progress_done, row.progress_total = 0, row.events.filter(state=EventState.DIRTY).count()
        row.save(update_fields=["progress_done", "progress_total"])
    fresh = [event.pk for event in events if not event.generation and event.appointment_id in contents]
    row.events.filter(pk__in=fresh).update(generation=1)
    for event in events:
        event.generation = max(event.generation, 1 if event.pk in fresh else 0)
    return [Todo(event, contents.get(event.appointment_id)) for event in events]


def _write_entry(held: Held, way: CalendarGateway, todo: Todo) -> None:
    """Let one entry be as it should."""
    event, content = todo.event, todo.content
    if content is None:
        _remove(held, way, event)
        _note(held, event, state=EventState.REMOVED)
    elif event.external_id and event.fingerprint == fingerprint(content, held.wishes.reminder_minutes):
        _note(held, event, state=EventState.SYNCED)
    else:
        placed = _place(held, way, event, content)
        _note(held, event, state=EventState.SYNCED, placed=placed, content=content)


def _place(held: Held, way: CalendarGateway, event: CalendarEvent, content: Content) -> Placed:
    """Write the entry, wherever it stands by now: made, made by a worker that died, changed or deleted there."""
    if event.external_id:
        try:
            return _overwrite(way, _entry(held, event, content), Placed(event.external_id, event.etag))
        except EventGone:
            _make_anew(held, event)
    for _ in range(2):
        entry = _entry(held, event, content)
        try:
            return way.create(entry)
        except EventGone:
            raise AccessLost("The calendar is not there any more.") from None
        except EventExists:
            found = way.find(entry.key)
        if found is not None:
            try:
                return _overwrite(way, entry, found)
            except EventGone:
                pass
        _make_anew(held, event)
    raise GatewayError("The provider says both that the entry is there and that it is not.")


def _overwrite(way: CalendarGateway, entry: Entry, placed: Placed) -> Placed:
    """Ours counts: what somebody changed there is read again, and written over."""
    try:
        return way.update(entry, placed)
    except EventChanged:
        found = way.find(entry.key)
        if found is None:
            raise EventGone("The entry went while we looked.") from None
        return way.update(entry, found)


def _remove(held: Held, way: CalendarGateway, event: CalendarEvent) -> None:
    """Take the entry away, one that a dead worker made among them. What never was tried is nowhere."""
    external_id = event.external_id
    if not external_id and event.generation:
        found = way.find(_key(held, event))
        external_id = found.external_id if found else ""
    if external_id:
        way.delete(external_id)


def _entry(held: Held, event: CalendarEvent, content: Content) -> Entry:
    return Entry(
        key=_key(held, event),
        summary=content.summary,
        description=content.description,
        location=content.location,
        start=content.start,
        end=content.end,
        reminder_minutes=held.wishes.reminder_minutes,
    )


def _key(held: Held, event: CalendarEvent) -> str:
    return event_key(
        whose=f"{held.user_id}:{held.provider}",
        appointment_id=event.appointment_id,
        generation=max(event.generation, 1),
        installation=token_hash(settings.SECRET_KEY + business().public_url),
    )


@use_case
def _make_anew(held: Held, event: CalendarEvent) -> None:
    """Give the entry another key, before it is used: the provider will not have the old one again."""
    _still(held)
    event.generation, event.external_id, event.etag, event.fingerprint = event.generation + 1, "", "", ""
    event.save(update_fields=["generation", "external_id", "etag", "fingerprint"])


@use_case
def _note(
    held: Held,
    event: CalendarEvent,
    *,
    state: EventState,
    placed: Placed | None = None,
    content: Content | None = None,
) -> None:
    """What has become of an entry. It stays marked where its visit changed since we looked."""
    row = _still(held)
    kept: dict[str, object] = {"synced_at": held.now}
    if state is EventState.REMOVED:
        kept |= {"external_id": "", "etag": "", "fingerprint": "", "generation": F("generation") + 1}
    elif placed is not None and content is not None:
        kept |= {"external_id": placed.external_id, "etag": placed.etag}
        kept["fingerprint"] = fingerprint(content, held.wishes.reminder_minutes)
    CalendarEvent.objects.filter(pk=event.pk).update(**kept)
    CalendarEvent.objects.filter(pk=event.pk, revision=event.revision).update(state=state)
    row.progress_done = F("progress_done") + 1
    row.save(update_fields=["progress_done"])


def _ours(held: Held) -> frozenset[str]:
    """What we wrote there ourselves: a visit is busy by its claim, and moves with it."""
    known = CalendarEvent.objects.filter(connection_id=held.connection_id).exclude(external_id="")
    return frozenset(known.values_list("external_id", flat=True))


@use_case
def _note_busy(held: Held, periods: Sequence[Period]) -> None:
    block_time(_still(held), periods)


@use_case
def _finish(held: Held) -> None:
    """Done for now; at once again where there is more."""
    row = _still(held)
    more = row.replan or row.events.filter(state=EventState.DIRTY).exists()
    if not more:
        row.synced_at = held.now
    row.last_error = ""
    _release(row, held, due=more)


# --- Leaving


def _leave(held: Held, way: CalendarGateway) -> None:
    """Take away what is still to come, give the access back, and throw the keys away."""
    for event in _to_take_away(held):
        _remove(held, way, event)
        _note(held, event, state=EventState.REMOVED)
    way.revoke()
    _throw_keys_away(held)


@use_case
def _to_take_away(held: Held) -> list[CalendarEvent]:
    row = _still(held)
    return list(row.events.exclude(state=EventState.REMOVED).filter(appointment__end__gt=held.now).order_by("pk"))


@use_case
def _throw_keys_away(held: Held) -> None:
    row = _still(held)
    row.sealed = ""
    row.events.update(state=EventState.REMOVED)
    _release(row, held, due=False)


# --- What goes wrong


@use_case
def _give_up(held: Held, error: AccessLost) -> None:
    """The provider lets us in no more. Its owner is told, unless it was they who left."""
    try:
        row = _still(held)
    except LeaseLost:
        return
    row.last_error, row.sealed = str(error)[:500], ""
    if held.state is ConnectionState.DISCONNECTED:
        row.events.update(state=EventState.REMOVED)
    else:
        row.state = ConnectionState.BROKEN
        broken = CalendarBroken(user_id=row.user_id, connection_id=row.pk, provider=row.provider, reason=row.last_error)
        emit([broken], now=held.now)
    _release(row, held, due=False)
    _log.warning("calendar.broken", connection_id=row.pk, error=row.last_error)


@use_case
def _put_off(held: Held, error: GatewayError) -> None:
    """Try again later: when the provider says, else with growing delays."""
    try:
        row = _still(held)
    except LeaseLost:
        return
    failures = row.failures + 1
    if held.state is ConnectionState.DISCONNECTED and failures >= MAX_GOODBYES:
        row.sealed = ""
        row.events.update(state=EventState.REMOVED)
        _release(row, held, due=False)
        return
    asked = error.retry_after if isinstance(error, TooFast) else None
    pause = max(retry_delay(failures), asked or timedelta(0))
    _release(row, held, due=True)
    CalendarConnection.objects.filter(pk=row.pk).update(
        failures=failures, last_error=str(error)[:500], rest_until=held.now + pause, due_at=held.now + pause
    )
    _log.warning("calendar.put_off", connection_id=row.pk, failures=failures, error=str(error))


def _release(row: CalendarConnection, held: Held, *, due: bool) -> None:
    """Give the row back, saved as it is."""
    row.leased_until, row.rest_until, row.failures = None, None, 0
    if row.state != ConnectionState.CONNECTED:
        block_time(row, [])  # what nobody reads any more may have changed long ago
    row.due_at = held.now if due else None
    row.save()
    if due:
        transaction.on_commit(knock, robust=True)


_TURNS: dict[str, Callable[[Held, CalendarGateway], None]] = {
    ConnectionState.CONNECTING: _get_in,
    ConnectionState.CONNECTED: _write,
    ConnectionState.DISCONNECTED: _leave,
}
