"""From an event to its deliveries, and from a delivery to the receiver.

A handler writes one row for each endpoint that wants to know, in the transaction that marks its delivery done. The
relay leases an endpoint to one worker, who sends what is due, one after the other, outside of any transaction. Whoever
is killed leaves rows behind that are sent again under the same Webhook-Id once the lease has run out.
"""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from backend.core.networks import is_public
from backend.core.sealing import SealBroken, unseal
from backend.core.transactions import step, use_case
from backend.core.wakeup import knock
from backend.events.actions import emit
from backend.events.queries import untold_before
from backend.events.rules import Happened
from backend.partners.actions.writing import write
from backend.partners.errors import Unreached
from backend.partners.events import WebhookDisabled, WebhookPaused
from backend.partners.gateway import Answer, HttpSender, Sender
from backend.partners.models import WebhookDelivery, WebhookEndpoint
from backend.partners.queries import endpoints_due, waiting_for
from backend.partners.rules import (
    KEEP,
    LEASE,
    MAX_ATTEMPTS,
    MAX_BODY_KEPT,
    OUTAGE,
    EndpointState,
    Health,
    WebhookStatus,
    fault_of_url,
    headers_of,
    kinds_of,
    public_data,
    rest,
    retry_delay,
    subject_of,
    why_pause,
)

HANDLER = "partners.deliver"
"""As workers/routing.py names it."""

_TURN = 10
"""About how many seconds a worker spends on one endpoint before others have their turn."""

_log = structlog.get_logger(__name__)


# --- Writing


@step
def tell_partners(*, event: Happened, now: datetime) -> None:
    """Write an event's delivery for each endpoint that is to be told. Once per endpoint, however often it is called.

    Handlers run in any order. So that a subject's later event is never sent before an earlier one, the earlier ones
    that still wait for their own handler are written along: it then finds them there.
    """
    endpoints = [
        (each.pk, kinds_of(each.kinds, each.partner.scopes))
        for each in WebhookEndpoint.objects.select_related("partner")
        .exclude(state=EndpointState.DISABLED)
        .filter(partner__is_active=True, created_at__lte=event.occurred_at)
        .order_by("pk")
    ]
    if not endpoints:
        return
    subject = subject_of(event)
    earlier = [each for each in untold_before(event, handler=HANDLER) if subject and subject_of(each) == subject]
    WebhookDelivery.objects.bulk_create(
        [
            write(
                endpoint_id=endpoint_id,
                kind=each.kind,
                data=public_data(each),
                occurred_at=each.occurred_at,
                event_id=each.event_id,
                subject=subject,
                now=now,
            )
            for each in (*earlier, event)
            for endpoint_id, kinds in endpoints
            if each.kind in kinds
        ],
        ignore_conflicts=True,
    )
    transaction.on_commit(knock, robust=True)


# --- Sending


@use_case
def lease_endpoints(*, at_once: int, now: datetime) -> list[tuple[int, int]]:
    """Endpoints that have something due, each with the number of its lease: ours to give to a worker.

    No more than `at_once` are leased at a time, so that receivers that let us wait leave workers to others. Those that
    were looked at least often come first.
    """
    free = at_once - WebhookEndpoint.objects.filter(leased_until__gt=now).count()
    if free <= 0:
        return []
    rows = list(endpoints_due(now).select_for_update(of=("self",), skip_locked=True, no_key=True)[:free])
    WebhookEndpoint.objects.filter(pk__in=[row.pk for row in rows]).update(
        lease=F("lease") + 1, leased_until=now + LEASE
    )
    return [(row.pk, row.lease + 1) for row in rows]


@dataclass(frozen=True, slots=True)
class _Turn:
    """A delivery that is ours to send; `attempt` is the number of this try."""

    delivery_id: int
    attempt: int
    url: str
    secrets: tuple[str, ...]
    message_id: str
    body: str


def send_waiting(*, endpoint_id: int, lease: int, now: datetime, sender: Sender | None = None) -> int:
    """Send what an endpoint waits for, in order, until nothing is due, it fails, or others want their turn; how many.

    Of the workers that a lease reaches, one wins and the others do nothing. `now` is when it begins.
    """
    if not _take(endpoint_id=endpoint_id, lease=lease):
        return 0
    held, sent, began = lease + 1, 0, time.monotonic()

    def moment() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    while time.monotonic() - began < _TURN:
        turn = _next(endpoint_id=endpoint_id, lease=held, now=moment())
        if turn is None:
            break
        sent += 1
        if not _send(turn, sender or default_sender(), endpoint_id=endpoint_id, lease=held, moment=moment):
            break
    _give_back(endpoint_id=endpoint_id, lease=held)
    return sent


def default_sender() -> Sender:
    """Over the network, to public addresses only unless the settings say otherwise."""
    return HttpSender((lambda _: True) if settings.ROTA_WEBHOOKS_ANYWHERE else is_public)


def _send(turn: _Turn, sender: Sender, *, endpoint_id: int, lease: int, moment: Callable[[], datetime]) -> bool:
    """One try; whether it was taken."""
    sent_at = moment()
    headers = headers_of(turn.secrets, message_id=turn.message_id, now=sent_at, body=turn.body)
    try:
        # The address is judged again: rules and settings may be others than when it was saved.
        fault = None if settings.ROTA_WEBHOOKS_ANYWHERE else fault_of_url(turn.url)
        if fault is not None:
            raise Unreached(fault)
        # No transaction and no lock: the receiver may think for as long as it is given.
        result: Answer | Unreached = sender.post(turn.url, headers=headers, body=turn.body)
    except Unreached as error:
        result = error
    if isinstance(result, Answer) and 200 <= result.status < 300:
        _settle_success(turn=turn, endpoint_id=endpoint_id, answer=result, now=moment())
        return True
    _settle_failure(turn=turn, endpoint_id=endpoint_id, lease=lease, result=result, now=moment())
    return False


@use_case
def _take(*, endpoint_id: int, lease: int) -> bool:
    return bool(WebhookEndpoint.objects.filter(pk=endpoint_id, lease=lease).update(lease=F("lease") + 1))


@use_case
def _next(*, endpoint_id: int, lease: int, now: datetime) -> _Turn | None:
    """The next delivery, with its try counted and the lease drawn out; None where there is none, or it is not ours."""
    endpoint = (
        WebhookEndpoint.objects.select_for_update(no_key=True)
        .filter(pk=endpoint_id, lease=lease, state=EndpointState.ACTIVE)
        .first()
    )
    delivery = None if endpoint is None else waiting_for(endpoint_id, now).first()
    if endpoint is None or delivery is None:
        return None
    try:
        secrets = _secrets_of(endpoint, now)
    except SealBroken:
        _pause(endpoint, "No key opens its secret: rotate it, then resume.", now)
        endpoint.save(update_fields=["state", "state_reason"])
        return None
    endpoint.leased_until = now + LEASE
    if endpoint.previous_until is not None and endpoint.previous_until <= now:
        endpoint.previous_secret, endpoint.previous_until = "", None  # what signs nothing any more is not kept
    endpoint.save(update_fields=["leased_until", "previous_secret", "previous_until"])
    delivery.attempts += 1
    delivery.tried_at = now
    delivery.save(update_fields=["attempts", "tried_at"])
    return _Turn(delivery.pk, delivery.attempts, endpoint.url, secrets, delivery.message_id, delivery.body)


def _secrets_of(endpoint: WebhookEndpoint, now: datetime) -> tuple[str, ...]:
    """What deliveries are signed with at present. SealBroken where the newest can't be read; the one before is left out
    then.
    """
    secrets = [unseal(endpoint.secret)]
    if endpoint.previous_until is not None and now < endpoint.previous_until:
        with suppress(SealBroken):
            secrets.append(unseal(endpoint.previous_secret))
    return tuple(secrets)


@use_case
def _settle_success(*, turn: _Turn, endpoint_id: int, answer: Answer, now: datetime) -> None:
    # Whoever holds the endpoint by now: it was taken, and nobody else should send it.
    WebhookDelivery.objects.filter(pk=turn.delivery_id).update(
        status=WebhookStatus.DELIVERED, delivered_at=now, error="", **_told_by(answer)
    )
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=endpoint_id).first()
    if endpoint is None or not endpoint.failures:
        return
    if endpoint.failures >= OUTAGE:
        # It is back: what was only put off because it was away need not wait any longer.
        away = Q(response_status=None) | Q(response_status__in=[502, 503, 504])
        endpoint.deliveries.filter(away, status=WebhookStatus.WAITING, due_at__gt=now).update(due_at=now)
    _save_health(endpoint, Health())
    endpoint.rests_until = None
    endpoint.save(update_fields=["failures", "refusals", "failing_since", "rests_until"])


@use_case
def _settle_failure(*, turn: _Turn, endpoint_id: int, lease: int, result: Answer | Unreached, now: datetime) -> None:
    """Put the delivery off or give it up, let the endpoint rest, pause or disable it. Nothing without the lease."""
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=endpoint_id, lease=lease).first()
    if endpoint is None:
        return
    status = result.status if isinstance(result, Answer) else None
    retry_after = result.retry_after if isinstance(result, Answer) else None
    given_up = status == 410 or turn.attempt >= MAX_ATTEMPTS
    WebhookDelivery.objects.filter(pk=turn.delivery_id, status=WebhookStatus.WAITING).update(
        status=WebhookStatus.FAILED if given_up else WebhookStatus.WAITING,
        due_at=now + retry_delay(turn.attempt, jitter=random.random(), retry_after=retry_after),  # noqa: S311
        **_told_by(result),
    )
    health = Health(endpoint.failures, endpoint.refusals, endpoint.failing_since).after_failure(status, now)
    _save_health(endpoint, health)
    endpoint.rests_until = now + rest(health.failures, retry_after=retry_after)
    if status == 410:
        _disable(endpoint, now)
    else:
        _pause_if_hopeless(endpoint, health, now)
    endpoint.save(update_fields=["failures", "refusals", "failing_since", "rests_until", "state", "state_reason"])
    _log.warning("webhook.failed", endpoint_id=endpoint_id, attempt=turn.attempt, status=status)


def _save_health(endpoint: WebhookEndpoint, health: Health) -> None:
    endpoint.failures, endpoint.refusals = health.failures, health.refusals
    endpoint.failing_since = health.failing_since


def _told_by(result: Answer | Unreached) -> dict[str, object]:
    if isinstance(result, Answer):
        told: dict[str, object] = {"response_status": result.status, "response_body": result.body[:MAX_BODY_KEPT]}
    else:
        told = {"response_status": None, "response_body": "", "error": result.reason[:500]}
    return told | {"duration_ms": round(result.seconds * 1000)}


def _disable(endpoint: WebhookEndpoint, now: datetime) -> None:
    endpoint.state, endpoint.state_reason = EndpointState.DISABLED, "It answered 410: it is gone."
    endpoint.deliveries.filter(status=WebhookStatus.WAITING).update(status=WebhookStatus.FAILED)
    emit([WebhookDisabled(partner_id=endpoint.partner_id, endpoint_id=endpoint.pk)], now=now)


def _pause_if_hopeless(endpoint: WebhookEndpoint, health: Health, now: datetime) -> None:
    reason = why_pause(failing_since=health.failing_since, refusals=health.refusals, now=now)
    if reason and endpoint.state == EndpointState.ACTIVE:
        _pause(endpoint, reason, now)


def _pause(endpoint: WebhookEndpoint, reason: str, now: datetime) -> None:
    endpoint.state, endpoint.state_reason = EndpointState.PAUSED, reason
    paused = WebhookPaused(partner_id=endpoint.partner_id, endpoint_id=endpoint.pk, automatic=True, reason=reason)
    emit([paused], now=now)


@use_case
def _give_back(*, endpoint_id: int, lease: int) -> None:
    WebhookEndpoint.objects.filter(pk=endpoint_id, lease=lease).update(leased_until=None)
    transaction.on_commit(knock, robust=True)


@step
def forget_old_webhooks(*, limit: int, now: datetime) -> int:
    """Delete up to `limit` deliveries that were written KEEP ago, whatever became of them; how many there were."""
    old = WebhookDelivery.objects.filter(created_at__lt=now - KEEP).values("pk")[:limit]
    return WebhookDelivery.objects.filter(pk__in=old).delete()[0]
