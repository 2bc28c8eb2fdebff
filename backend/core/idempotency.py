"""Repeat-safe creation: the same key with the same input gives the same object back.

A creating action asks `claim_key` first and tells `settle_key` last, both inside its one transaction.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model

from backend.core.errors import IdempotencyConflict
from backend.core.models import IdempotencyKey
from backend.core.text import clean_text
from backend.core.transactions import step
from backend.core.viewer import Viewer

KEEP = timedelta(days=7)
"""How long a key is remembered: a client that repeats a request later makes a new one."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a key stands for: `result_id` is set where the operation was done before."""

    row_id: int | None
    result_id: int | None


@step
def claim_key(*, viewer: Viewer, operation: str, key: str | None, given: Any, now: datetime) -> Claimed:
    """Take `key` for `operation`, or find what it made earlier.

    `given` is the whole input as plain values. Without a key every request is a new one. A request that races with its
    own repeat waits here until the first has committed. Raises IdempotencyConflict where the key came with other input.
    """
    if key is None:
        return Claimed(None, None)
    key = clean_text(key, field=("idempotency_key",), max_length=128)
    scope = f"user:{viewer.user_id}" if viewer.is_signed_in else "anonymous"
    if viewer.partner is not None:
        scope = f"partner:{viewer.partner.partner_id}"
    fingerprint = hashlib.sha256(json.dumps(given, sort_keys=True, default=str).encode()).hexdigest()
    row, is_new = IdempotencyKey.objects.get_or_create(
        scope=scope, operation=operation, key=key, defaults={"fingerprint": fingerprint, "created_at": now}
    )
    if is_new:
        return Claimed(row.pk, None)
    if row.fingerprint != fingerprint:
        raise IdempotencyConflict("This key was used before, with other input.", ("idempotency_key",))
    return Claimed(row.pk, row.result_id)


@step
def settle_key(claimed: Claimed, result: Model) -> None:
    """Remember what the key made."""
    if claimed.row_id is not None:
        IdempotencyKey.objects.filter(pk=claimed.row_id).update(result_id=result.pk)


@step
def forget_old_keys(*, limit: int, now: datetime) -> int:
    """Delete up to `limit` keys that are older than KEEP; how many there were."""
    old = IdempotencyKey.objects.filter(created_at__lt=now - KEEP).values("pk")[:limit]
    return IdempotencyKey.objects.filter(pk__in=old).delete()[0]
