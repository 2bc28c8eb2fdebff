"""Partners, their keys and webhooks as their viewers may see them, and whom a key stands for."""

from datetime import datetime
from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from backend.core.errors import FieldPath, NotFound
from backend.core.invariants import rows_that
from backend.core.references import token_hash
from backend.core.viewer import NOBODY, PartnerAccess, Scope, Viewer
from backend.partners.models import ApiKey, Partner, WebhookDelivery, WebhookEndpoint
from backend.partners.permissions import require_see_partners
from backend.partners.rules import EndpointState, WebhookStatus, kinds_of

KEY_START = "rk_"
"""What every API key begins with, and no access token."""

M = TypeVar("M", bound=Model)


def viewer_for_key(key: str, *, now: datetime) -> tuple[Viewer, datetime | None]:
    """The viewer that an API key stands for, and when it was last used; nobody where it is none, ended or revoked."""
    live = Q(expires_at=None) | Q(expires_at__gt=now)
    row = (
        ApiKey.objects.filter(live, key_hash=token_hash(key), revoked_at=None, partner__is_active=True)
        .values_list("pk", "partner_id", "scopes", "partner__scopes", "last_used_at")
        .first()
    )
    if row is None:
        return NOBODY, None
    key_id, partner_id, scopes, allowed, last_used_at = row
    access = PartnerAccess(partner_id, key_id, frozenset(Scope(each) for each in set(scopes) & set(allowed)))
    return Viewer(partner=access), last_used_at


def partners_visible_to(viewer: Viewer) -> QuerySet[Partner]:
    """All for admins, itself for a partner that manages its webhooks, none for anyone else."""
    return Partner.objects.filter(_own(viewer, "pk"))


def keys_visible_to(viewer: Viewer, *, partner_id: int | None = None) -> QuerySet[ApiKey]:
    """As partners themselves; of one, where it is named."""
    return _of(ApiKey.objects.filter(_own(viewer, "partner_id")), partner_id=partner_id)


def endpoints_visible_to(viewer: Viewer, *, partner_id: int | None = None) -> QuerySet[WebhookEndpoint]:
    """As partners themselves; of one, where it is named."""
    return _of(WebhookEndpoint.objects.filter(_own(viewer, "partner_id")), partner_id=partner_id)


def webhooks_visible_to(viewer: Viewer, *, endpoint_id: int | None = None) -> QuerySet[WebhookDelivery]:
    """As partners themselves; to one endpoint, where it is named."""
    return _of(WebhookDelivery.objects.filter(_own(viewer, "endpoint__partner_id")), endpoint_id=endpoint_id)


def _of(rows: QuerySet[M], **owner: int | None) -> QuerySet[M]:
    return rows.filter(**{name: number for name, number in owner.items() if number is not None})


def _own(viewer: Viewer, path: str) -> Q:
    if viewer.is_admin:
        return Q()
    if viewer.partner is not None and viewer.has_scope(Scope.WEBHOOKS_MANAGE):
        return Q((path, viewer.partner.partner_id))
    return Q(pk__in=[])


def seen(viewer: Viewer, rows: QuerySet[M]) -> QuerySet[M]:
    """The rows of a list, for who may ask for it. NotSignedIn or NotAllowed for all others."""
    require_see_partners(viewer)
    return rows


def partner_for(viewer: Viewer, partner_id: int, *, field: FieldPath = (), lock: bool = False) -> Partner:
    """The visible partner, or NotFound."""
    return _one(partners_visible_to(viewer), partner_id, "partner", field, lock=lock)


def key_for(viewer: Viewer, key_id: int, *, field: FieldPath = (), lock: bool = False) -> ApiKey:
    """The visible key, or NotFound."""
    return _one(keys_visible_to(viewer), key_id, "key", field, lock=lock)


def endpoint_for(viewer: Viewer, endpoint_id: int, *, field: FieldPath = (), lock: bool = False) -> WebhookEndpoint:
    """The visible endpoint, or NotFound."""
    return _one(endpoints_visible_to(viewer), endpoint_id, "endpoint", field, lock=lock)


def webhook_for(viewer: Viewer, delivery_id: int, *, field: FieldPath = (), lock: bool = False) -> WebhookDelivery:
    """The visible delivery, or NotFound."""
    return _one(webhooks_visible_to(viewer), delivery_id, "delivery", field, lock=lock)


def _one(rows: QuerySet[M], pk: int, what: str, field: FieldPath, *, lock: bool) -> M:
    row = (rows.select_for_update(of=("self",), no_key=True) if lock else rows).filter(pk=pk).first()
    if row is None:
        raise NotFound(f"There is no such {what}.", field)
    return row


def kinds_wanted() -> frozenset[str]:
    """The kinds that some endpoint is to be told of. One statement."""
    endpoints = WebhookEndpoint.objects.exclude(state=EndpointState.DISABLED).filter(partner__is_active=True)
    rows = endpoints.values_list("kinds", "partner__scopes")
    return frozenset(kind for kinds, scopes in rows for kind in kinds_of(kinds, scopes))


def waiting_for(endpoint_id: int, now: datetime) -> QuerySet[WebhookDelivery]:
    """What an endpoint can be sent now, the longest due first, and nothing of which an earlier one still waits."""
    earlier = WebhookDelivery.objects.filter(
        endpoint=OuterRef("endpoint"),
        subject=OuterRef("subject"),
        position__lt=OuterRef("position"),
        status=WebhookStatus.WAITING,
    ).exclude(subject="")
    return (
        WebhookDelivery.objects.filter(endpoint=endpoint_id, status=WebhookStatus.WAITING, due_at__lte=now)
        .exclude(Exists(earlier))
        .order_by("due_at", "position", "pk")
    )


def endpoints_due(now: datetime) -> QuerySet[WebhookEndpoint]:
    """Those that have something due, that nobody is at, and that do not rest; the least often looked at first."""
    due = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), status=WebhookStatus.WAITING, due_at__lte=now)
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    awake = Q(rests_until=None) | Q(rests_until__lte=now)
    return WebhookEndpoint.objects.filter(
        free, awake, Exists(due), state=EndpointState.ACTIVE, partner__is_active=True
    ).order_by("lease", "pk")


def offences_of_webhooks() -> list[str]:
    """What should never be: something that waits for an endpoint that is disabled."""
    return rows_that(
        "SELECT d.message_id, e.url FROM partners_webhookdelivery d JOIN partners_webhookendpoint e"
        " ON e.id = d.endpoint_id WHERE e.state = 'DISABLED' AND d.status = 'WAITING' ORDER BY 1",
        "{} waits for {}, which is disabled.",
    )
