"""Every root field against a partner's API key: the tenth persona, in a table of its own.

The operations are those of the other matrix. A key with all scopes gets what `EXPECTED` says, and FORBIDDEN for
what no scope covers; a key without a scope that covers the field gets FORBIDDEN for it. Refused, nothing changes.
"""

from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from backend.audit.models import Change
from backend.core.viewer import Scope
from backend.partners.models import ApiKey
from schema.scopes import MUTATIONS, QUERIES
from tests import factories
from tests.client import Api, gid
from tests.conftest import fill_buckets
from tests.factories.business import NOW
from tests.schema.matrix import NULL, OK, ROWS, SEES, Row
from tests.schema.matrix.words import FORBIDDEN, NOT_FOUND, UNAUTHENTICATED
from tests.schema.test_matrix import OVER_HTTP, outcome
from tests.world import World, digest, make_world

pytestmark = pytest.mark.django_db

PLAN_VISITS = ("plan appointment 1", "plan appointment 2")
VISITS = ("visit", "booking", "done visit", "missed visit", "guest booking", "guest appointment", *PLAN_VISITS)

EXPECTED: dict[str, str] = {
    "Query.business": OK,
    "Query.orders": SEES("order", "confirmed order", "guest order"),
    "Query.appointments": SEES(*VISITS),
    "Query.availability": OK,
    "Query.cartAvailability": OK,
    "Query.nextAvailable": OK,
    "Query.quoteOrder": OK,
    "Query.trackOrder": OK,
    "Query.trackOrder (wrong token)": NULL,
    "Query.partners": SEES("partner"),
    "Query.apiKeys": SEES("api key", "key in use"),
    "Query.webhookEndpoints": SEES("endpoint", "paused endpoint"),
    "Query.webhookDeliveries": SEES("webhook"),
    "Mutation.holdSlot": OK,
    "Mutation.releaseSlot": OK,
    "Mutation.placeOrder": OK,
}
"""By row, else by root field. Lists of what everyone sees are as for the anonymous: see `expected`."""

OWN = {name: OK for name in MUTATIONS if "ebhook" in name}
"""Partners mind their own webhooks."""

NODES = {
    *("order", "guest order", "confirmed order", "item", "chosen extra", "change", "visit", "photo"),
    *("partner", "api key", "endpoint", "webhook"),
}
"""What a key fetches by its id, beside what everyone does."""


def expected(row: Row) -> str:
    """What a key with all scopes gets: its own, else what the anonymous get."""
    kind, name = row.field.split(".")
    if name not in (QUERIES if kind == "Query" else MUTATIONS):
        return FORBIDDEN
    if row.field == "Query.node" and row.case in NODES:
        return OK
    return EXPECTED.get(str(row), EXPECTED.get(row.field, OWN.get(name, row.expects("anonymous"))))


def got_by(key: str, row: Row, world: World) -> str:
    """The outcome, after which everything is as it was; a refusal that changed something fails here."""
    fill_buckets()
    before = digest()
    point = transaction.savepoint()
    answer = Api(key)(row.operation, **variables_of(row, world))
    result = outcome(answer, row, world)
    done = result == OK and row.field.startswith("Mutation.")
    assert (digest() != before) == done, answer.body
    transaction.savepoint_rollback(point)
    return result


def variables_of(row: Row, world: World) -> dict[str, Any]:
    return row.variables(world, "anonymous")


def test_a_key_gets_what_its_scopes_cover_and_nothing_else_happens(at_now: datetime) -> None:
    world = make_world()
    key = factories.api_key(world.partner)
    world.add("key in use", world.partner.api_keys.latest("pk"))
    got = {str(row): got_by(key, row, world) for row in OVER_HTTP}
    assert got == {str(row): expected(row) for row in OVER_HTTP}


def test_a_key_without_the_scope_of_a_field_gets_nothing_of_it(at_now: datetime) -> None:
    world = make_world()
    keys = {scope: factories.api_key(world.partner, *(set(Scope) - {scope})) for scope in Scope}
    got = {
        str(row): got_by(keys[scope], row, world)
        for row in OVER_HTTP
        for scope in needed_by(row)
        if needed_by(row) != frozenset(Scope)
    }
    assert len(got) > 30
    assert set(got.values()) == {FORBIDDEN}


def needed_by(row: Row) -> frozenset[Scope]:
    kind, name = row.field.split(".")
    return (QUERIES if kind == "Query" else MUTATIONS).get(name, frozenset())


def test_the_table_of_scopes_names_root_fields_and_each_has_a_row() -> None:
    tables = {*(f"Query.{name}" for name in QUERIES), *(f"Mutation.{name}" for name in MUTATIONS)}
    assert tables <= {row.field for row in ROWS}
    assert {row.split(" ")[0] for row in EXPECTED} <= tables


@pytest.mark.usefixtures("at_now")
class TestWhatAKeyIsNot:
    def test_a_scope_that_the_partner_lost_is_gone_from_its_keys(self) -> None:
        partner = factories.partner(scopes=["catalogue:read"])
        api = Api(factories.api_key(partner, Scope.CATALOGUE_READ, Scope.ORDERS_READ))
        assert api("{ services { totalCount } }").data == {"services": {"totalCount": 0}}
        assert api("{ orders { totalCount } }").codes == [FORBIDDEN]

    @pytest.mark.parametrize(
        ("partner", "key"),
        [({"is_active": False}, {}), ({}, {"revoked_at": NOW}), ({}, {"expires_at": NOW})],
        ids=["inactive", "revoked", "expired"],
    )
    def test_a_key_that_has_ended_is_nobody(self, partner: dict[str, Any], key: dict[str, Any]) -> None:
        api = Api(factories.api_key(factories.partner(**partner), **key))
        assert api("{ partners { totalCount } }").codes == [UNAUTHENTICATED]

    def test_nothing_is_hidden_in_fragments_or_aliases(self) -> None:
        api = Api(factories.api_key(factories.partner(), Scope.CATALOGUE_READ))
        for query in (
            "{ services { totalCount } ... { orders { totalCount } } }",
            "{ ...F } fragment F on Query { ...G } fragment G on Query { business: orders { totalCount } }",
            "query A { services { totalCount } orders { totalCount } }",
        ):
            assert api(query).codes == [FORBIDDEN], query

    def test_one_partner_does_not_reach_another(self) -> None:
        mine, theirs = factories.partner(), factories.endpoint()
        api = Api(factories.api_key(mine))
        terms = {"url": "https://evil.example.com/", "kinds": ["*"]}
        tries: dict[str, dict[str, Any]] = {
            "updateWebhookEndpoint": {"endpointId": gid(theirs), **terms},
            "rotateWebhookSecret": {"endpointId": gid(theirs)},
            "createWebhookEndpoint": {"partnerId": gid(theirs.partner), **terms},
            "redeliverWebhook": {"deliveryId": gid(factories.webhook(theirs))},
        }
        for name, given in tries.items():
            assert api.mutate(name, given, "__typename")["userErrors"][0][0] == NOT_FOUND, name
        listed = api("{ webhookDeliveries { totalCount } webhookEndpoints { totalCount } }").data
        assert listed == {"webhookDeliveries": {"totalCount": 0}, "webhookEndpoints": {"totalCount": 0}}

    def test_each_key_pays_from_a_bucket_of_its_own(self) -> None:
        partner = factories.partner()
        apis = [Api(factories.api_key(partner)) for _ in range(2)]
        left = [api("{ services { totalCount } }").body["extensions"]["cost"]["available"] for api in apis]
        again = apis[0]("{ services { totalCount } }").body["extensions"]["cost"]["available"]
        assert left[0] == left[1] > again - 1

    def test_what_it_writes_is_known_as_the_keys(self) -> None:
        api = Api(factories.api_key(factories.partner()))
        given = {"url": "https://hooks.acme.example/rota", "kinds": ["order.*"]}
        assert api.mutate("createWebhookEndpoint", given, "secret")["userErrors"] == []
        change = Change.objects.filter(model="partners.WebhookEndpoint").latest("pk")
        key = ApiKey.objects.get()
        assert (change.source, change.actor_id) == (f"key:{key.pk}", None)
        assert change.after
        assert change.after["secret"] == "[secret]"
