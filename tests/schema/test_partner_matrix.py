"""Every root field against a partner's API key: the tenth persona, in a table of its own.

The operations are those of the other matrix. A key with all scopes gets what `EXPECTED` says, and FORBIDDEN for
what no scope covers; a key without a scope that covers the field gets FORBIDDEN for it. Refused, nothing changes.
"""

import re
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from graphql import get_named_type

from backend.audit.models import Change
from backend.core.viewer import Scope
from backend.orders.models import Order
from backend.partners.models import ApiKey
from backend.scheduling.models import Appointment
from schema.root import schema
from schema.scopes import FIELDS, MUTATIONS, QUERIES
from tests import factories
from tests.client import Api, gid
from tests.conftest import fill_buckets
from tests.factories.business import NOW
from tests.schema.matrix import NULL, OK, ROWS, SEES, Row
from tests.schema.matrix.words import FORBIDDEN, NOT_FOUND, UNAUTHENTICATED
from tests.schema.test_matrix import OVER_HTTP, outcome
from tests.world import World, digest, make_world, written

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


def got_by(key: str, row: Row, world: World, before: str) -> str:
    """The outcome, after which everything is as it was `before`; a refusal that changed something fails here."""
    fill_buckets()
    given = variables_of(row, world)
    point, so_far = transaction.savepoint(), written()
    answer = Api(key)(row.operation, **given)
    result = outcome(answer, row, world)
    done = result == OK and row.field.startswith("Mutation.")
    assert (written() > so_far and digest() != before) == done, answer.body
    transaction.savepoint_rollback(point)
    return result


def variables_of(row: Row, world: World) -> dict[str, Any]:
    return row.variables(world, "anonymous")


def test_a_key_gets_what_its_scopes_cover_and_nothing_else_happens(at_now: datetime) -> None:
    world = make_world()
    key = factories.api_key(world.partner)
    world.add("key in use", world.partner.api_keys.latest("pk"))
    before = digest()
    got = {str(row): got_by(key, row, world, before) for row in OVER_HTTP}
    assert got == {str(row): expected(row) for row in OVER_HTTP}


def test_a_key_without_the_scope_of_a_field_gets_nothing_of_it(at_now: datetime) -> None:
    world = make_world()
    keys = {scope: factories.api_key(world.partner, *(set(Scope) - {scope})) for scope in Scope}
    before = digest()
    got = {
        str(row): got_by(keys[scope], row, world, before)
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


def test_the_table_of_fields_names_fields() -> None:
    types = schema._schema.type_map
    assert [name for name in FIELDS if name.split(".")[1] not in types[name.split(".")[0]].fields] == []  # type: ignore[attr-defined]


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
        told = [api("{ services { totalCount } }").body["extensions"]["cost"] for api in (apis[0], apis[1], apis[0])]
        price, whole = told[0]["requested"], told[0]["capacity"]
        assert [each["available"] for each in told] == [whole - price, whole - price, whole - 2 * price]

    def test_what_it_writes_is_known_as_the_keys(self) -> None:
        api = Api(factories.api_key(factories.partner()))
        given = {"url": "https://hooks.acme.example/rota", "kinds": ["order.*"]}
        assert api.mutate("createWebhookEndpoint", given, "secret")["userErrors"] == []
        change = Change.objects.filter(model="partners.WebhookEndpoint").latest("pk")
        key = ApiKey.objects.get()
        assert (change.source, change.actor_id) == (f"key:{key.pk}", None)
        assert change.after
        assert change.after["secret"] == "[secret]"


def test_the_table_of_fields_names_all_that_tell_of_people() -> None:
    """A new field of these names has to be spoken for: in the table, or here, because the domain shows it to no key."""
    for_no_key = {"Order.internalNotes", "Appointment.internalNotes"}
    personal = re.compile("guest(Name|Email|Phone)|.*[nN]otes?|.*[rR]eason")
    asked = set()
    for name in (
        "Order",
        "OrderItem",
        "ChangeRequest",
        "Appointment",
        "SubscriptionPlan",
        "Visit",
        "VisitChangeRequest",
    ):
        for field, definition in schema._schema.type_map[name].fields.items():  # type: ignore[attr-defined]
            kind = get_named_type(definition.type).name
            if kind in ("PostalAddress", "VisitContact") or (kind == "String" and personal.fullmatch(field)):
                asked.add(f"{name}.{field}")
    assert asked - for_no_key == {name for name, scope in FIELDS.items() if scope is Scope.CONTACTS_READ}


READ = {Scope.ORDERS_READ, Scope.ORDERS_WRITE}


@pytest.mark.usefixtures("at_now")
class TestPeopleAndHomes:
    """`orders:read` tells what is done and when; who lives where, and what it looks like there, need more."""

    @pytest.fixture
    def visit(self) -> Appointment:
        customer = factories.customer(name="Ada Lovelace")
        values: dict[str, Any] = {"staff": factories.staff_member(), "customer": customer, "status": "COMPLETED"}
        visit = factories.direct_booking(factories.service(), **values)
        factories.photo(visit)
        return visit

    @pytest.fixture
    def order(self) -> Order:
        return factories.pending_order(factories.service(), guest_name="Mary Shelley")

    def of(self, *scopes: Scope) -> Api:
        return Api(factories.api_key(factories.partner(), *scopes))

    def test_orders_read_alone_tells_when_and_what(self, visit: Appointment, order: Order) -> None:
        asked = """{ orders { nodes: edges { node { orderNumber scheduledDate total { amount } } } }
            appointments { edges { node { start status service { name } staff { name } price { amount } } } } }"""
        told = self.of(Scope.ORDERS_READ)(asked)
        assert told.codes == []
        assert told.data["orders"]["nodes"][0]["node"]["orderNumber"] == order.order_number
        assert told.data["appointments"]["edges"][0]["node"]["service"]["name"] == visit.service.name

    @pytest.mark.parametrize("field", sorted(name for name, scope in FIELDS.items() if scope is Scope.CONTACTS_READ))
    def test_each_field_about_people_is_refused_without_its_scope(self, field: str) -> None:
        kind, name = field.split(".")
        inner = {"address": " { line1 }", "customer": " { name }"}.get(name, "")
        asked = f'{{ node(id: "x") {{ ... on {kind} {{ {name}{inner} }} }} }}'
        assert self.of(*(set(Scope) - {Scope.CONTACTS_READ}))(asked).codes == [FORBIDDEN]
        assert self.of(*Scope)(asked).codes != [FORBIDDEN]

    def test_names_and_homes_need_contacts_read(self, visit: Appointment, order: Order) -> None:
        asked = """{ orders { edges { node { guestName guestEmail address { line1 } } } }
            appointments { edges { node { customer { name } address { postcode } } } } }"""
        told = self.of(Scope.ORDERS_READ, Scope.CONTACTS_READ)(asked).data
        (found,) = told["orders"]["edges"]
        assert (found["node"]["guestName"], found["node"]["guestEmail"]) == ("Mary Shelley", order.guest_email)
        (found,) = told["appointments"]["edges"]
        assert found["node"]["customer"] == {"name": "Ada Lovelace"}
        for scopes in READ, READ | {Scope.PHOTOS_READ}:
            assert self.of(*scopes)(asked).codes == [FORBIDDEN]

    def test_nothing_is_reached_around_a_corner(self, visit: Appointment, order: Order) -> None:
        api = self.of(*READ)
        for asked in (
            "{ appointments { edges { node { visit { subscription { guestName } } } } } }",
            "{ appointments { edges { node { order { ...O } } } } } fragment O on Order { ...P } "
            "fragment P on Order { items { appointment { there: address { line1 } } } }",
            '{ trackOrder(trackingToken: "x") { ...O } orders { edges { node { ...O } } } } '
            "fragment O on Order { guestName }",
            f'{{ nodes(ids: ["{gid(order)}"]) {{ id ... on Node {{ ... on Order {{ notes }} }} }} }}',
        ):
            assert api(asked).codes == [FORBIDDEN], asked

    def test_names_are_not_found_out_by_looking_for_them(self, visit: Appointment, order: Order) -> None:
        for field in "orders", "appointments":
            asked = f"query($text: String!) {{ {field}(filters: {{search: $text}}) {{ totalCount }} }}"
            assert self.of(Scope.ORDERS_READ)(asked, text="Ada").codes == [FORBIDDEN]
            assert self.of(Scope.ORDERS_READ, Scope.CONTACTS_READ)(asked, text="Ada").codes == []

    def test_photos_need_photos_read(self, visit: Appointment) -> None:
        asked = "{ appointments { edges { node { completionPhotos { url } } } } }"
        by_id = f'{{ node(id: "{gid(visit.photos.get(), "CompletionPhoto")}") {{ id }} }}'
        without = self.of(*(set(Scope) - {Scope.PHOTOS_READ}))
        assert without(asked).codes == [FORBIDDEN]
        assert without(by_id).data == {"node": None}
        told = self.of(Scope.ORDERS_READ, Scope.PHOTOS_READ)
        assert len(told(asked).data["appointments"]["edges"][0]["node"]["completionPhotos"]) == 1
        assert told(by_id).data["node"] is not None
        assert self.of(Scope.PHOTOS_READ)(by_id).data == {"node": None}

    def test_whoever_holds_an_orders_token_reads_it_whole_with_orders_write(self, order: Order) -> None:
        asked = "query($token: String!) { trackOrder(trackingToken: $token) { guestName address { line1 } notes } }"
        told = self.of(Scope.ORDERS_WRITE)(asked, token=order.tracking_token).data["trackOrder"]
        assert (told["guestName"], told["address"]["line1"]) == ("Mary Shelley", order.line1)
