"""`auditLog`: what admins read, how they narrow it, and what it costs."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from backend.audit.models import Change
from backend.core.transactions import use_case
from backend.core.viewer import Role, Viewer
from tests import factories
from tests.client import Api, gid
from tests.personas import NAMES, Personas
from tests.statements import assert_same_statements

pytestmark = pytest.mark.django_db

TRAIL = """query($id: ID, $actor: ID, $model: String, $action: AuditAction, $request: String, $from: DateTime,
                $to: DateTime, $first: Int, $after: String) {
  auditLog(objectId: $id, actorId: $actor, model: $model, action: $action, requestId: $request, from: $from, to: $to,
           first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { id action model objectId actor { email } occurredAt requestId source operation
                   changes { field old new } } } } }"""


@pytest.fixture
def admin(db: None) -> Api:
    row = factories.user(Role.ADMIN, email="boss@example.com")
    return Api(factories.token_for(row))


def nodes(api: Api, **given: Any) -> list[dict[str, Any]]:
    return [edge["node"] for edge in api(TRAIL, **{"first": 5} | given).data["auditLog"]["edges"]]


def test_an_entry_tells_who_did_what_when_and_by_which_request(admin: Api) -> None:
    category = factories.category(name="Windows")
    answer = admin.http.post(
        "/graphql/",
        data={
            "query": "mutation($i: UpdateCategoryInput!) { updateCategory(input: $i) { userErrors { code } } }",
            "variables": {"i": {"categoryId": gid(category), "name": "Doors"}},
        },
        content_type="application/json",
        headers={"Authorization": f"Bearer {admin.token}", "X-Request-Id": "request-of-the-test"},
    )
    assert answer.json() == {"data": {"updateCategory": {"userErrors": []}}} | {
        "extensions": answer.json().get("extensions", {})
    }
    newest, first = nodes(admin, id=gid(category))
    change = Change.objects.filter(model="catalogue.Category").first()
    assert change is not None
    assert newest == {
        "id": gid(change, "AuditEntry"),
        "action": "UPDATE",
        "model": "Category",
        "objectId": gid(category),
        "actor": {"email": "boss@example.com"},
        "occurredAt": change.pgh_created_at.isoformat(),
        "requestId": "request-of-the-test",
        "source": "api",
        "operation": "update_category",
        "changes": [{"field": "name", "old": "Windows", "new": "Doors"}],
    }
    assert (first["action"], first["actor"]) == ("CREATE", None)


def test_money_keeps_its_places(admin: Api) -> None:
    service = factories.service(price=Decimal("50.00"))
    service.price = Decimal("50.10")
    service.save()
    newest, _ = nodes(admin, id=gid(service))
    assert newest["changes"] == [{"field": "price", "old": "50.00", "new": "50.10"}]


def test_the_trail_of_a_row_that_is_gone_is_found_by_its_old_id(admin: Api) -> None:
    category = factories.category()
    old = gid(category)
    category.delete()
    assert [each["action"] for each in nodes(admin, id=old)] == ["DELETE", "CREATE"]


def test_types_that_are_called_otherwise_here_are_found_by_their_id(admin: Api) -> None:
    area = factories.area(factories.staff_member(postcode=None))
    (entry,) = nodes(admin, id=gid(area, "ServiceArea"))
    assert (entry["model"], entry["objectId"]) == ("StaffArea", gid(area, "ServiceArea"))


def test_each_condition_narrows(admin: Api) -> None:
    user = factories.user()

    @use_case
    def work(*, viewer: Viewer) -> None:
        factories.category(name="Made").delete()

    work(viewer=Viewer(user_id=user.pk, role=Role.ADMIN))
    assert [each["action"] for each in nodes(admin, actor=gid(user))] == ["DELETE", "CREATE"]
    assert [each["action"] for each in nodes(admin, actor=gid(user), action="CREATE")] == ["CREATE"]
    assert {each["model"] for each in nodes(admin, model="Category")} == {"Category"}
    assert nodes(admin, model="Service") == []
    assert nodes(admin, request="no-such-request") == []
    category = factories.category()
    assert nodes(admin, model="Service", id=gid(category)) == []
    made = Change.objects.filter(model="catalogue.Category").first()
    assert made is not None
    instant, later = made.pgh_created_at, made.pgh_created_at + timedelta(microseconds=1)
    ids = [each["id"] for each in nodes(admin, **{"from": instant.isoformat(), "to": later.isoformat()})]
    assert ids == [gid(made, "AuditEntry")]
    assert gid(made, "AuditEntry") not in [each["id"] for each in nodes(admin, to=instant.isoformat())]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"id": "nonsense"}, "NOT_FOUND"),
        ({"id": "Tm90aGluZzox"}, "NOT_FOUND"),
        ({"actor": "T3JkZXI6MQ=="}, "NOT_FOUND"),
        ({"model": "Password"}, "INVALID_INPUT"),
    ],
)
def test_conditions_that_mean_nothing_are_refused(admin: Api, given: dict[str, str], code: str) -> None:
    assert admin(TRAIL, **given).codes == [code]


def test_pages_follow_each_other_without_gap_or_repeat(admin: Api) -> None:
    for _ in range(7):
        factories.category()
    seen: list[str] = []
    after = None
    while True:
        page = admin(TRAIL, model="Category", first=3, after=after).data["auditLog"]
        assert page["totalCount"] == 7
        seen += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    expected = Change.objects.filter(model="catalogue.Category").order_by("-pk")
    assert seen == [gid(each, "AuditEntry") for each in expected]


@pytest.mark.usefixtures("at_now")
def test_many_entries_cost_as_many_statements_as_one(admin: Api) -> None:
    @use_case
    def work(*, viewer: Viewer) -> None:
        factories.category()

    def add() -> None:
        work(viewer=Viewer(user_id=factories.user().pk, role=Role.ADMIN))

    assert_same_statements(admin, TRAIL, add=add, model="Category", first=100, at_most=3)


def test_the_trail_of_a_row_and_that_of_a_user_are_read_by_their_indexes(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_change "
            "(pgh_created_at, pgh_label, model, object_id, actor_id, request_id, source, operation) "
            "SELECT now(), 'UPDATE', 'orders.Order', n, n, '', '', '' FROM generate_series(1, 20000) n"
        )
        cursor.execute("ANALYZE audit_change")
    assert "audit_of_object" in Change.objects.filter(model="orders.Order", object_id=1)[:50].explain()
    assert "audit_of_actor" in Change.objects.filter(actor_id=1)[:50].explain()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "admin"])
def test_nobody_else_reads_it(personas: Personas, name: str) -> None:
    code = "UNAUTHENTICATED" if name in ("anonymous", "guest") else "FORBIDDEN"
    assert personas[name](TRAIL).codes == [code]
    assert personas[name](TRAIL, id="nonsense").codes[0] in (code, "NOT_FOUND")
