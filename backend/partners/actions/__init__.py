"""Every write about partners: the office's, the partners' own, and those that deliveries leave behind."""

from backend.partners.actions.delivering import (
    forget_old_webhooks,
    lease_endpoints,
    send_waiting,
    tell_partners,
)
from backend.partners.actions.endpoints import (
    EndpointTerms,
    create_webhook_endpoint,
    delete_webhook_endpoint,
    pause_webhook_endpoint,
    redeliver_webhook,
    redeliver_webhooks,
    resume_webhook_endpoint,
    rotate_webhook_secret,
    send_test_webhook,
    update_webhook_endpoint,
)
from backend.partners.actions.partners import (
    PartnerTerms,
    create_api_key,
    create_partner,
    note_key_use,
    revoke_api_key,
    update_partner,
)

__all__ = [
    "EndpointTerms",
    "PartnerTerms",
    "create_api_key",
    "create_partner",
    "create_webhook_endpoint",
    "delete_webhook_endpoint",
    "forget_old_webhooks",
    "lease_endpoints",
    "note_key_use",
    "pause_webhook_endpoint",
    "redeliver_webhook",
    "redeliver_webhooks",
    "resume_webhook_endpoint",
    "revoke_api_key",
    "rotate_webhook_secret",
    "send_test_webhook",
    "send_waiting",
    "tell_partners",
    "update_partner",
    "update_webhook_endpoint",
]
