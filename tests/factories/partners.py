"""Partners, their keys, and where they are told what happens."""

import base64
from itertools import count
from typing import Any

from backend.core.references import secret_token, token_hash
from backend.core.sealing import seal
from backend.core.viewer import PartnerAccess, Scope, Viewer
from backend.partners.models import ApiKey, Partner, WebhookDelivery, WebhookEndpoint
from tests.factories.business import NOW

SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"
"""What every endpoint of the factories signs with."""

_number = count(1)


def partner(**given: Any) -> Partner:
    """With every scope."""
    number = next(_number)
    values = {
        "name": f"Partner {number}",
        "contact_name": "Mary Shelley",
        "contact_email": f"partner{number}@example.com",
        "scopes": list(Scope),
        "created_at": NOW,
    }
    return Partner.objects.create(**values | given)


def api_key(row: Partner, *scopes: Scope, **given: Any) -> str:
    """A live key with these scopes, or with all; the key itself."""
    number = next(_number)
    prefix = f"rk_TEST{number}"
    key = f"{prefix}_{secret_token()}"
    values = {"partner": row, "name": f"Key {number}", "prefix": prefix, "scopes": list(scopes or Scope)}
    ApiKey.objects.create(**values | {"key_hash": token_hash(key), "created_at": NOW, "last_used_at": NOW} | given)
    return key


def endpoint(row: Partner | None = None, **given: Any) -> WebhookEndpoint:
    """Active, told of everything, made before anything happened."""
    values = {"url": "https://hooks.example.com/rota", "kinds": ["*"], "secret": seal(SECRET), "created_at": NOW}
    return WebhookEndpoint.objects.create(partner=row or partner(), **values | given)


def webhook(row: WebhookEndpoint, **given: Any) -> WebhookDelivery:
    """A delivery that is due at NOW."""
    message_id = f"msg_{next(_number)}"
    values = {"message_id": message_id, "kind": "order.placed", "body": "{}", "due_at": NOW, "created_at": NOW}
    return WebhookDelivery.objects.create(endpoint=row, **values | given)


def partner_viewer(row: Partner, *scopes: Scope) -> Viewer:
    """Whoever comes with a key of the partner's that has these scopes, or all."""
    return Viewer(partner=PartnerAccess(row.pk, 0, frozenset(scopes or Scope)))
