"""Partners and their keys. A key is shown once, when it is made."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from backend.core.errors import AlreadyExists, InvalidInput, InvalidTransition, Problems, Required
from backend.core.idempotency import claim_key, settle_key
from backend.core.references import ALPHABET, secret_token, token_hash
from backend.core.text import clean_email, clean_text
from backend.core.transactions import use_case
from backend.core.viewer import Scope, Viewer
from backend.events.actions import emit
from backend.partners.events import ApiKeyChanged, PartnerChanged
from backend.partners.models import ApiKey, Partner
from backend.partners.permissions import require_mind_partners
from backend.partners.queries import KEY_START, key_for, partner_for

_USED_RESOLUTION = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerTerms:
    """A partner as it should be; on an update all of it replaces what was."""

    name: str
    contact_email: str
    contact_name: str = ""
    scopes: Sequence[Scope] = ()
    is_active: bool = True


@use_case
def create_partner(
    *, viewer: Viewer, terms: PartnerTerms, idempotency_key: str | None = None, now: datetime
) -> Partner:
    """A new partner, without keys. AlreadyExists where one has the name, in any case."""
    require_mind_partners(viewer)
    claimed = claim_key(viewer=viewer, operation="createPartner", key=idempotency_key, given=asdict(terms), now=now)
    if claimed.result_id is not None:
        return partner_for(viewer, claimed.result_id)
    partner = Partner(created_at=now)
    _apply(partner, terms)
    settle_key(claimed, partner)
    emit([PartnerChanged(partner_id=partner.pk, actor_id=viewer.user_id)], now=now)
    return partner


@use_case
def update_partner(*, viewer: Viewer, partner_id: int, terms: PartnerTerms, now: datetime) -> Partner:
    """Replace a partner's terms. A scope that is taken away is gone from its keys and webhooks at once."""
    require_mind_partners(viewer)
    partner = partner_for(viewer, partner_id, field=("partner_id",), lock=True)
    _apply(partner, terms)
    emit([PartnerChanged(partner_id=partner.pk, actor_id=viewer.user_id)], now=now)
    return partner


@use_case
def create_api_key(
    *,
    viewer: Viewer,
    partner_id: int,
    name: str,
    scopes: Sequence[Scope],
    expires_at: datetime | None = None,
    idempotency_key: str | None = None,
    now: datetime,
) -> tuple[ApiKey, str | None]:
    """A new key and its only showing: a repeated request gets the row alone. Its scopes are some of its partner's."""
    require_mind_partners(viewer)
    given = [partner_id, name, list(scopes), expires_at]
    claimed = claim_key(viewer=viewer, operation="createApiKey", key=idempotency_key, given=given, now=now)
    if claimed.result_id is not None:
        return key_for(viewer, claimed.result_id), None
    partner = partner_for(viewer, partner_id, field=("partner_id",), lock=True)
    problems = Problems()
    with problems:
        name = clean_text(name, field=("name",), max_length=120)
    with problems:
        chosen = _clean_scopes(scopes)
        if not set(chosen) <= set(partner.scopes):
            raise InvalidInput("The partner itself does not have all of these.", ("scopes",))
    with problems:
        if expires_at is not None and expires_at <= now:
            raise InvalidInput("This has passed already.", ("expires_at",))
    problems.raise_all()
    prefix, secret = KEY_START + _letters(), secret_token()
    key = f"{prefix}_{secret}"
    row = ApiKey(partner=partner, name=name, prefix=prefix, key_hash=token_hash(key), scopes=chosen, created_at=now)
    row.expires_at = expires_at
    row.save()
    settle_key(claimed, row)
    emit([ApiKeyChanged(partner_id=partner.pk, api_key_id=row.pk, actor_id=viewer.user_id)], now=now)
    return row, key


@use_case
def revoke_api_key(*, viewer: Viewer, key_id: int, now: datetime) -> ApiKey:
    """End a key at once, for good. InvalidTransition for one that is revoked."""
    require_mind_partners(viewer)
    key = key_for(viewer, key_id, field=("api_key_id",), lock=True)
    if key.revoked_at is not None:
        raise InvalidTransition("This key is revoked already.", ("api_key_id",))
    key.revoked_at = now
    key.save(update_fields=["revoked_at"])
    emit([ApiKeyChanged(partner_id=key.partner_id, api_key_id=key.pk, actor_id=viewer.user_id)], now=now)
    return key


def note_key_use(*, key_id: int, last_used_at: datetime | None, now: datetime) -> None:
    """Remember that a key was used: one statement in five minutes, none in between."""
    if last_used_at is None or now - last_used_at > _USED_RESOLUTION:
        _write_use(key_id=key_id, now=now)


@use_case
def _write_use(*, key_id: int, now: datetime) -> None:
    ApiKey.objects.filter(pk=key_id).update(last_used_at=now)


def _apply(partner: Partner, terms: PartnerTerms) -> None:
    problems = Problems()
    with problems:
        partner.name = clean_text(terms.name, field=("name",), max_length=120)
    with problems:
        partner.contact_name = clean_text(terms.contact_name, field=("contact_name",), max_length=120, required=False)
    with problems:
        partner.contact_email = clean_email(terms.contact_email, field=("contact_email",))
    with problems:
        partner.scopes = _clean_scopes(terms.scopes)
    problems.raise_all()
    partner.is_active = terms.is_active
    try:
        with transaction.atomic():
            partner.save()
    except IntegrityError as error:
        raise AlreadyExists("There is a partner of this name.", ("name",)) from error


def _clean_scopes(scopes: Sequence[Scope]) -> list[str]:
    if not scopes:
        raise Required("Choose at least one.", ("scopes",))
    return [each.value for each in Scope if each in scopes]


def _letters() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(8))
