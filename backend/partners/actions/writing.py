"""What is going to be posted, as a row."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from backend.core.references import secret_token
from backend.partners.models import WebhookDelivery
from backend.partners.rules import body_of


def write(
    *,
    endpoint_id: int,
    kind: str,
    data: Mapping[str, Any],
    occurred_at: datetime,
    event_id: int | None = None,
    subject: str = "",
    now: datetime,
) -> WebhookDelivery:
    """A delivery that is due at once, not yet saved. Of one event and endpoint its message id is always the same."""
    message_id = f"msg_{_digest(endpoint_id, event_id)}"
    return WebhookDelivery(
        endpoint_id=endpoint_id,
        event_id=event_id,
        message_id=message_id,
        kind=kind,
        subject=subject,
        position=event_id or 0,
        body=body_of(message_id=message_id, kind=kind, occurred_at=occurred_at, data=data),
        due_at=now,
        created_at=now,
    )


def _digest(endpoint_id: int, event_id: int | None) -> str:
    what = secret_token() if event_id is None else f"{endpoint_id}:{event_id}"
    return salted_hmac("rota.webhook", what, secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()[:32]
