"""Where partners are told what happens: by admins, and by each partner for itself."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from backend.core.errors import InvalidInput, InvalidTransition, OutOfRange, Problems, Required
from backend.core.idempotency import claim_key, settle_key
from backend.core.sealing import seal
from backend.core.text import clean_text
from backend.core.transactions import use_case
from backend.core.viewer import Viewer
from backend.core.wakeup import knock
from backend.events.actions import emit
from backend.partners.actions.writing import write
from backend.partners.errors import EndpointNotActive
from backend.partners.events import WebhookChanged, WebhookPaused
from backend.partners.models import Partner, WebhookDelivery, WebhookEndpoint
from backend.partners.permissions import require_mind_webhooks
from backend.partners.queries import endpoint_for, partner_for, webhook_for
from backend.partners.rules import MAX_URL, TEST, TOLD, EndpointState, WebhookStatus, fault_of_url, kinds_of, matches

MAX_ENDPOINTS = 20
"""Of one partner."""

MAX_OVERLAP_HOURS = 7 * 24
"""How long a secret may stay good after its successor was made."""

_MAX_KINDS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointTerms:
    """An endpoint as it should be; on an update all of it replaces what was."""

    url: str
    kinds: Sequence[str]


@use_case
def create_webhook_endpoint(
    *,
    viewer: Viewer,
    partner_id: int | None,
    terms: EndpointTerms,
    idempotency_key: str | None = None,
    now: datetime,
) -> tuple[WebhookEndpoint, str | None]:
    """A new endpoint and the only showing of its secret: a repeated request gets the row alone.

    It is told of what happens from now on. A partner leaves `partner_id` out, or names itself.
    """
    require_mind_webhooks(viewer)
    given = [partner_id, terms.url, list(terms.kinds)]
    claimed = claim_key(viewer=viewer, operation="createWebhookEndpoint", key=idempotency_key, given=given, now=now)
    if claimed.result_id is not None:
        return endpoint_for(viewer, claimed.result_id), None
    partner = _partner(viewer, partner_id)
    if partner.endpoints.count() >= MAX_ENDPOINTS:
        raise OutOfRange(f"A partner has at most {MAX_ENDPOINTS} endpoints.", ("partner_id",))
    secret = _new_secret()
    endpoint = WebhookEndpoint(partner=partner, secret=seal(secret), created_at=now)
    _apply(endpoint, terms)
    endpoint.save()
    settle_key(claimed, endpoint)
    _tell(endpoint, viewer, now)
    return endpoint, secret


@use_case
def update_webhook_endpoint(
    *, viewer: Viewer, endpoint_id: int, terms: EndpointTerms, now: datetime
) -> WebhookEndpoint:
    """Another address, or other kinds. What waits already goes to the new address."""
    endpoint = _locked(viewer, endpoint_id)
    _apply(endpoint, terms)
    endpoint.save(update_fields=["url", "kinds"])
    _tell(endpoint, viewer, now)
    return endpoint


@use_case
def rotate_webhook_secret(
    *, viewer: Viewer, endpoint_id: int, overlap_hours: int = 24, now: datetime
) -> tuple[WebhookEndpoint, str]:
    """A new secret and its only showing. For `overlap_hours` deliveries are signed with the one before as well."""
    endpoint = _locked(viewer, endpoint_id)
    if not 0 <= overlap_hours <= MAX_OVERLAP_HOURS:
        raise OutOfRange(f"This lies between 0 and {MAX_OVERLAP_HOURS} hours.", ("overlap_hours",))
    secret = _new_secret()
    endpoint.previous_secret = endpoint.secret if overlap_hours else ""
    endpoint.previous_until = now + timedelta(hours=overlap_hours) if overlap_hours else None
    endpoint.secret = seal(secret)
    endpoint.save(update_fields=["secret", "previous_secret", "previous_until"])
    _tell(endpoint, viewer, now)
    return endpoint, secret


@use_case
def pause_webhook_endpoint(*, viewer: Viewer, endpoint_id: int, now: datetime) -> WebhookEndpoint:
    """Send nothing until it is resumed; what happens meanwhile waits. InvalidTransition where it is not active."""
    endpoint = _locked(viewer, endpoint_id)
    if endpoint.state != EndpointState.ACTIVE:
        raise InvalidTransition(f"Only an active endpoint can be paused; this one is {endpoint.state}.", _FIELD)
    endpoint.state, endpoint.state_reason = EndpointState.PAUSED, "Paused by hand."
    endpoint.save(update_fields=["state", "state_reason"])
    paused = WebhookPaused(
        partner_id=endpoint.partner_id,
        endpoint_id=endpoint.pk,
        automatic=False,
        reason=endpoint.state_reason,
        actor_id=viewer.user_id,
    )
    emit([paused], now=now)
    return endpoint


@use_case
def resume_webhook_endpoint(*, viewer: Viewer, endpoint_id: int, now: datetime) -> WebhookEndpoint:
    """Send again, all that waited first. InvalidTransition for one that is active."""
    endpoint = _locked(viewer, endpoint_id)
    if endpoint.state == EndpointState.ACTIVE:
        raise InvalidTransition("This endpoint is active.", _FIELD)
    endpoint.state, endpoint.state_reason = EndpointState.ACTIVE, ""
    endpoint.failures = endpoint.refusals = 0
    endpoint.failing_since = endpoint.rests_until = None
    endpoint.save(update_fields=["state", "state_reason", "failures", "refusals", "failing_since", "rests_until"])
    _send_anew(endpoint.deliveries.filter(status=WebhookStatus.WAITING), now)
    _tell(endpoint, viewer, now)
    return endpoint


@use_case
def delete_webhook_endpoint(*, viewer: Viewer, endpoint_id: int, now: datetime) -> int:
    """Forget an endpoint with all that waits for it and its log; its id."""
    endpoint = _locked(viewer, endpoint_id)
    _tell(endpoint, viewer, now)
    endpoint.delete()
    return endpoint_id


@use_case
def send_test_webhook(*, viewer: Viewer, endpoint_id: int, now: datetime) -> WebhookDelivery:
    """Send a `webhook.test`, whatever kinds were chosen; the log tells the answer. Refused unless it is active."""
    endpoint = _locked(viewer, endpoint_id)
    if endpoint.state != EndpointState.ACTIVE:
        raise EndpointNotActive(field=_FIELD)
    data = {"message": "This is a test."}
    delivery = write(endpoint_id=endpoint.pk, kind=TEST, data=data, occurred_at=now, now=now)
    delivery.save()
    transaction.on_commit(knock, robust=True)
    return delivery


@use_case
def redeliver_webhook(*, viewer: Viewer, delivery_id: int, now: datetime) -> WebhookDelivery:
    """Send one again under its old Webhook-Id, with all tries before it: what was given up, or was delivered."""
    require_mind_webhooks(viewer)
    delivery = webhook_for(viewer, delivery_id, field=("delivery_id",), lock=True)
    if WebhookEndpoint.objects.get(pk=delivery.endpoint_id).state == EndpointState.DISABLED:
        raise EndpointNotActive(field=("delivery_id",))
    _send_anew(WebhookDelivery.objects.filter(pk=delivery.pk), now)
    delivery.refresh_from_db()
    return delivery


@use_case
def redeliver_webhooks(*, viewer: Viewer, endpoint_id: int, since: datetime, now: datetime) -> int:
    """Send everything again that was written from `since` on and given up; how many there were."""
    endpoint = _locked(viewer, endpoint_id)
    if endpoint.state == EndpointState.DISABLED:
        raise EndpointNotActive(field=_FIELD)
    return _send_anew(endpoint.deliveries.filter(status=WebhookStatus.FAILED, created_at__gte=since), now)


_FIELD = ("endpoint_id",)


def _locked(viewer: Viewer, endpoint_id: int) -> WebhookEndpoint:
    require_mind_webhooks(viewer)
    return endpoint_for(viewer, endpoint_id, field=_FIELD, lock=True)


def _partner(viewer: Viewer, partner_id: int | None) -> Partner:
    if partner_id is None:
        if viewer.partner is None:
            raise Required("Say whose endpoint it is.", ("partner_id",))
        partner_id = viewer.partner.partner_id
    return partner_for(viewer, partner_id, field=("partner_id",), lock=True)


def _send_anew(deliveries: QuerySet[WebhookDelivery], now: datetime) -> int:
    transaction.on_commit(knock, robust=True)
    return deliveries.update(status=WebhookStatus.WAITING, attempts=0, due_at=now, delivered_at=None)


def _tell(endpoint: WebhookEndpoint, viewer: Viewer, now: datetime) -> None:
    fact = WebhookChanged(partner_id=endpoint.partner_id, endpoint_id=endpoint.pk, actor_id=viewer.user_id)
    emit([fact], now=now)


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _apply(endpoint: WebhookEndpoint, terms: EndpointTerms) -> None:
    problems = Problems()
    with problems:
        endpoint.url = _clean_url(terms.url)
    with problems:
        endpoint.kinds = _clean_kinds(terms.kinds, endpoint.partner.scopes)
    problems.raise_all()


def _clean_url(given: str) -> str:
    url = clean_text(given, field=("url",), max_length=MAX_URL)
    fault = fault_of_url(url)
    if settings.ROTA_WEBHOOKS_ANYWHERE and url.startswith(("http://", "https://")):
        fault = None
    if fault is not None:
        raise InvalidInput(fault, ("url",))
    return url


def _clean_kinds(given: Sequence[str], scopes: Sequence[Any]) -> list[str]:
    if not given:
        raise Required("Choose at least one kind of event, or `*`.", ("kinds",))
    if len(given) > _MAX_KINDS:
        raise OutOfRange(f"Choose at most {_MAX_KINDS}; `order.*` and `*` stand for many.", ("kinds",))
    problems = Problems()
    for position, kind in enumerate(given):
        field = ("kinds", position)
        with problems:
            if not any(matches([kind], each) for each in TOLD):
                raise InvalidInput("There are no events of this kind to be told of.", field)
            if not kinds_of([kind], scopes):
                raise InvalidInput("The partner's scopes do not cover this kind.", field)
    problems.raise_all()
    return list(dict.fromkeys(given))
