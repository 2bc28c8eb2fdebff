"""Partners through the API: what is shown once, what is refused, and that each is repeat-safe."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from backend.core.sealing import unseal
from backend.core.viewer import Role
from backend.partners.models import ApiKey, WebhookEndpoint
from tests import factories
from tests.client import Api, gid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

ENDPOINT = {"url": "https://hooks.acme.example.com/rota", "kinds": ["order.*"]}


@pytest.fixture
def office() -> Api:
    return Api(factories.token_for(factories.user(Role.ADMIN)))


def refused(api: Api, name: str, given: dict[str, Any]) -> list[tuple[str, str]]:
    errors: list[tuple[str, str]] = api.mutate(name, given, "__typename")["userErrors"]
    return errors


def test_a_key_is_shown_once_works_and_is_kept_as_a_hash(office: Api) -> None:
    partner = factories.partner()
    given = {"partnerId": gid(partner), "name": "Shop", "scopes": ["CATALOGUE_READ"], "idempotencyKey": "k1"}
    key = office.mutate("createApiKey", given, "key apiKey { id prefix }")["key"]
    assert key.startswith("rk_")
    assert Api(key)("{ services { totalCount } }").data == {"services": {"totalCount": 0}}
    again = office.mutate("createApiKey", given, "key apiKey { id prefix }")
    assert (again["key"], again["apiKey"]["prefix"]) == (None, key.rpartition("_")[0][:11])
    row = ApiKey.objects.get()
    assert key not in repr(list(ApiKey.objects.values()))
    assert office.mutate("revokeApiKey", {"apiKeyId": gid(row)}, "apiKey { revokedAt }")["userErrors"] == []
    assert Api(key)("{ apiKeys { totalCount } }").codes == ["UNAUTHENTICATED"]


def test_a_key_has_no_scope_that_its_partner_lacks(office: Api) -> None:
    partner = factories.partner(scopes=["catalogue:read"])
    given = {"partnerId": gid(partner), "name": "", "scopes": ["ORDERS_READ"], "expiresAt": "2027-01-01T00:00:00Z"}
    assert refused(office, "createApiKey", given) == [
        ("REQUIRED", "name"),
        ("INVALID_INPUT", "scopes"),
        ("INVALID_INPUT", "expiresAt"),
    ]


def test_a_name_is_taken_in_any_case(office: Api) -> None:
    factories.partner(name="Acme")
    given = {"name": "ACME", "contactEmail": "it@acme.example", "scopes": ["ORDERS_READ"]}
    assert refused(office, "createPartner", given) == [("ALREADY_EXISTS", "name")]


def test_a_secret_is_shown_once_and_sealed(office: Api) -> None:
    given = {"partnerId": gid(factories.partner()), "idempotencyKey": "e1", **ENDPOINT}
    secret = office.mutate("createWebhookEndpoint", given, "secret")["secret"]
    assert office.mutate("createWebhookEndpoint", given, "secret endpoint { url }") == {
        "secret": None,
        "endpoint": {"url": ENDPOINT["url"]},
        "userErrors": [],
    }
    row = WebhookEndpoint.objects.get()
    assert unseal(row.secret) == secret
    assert secret not in row.secret


def test_what_an_endpoint_may_not_be_is_told_all_at_once(office: Api) -> None:
    partner = factories.partner(scopes=["catalogue:read"])
    given = {"partnerId": gid(partner), "url": "http://10.0.0.1/", "kinds": ["service.*", "order.placed", "user.*"]}
    assert refused(office, "createWebhookEndpoint", given) == [
        ("INVALID_INPUT", "url"),
        ("INVALID_INPUT", "kinds.1"),
        ("INVALID_INPUT", "kinds.2"),
    ]
    assert refused(office, "createWebhookEndpoint", ENDPOINT) == [("REQUIRED", "partnerId")]


def test_anywhere_is_anywhere_for_http_alone(office: Api, settings: Settings) -> None:
    settings.ROTA_WEBHOOKS_ANYWHERE = True
    given = {"partnerId": gid(factories.partner()), "kinds": ["*"]}
    assert refused(office, "createWebhookEndpoint", given | {"url": "http://127.0.0.1:9/"}) == []
    assert refused(office, "createWebhookEndpoint", given | {"url": "file:///etc/passwd"}) == [("INVALID_INPUT", "url")]


def test_only_an_active_endpoint_is_paused_or_tested_and_only_another_resumed(office: Api) -> None:
    given = {"endpointId": gid(factories.endpoint())}
    kind = "WebhookEndpointInput!"

    def codes(name: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = office.mutate(name, given, "__typename", input_type=kind)["userErrors"]
        return found

    assert codes("resumeWebhookEndpoint") == [("INVALID_TRANSITION", "endpointId")]
    assert codes("pauseWebhookEndpoint") == []
    assert codes("pauseWebhookEndpoint") == [("INVALID_TRANSITION", "endpointId")]
    assert codes("sendTestWebhook") == [("INACTIVE", "endpointId")]
    assert codes("resumeWebhookEndpoint") == []
    assert codes("sendTestWebhook") == []


def test_the_log_is_filtered(office: Api) -> None:
    endpoint = factories.endpoint()
    factories.webhook(endpoint)
    failed = factories.webhook(endpoint, status="FAILED", kind="order.confirmed", response_status=500)
    query = (
        'query($id: ID!) { webhookDeliveries(endpointId: $id, filters: {status: FAILED, kind: "order.confirmed"}) '
        "{ totalCount edges { node { id responseStatus status } } } }"
    )
    page = office(query, id=gid(endpoint)).data["webhookDeliveries"]
    assert page == {
        "totalCount": 1,
        "edges": [{"node": {"id": gid(failed), "responseStatus": 500, "status": "FAILED"}}],
    }
