"""Connecting calendars and taking them away. Nobody outside is called here: a worker does, when this is committed."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing

from backend.calendars import gateway
from backend.calendars.actions.busy import block_time
from backend.calendars.actions.following import write_anew
from backend.calendars.errors import ProviderUnavailable, StateRefused
from backend.calendars.events import CalendarChanged, CalendarDisconnected
from backend.calendars.models import CalendarConnection
from backend.calendars.permissions import require_own, require_take_away
from backend.calendars.queries import connection_for, own_connections
from backend.calendars.rules import CalendarSettings, ConnectionState, Provider, require_server_url
from backend.core.business import business
from backend.core.errors import InvalidTransition, OutOfRange, Problems
from backend.core.references import secret_token, token_hash
from backend.core.sealing import seal, unseal
from backend.core.text import clean_text
from backend.core.transactions import use_case
from backend.core.viewer import Role, Viewer, require_signed_in
from backend.events.actions import emit

MAX_CONNECTIONS = 10
"""Calendars that one person may have connected, or be about to."""

ANSWER_WITHIN = timedelta(minutes=10)
"""How long its owner may take to agree at the provider."""

_LIVE = (
    ConnectionState.AUTHORIZING,
    ConnectionState.CONNECTING,
    ConnectionState.CONNECTED,
    ConnectionState.BROKEN,
)
_SIGNER = signing.Signer(salt="rota.calendars.state")


@dataclass(frozen=True, slots=True)
class Asked:
    """A calendar that its owner still has to agree to, at this address."""

    row: CalendarConnection
    url: str


@use_case
def connect_calendar(*, viewer: Viewer, provider: Provider, wishes: CalendarSettings, now: datetime) -> Asked:
    """Begin to connect a calendar at Google or Microsoft: where to send its owner.

    ProviderUnavailable where no app is registered; what comes back is given to `complete_connection`,
    within ten minutes.
    """
    user_id = _require_room(viewer, wishes)
    if provider is Provider.APPLE or not gateway.is_offered(provider):
        raise ProviderUnavailable("This business can't connect calendars there.", ("provider",))
    nonce, verifier = secret_token(), gateway.new_verifier()
    back = _redirect_uri(provider)
    row = CalendarConnection(user_id=user_id, provider=provider, settings=wishes.as_json(), created_at=now)
    row.sealed = seal(json.dumps({"verifier": verifier, "redirect_uri": back}))
    row.nonce_hash, row.awaited_until = token_hash(nonce), now + ANSWER_WITHIN
    row.save()
    state = _SIGNER.sign(f"{row.pk}.{nonce}")
    return Asked(row, gateway.authorization_url(provider, state=state, verifier=verifier, redirect_uri=back))


@use_case
def connect_caldav(
    *, viewer: Viewer, server_url: str, username: str, password: str, wishes: CalendarSettings, now: datetime
) -> CalendarConnection:
    """Connect a calendar at iCloud or any CalDAV server, by a name and an app password; a worker tries them.

    InvalidInput for an address that is not https, or inside.
    """
    user_id = _require_room(viewer, wishes)
    problems = Problems()
    with problems:
        server_url = require_server_url(server_url, field=("server_url",), private_allowed=settings.ROTA_CALDAV_PRIVATE)
    with problems:
        username = clean_text(username, field=("username",), max_length=254)
    with problems:
        password = clean_text(password, field=("password",), max_length=200)
    problems.raise_all()
    row = CalendarConnection(
        user_id=user_id, provider=Provider.APPLE, state=ConnectionState.CONNECTING, account=username, created_at=now
    )
    row.settings, row.server_url, row.due_at = wishes.as_json(), server_url, now
    row.sealed = seal(json.dumps({"username": username, "password": password}))
    row.save()
    return row


@use_case
def complete_connection(*, viewer: Viewer, state: str, code: str, now: datetime) -> CalendarConnection:
    """Take what the provider sent its owner back with. StateRefused unless this very person began it, less than ten
    minutes ago, and has not completed it before.
    """
    user_id = require_signed_in(viewer)
    code = clean_text(code, field=("code",), max_length=4000)
    try:
        pk, _, nonce = _SIGNER.unsign(state).partition(".")
    except signing.BadSignature:
        raise StateRefused from None
    row = (
        own_connections(viewer).select_for_update(no_key=True).filter(pk=int(pk), nonce_hash=token_hash(nonce)).first()
    )
    if row is None or row.user_id != user_id or row.awaited_until is None or row.awaited_until <= now:
        raise StateRefused
    row.sealed = seal(json.dumps(json.loads(unseal(row.sealed)) | {"code": code}))
    row.state, row.nonce_hash, row.awaited_until, row.due_at = ConnectionState.CONNECTING, "", None, now
    row.save(update_fields=["sealed", "state", "nonce_hash", "awaited_until", "due_at"])
    return row


@use_case
def update_settings(
    *, viewer: Viewer, connection_id: int, wishes: CalendarSettings, now: datetime
) -> CalendarConnection:
    """Keep a calendar in another way from now on; its entries follow."""
    row = connection_for(viewer, connection_id, field=("connection_id",), lock=True)
    require_own(viewer, row)
    wishes.require_for(_role(viewer))
    if row.settings != wishes.as_json():
        row.settings = wishes.as_json()
        if not wishes.busy_blocks:
            block_time(row, [])
        row.replan, row.due_at = True, row.due_at or now
        row.save(update_fields=["settings", "replan", "due_at"])
        emit([CalendarChanged(**_about(row), actor_id=viewer.user_id)], now=now)
    return row


@use_case
def sync_now(*, viewer: Viewer, connection_id: int, now: datetime) -> CalendarConnection:
    """Write all entries of a calendar anew, at once: what somebody deleted or changed there stands again afterwards.

    Its owner, and admins. InvalidTransition unless it is connected.
    """
    row = connection_for(viewer, connection_id, field=("connection_id",), lock=True)
    require_take_away(viewer, row)
    if row.state != ConnectionState.CONNECTED:
        raise InvalidTransition("This calendar is not connected.", ("connection_id",))
    row.replan = True
    write_anew(connection_id=row.pk, now=now)
    # A provider that wants a pause gets it, whoever is impatient.
    row.due_at = row.due_at or now
    row.save(update_fields=["replan", "due_at"])
    return row


@use_case
def disconnect_calendar(*, viewer: Viewer, connection_id: int, now: datetime) -> CalendarConnection:
    """Leave a calendar: a worker takes our entries to come out of it, gives the access back and throws the keys away.

    Its owner, and admins. Doing it twice is no error.
    """
    row = connection_for(viewer, connection_id, field=("connection_id",), lock=True)
    require_take_away(viewer, row)
    if row.state == ConnectionState.DISCONNECTED:
        return row
    was_in = row.state in (ConnectionState.CONNECTED, ConnectionState.CONNECTING)
    row.state, row.nonce_hash, row.awaited_until = ConnectionState.DISCONNECTED, "", None
    block_time(row, [])
    row.due_at, row.failures = (now, 0) if was_in else (None, 0)
    if not was_in:
        row.sealed = ""
        row.events.update(state="REMOVED")
    row.save(update_fields=["state", "nonce_hash", "awaited_until", "due_at", "failures", "sealed"])
    emit([CalendarDisconnected(**_about(row), actor_id=viewer.user_id)], now=now)
    return row


def forget_unanswered(*, limit: int, now: datetime) -> int:
    """Remove connections whose owners never came back from the provider. A sweep of the clock; how many."""
    rows = CalendarConnection.objects.filter(state=ConnectionState.AUTHORIZING, awaited_until__lte=now)
    ids = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
    CalendarConnection.objects.filter(pk__in=ids).delete()
    return len(ids)


def _require_room(viewer: Viewer, wishes: CalendarSettings) -> int:
    user_id = require_signed_in(viewer)
    wishes.require_for(_role(viewer))
    if own_connections(viewer).filter(state__in=_LIVE).count() >= MAX_CONNECTIONS:
        raise OutOfRange(f"You have {MAX_CONNECTIONS} calendars already: disconnect one first.")
    return user_id


def _role(viewer: Viewer) -> Role:
    return viewer.role or Role.CUSTOMER


def _redirect_uri(provider: Provider) -> str:
    return f"{business().public_url}/calendars/{provider.value.lower()}/callback"


def _about(row: CalendarConnection) -> dict[str, Any]:
    return {"user_id": row.user_id, "connection_id": row.pk, "provider": row.provider}
