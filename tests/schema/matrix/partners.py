"""Partners, their keys and webhooks. People are either admins, or have nothing to do with them."""

from tests.schema.matrix.words import ADMINS, NULL, OK, SEES, Row, given, listing, mutation, node

ADMIN_ALONE = {"admin": OK, "*": NULL}
PARTNER = {"name": "Acme", "contactEmail": "it@acme.example", "scopes": ["ORDERS_READ"]}
ENDPOINT = {"url": "https://hooks.acme.example/rota", "kinds": ["order.*"]}

ROWS: tuple[Row, ...] = (
    listing("partners", {**ADMINS, "admin": SEES("partner", "other partner")}),
    listing("apiKeys", {**ADMINS, "admin": SEES("api key", "other api key")}),
    listing("webhookEndpoints", {**ADMINS, "admin": SEES("endpoint", "other endpoint", "paused endpoint")}),
    listing("webhookDeliveries", {**ADMINS, "admin": SEES("webhook", "other webhook")}),
    node("Partner", "partner", ADMIN_ALONE),
    node("ApiKey", "api key", ADMIN_ALONE),
    node("WebhookEndpoint", "endpoint", ADMIN_ALONE),
    node("WebhookDelivery", "webhook", ADMIN_ALONE),
    mutation("createPartner", "partner { id }", ADMINS, given(**PARTNER)),
    mutation("updatePartner", "partner { id }", ADMINS, given(partnerId="id:partner", **PARTNER)),
    mutation(
        "createApiKey", "key apiKey { id }", ADMINS, given(partnerId="id:partner", name="Shop", scopes=["ORDERS_READ"])
    ),
    mutation("revokeApiKey", "apiKey { id }", ADMINS, given(apiKeyId="id:api key")),
    mutation("createWebhookEndpoint", "endpoint { id }", ADMINS, given(partnerId="id:partner", **ENDPOINT)),
    mutation("updateWebhookEndpoint", "endpoint { id }", ADMINS, given(endpointId="id:endpoint", **ENDPOINT)),
    mutation("rotateWebhookSecret", "secret", ADMINS, given(endpointId="id:endpoint")),
    mutation(
        "pauseWebhookEndpoint", "endpoint { id }", ADMINS, given(endpointId="id:endpoint"), "WebhookEndpointInput"
    ),
    mutation(
        "resumeWebhookEndpoint",
        "endpoint { id }",
        ADMINS,
        given(endpointId="id:paused endpoint"),
        "WebhookEndpointInput",
    ),
    mutation("deleteWebhookEndpoint", "deletedId", ADMINS, given(endpointId="id:endpoint"), "WebhookEndpointInput"),
    mutation("sendTestWebhook", "delivery { id }", ADMINS, given(endpointId="id:endpoint"), "WebhookEndpointInput"),
    mutation("redeliverWebhook", "delivery { id }", ADMINS, given(deliveryId="id:webhook")),
    mutation("redeliverWebhooks", "count", ADMINS, given(endpointId="id:endpoint", since="2027-01-01T00:00:00Z")),
)
