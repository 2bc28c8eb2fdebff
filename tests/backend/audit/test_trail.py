"""What a write leaves behind: by hand, in bulk, by raw SQL, through each edge, and where it fails."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import structlog
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from backend.accounts.models import User
from backend.audit.models import Change
from backend.audit.rules import FieldChange
from backend.catalogue.models import Service
from backend.core.provenance import ProvenanceMiddleware, coming_from
from backend.core.transactions import use_case
from backend.core.viewer import Role, Viewer
from backend.events.actions import deliver
from tests import factories
from tests.client import Api
from tests.factories.events import delivery, event

pytestmark = pytest.mark.django_db


def trail(row: Any) -> list[Change]:
    """What the trail tells of a row, the oldest first."""
    return list(Change.objects.filter(model=row._meta.label, object_id=row.pk).order_by("pk"))


@pytest.fixture
def service(db: None) -> Service:
    """A service whose making is forgotten: tests look at what comes after."""
    row = factories.service(name="Deep clean", price=Decimal("50.00"))
    _forget()
    return row


def _forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_change")


def test_creating_tells_every_value() -> None:
    category = factories.category(name="Windows", position=3)
    (change,) = trail(category)
    assert (change.pgh_label, change.before) == ("CREATE", None)
    told = {each.field: (each.old, each.new) for each in change.changes}
    assert told["name"] == (None, "Windows")
    assert told["position"] == (None, "3")
    assert told["is_active"] == (None, "true")


def test_updating_tells_old_and_new_of_what_changed_alone(service: Service) -> None:
    service.price = Decimal("50.10")
    service.name = "Deeper clean"
    service.save()
    (change,) = trail(service)
    assert change.pgh_label == "UPDATE"
    assert change.changes == [
        FieldChange("name", "Deep clean", "Deeper clean"),
        FieldChange("price", "50.00", "50.10"),
    ]


def test_saving_without_a_change_leaves_nothing(service: Service) -> None:
    service.save()
    assert trail(service) == []


def test_deleting_keeps_the_trail_and_the_last_values() -> None:
    category = factories.category(name="Gone")
    key, label = category.pk, category._meta.label
    category.delete()
    created, deleted = Change.objects.filter(model=label, object_id=key).order_by("pk")
    assert (created.pgh_label, deleted.pgh_label) == ("CREATE", "DELETE")
    assert deleted.after is None
    assert FieldChange("name", "Gone", None) in deleted.changes


def test_bulk_writes_and_raw_sql_leave_a_trace_for_each_row(service: Service) -> None:
    other = factories.service(category=service.category, price=Decimal("20"))
    _forget()
    Service.objects.update(buffer_minutes=45)
    assert [len(trail(row)) for row in (service, other)] == [1, 1]
    Service.objects.bulk_update([Service(pk=service.pk, position=9), Service(pk=other.pk, position=8)], ["position"])
    assert trail(other)[-1].changes == [FieldChange("position", "0", "8")]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalogue_service SET price = price * 2 WHERE id = %s", [other.pk])
    (*_, raw) = trail(other)
    assert raw.changes == [FieldChange("price", "20.00", "40.00")]
    assert (raw.actor_id, raw.source) == (None, "sql")


def test_adding_and_removing_a_many_to_many_row_leaves_a_trace() -> None:
    manager, staff = factories.manager(), factories.staff_member()
    manager.managed_staff.add(staff)
    manager.managed_staff.clear()
    made, gone = Change.objects.filter(model="accounts.ManagedStaff").order_by("pk")
    assert (made.pgh_label, gone.pgh_label) == ("CREATE", "DELETE")
    assert FieldChange("staff_id", None, str(staff.pk)) in made.changes
    assert FieldChange("staff_id", str(staff.pk), None) in gone.changes


def test_instants_ranges_and_lists_read_as_iso_and_json(now: datetime) -> None:
    factories.time_off(factories.staff_member(), now, hours=2)
    (change,) = Change.objects.filter(model="scheduling.Claim")
    told = {each.field: each.new for each in change.changes}
    assert told["period"] == '["2027-02-01 08:00:00+00","2027-02-01 10:00:00+00")'
    customer = factories.customer(with_user=False, tags=["vip", "north"])
    told = {each.field: each.new for each in trail(customer)[0].changes}
    assert told["tags"] == '["vip", "north"]'
    assert told["created_at"] == "2027-02-01T08:00:00+00:00"


def test_a_change_of_a_secret_shows_and_its_value_does_not() -> None:
    user = factories.user()
    user.password = "argon2$another"
    user.save()
    created, updated = trail(user)
    assert updated.changes == [FieldChange("password", "[secret]", "[secret]")]
    assert FieldChange("password", None, "[secret]") in created.changes
    assert not Change.objects.filter(after__icontains="argon2").exists()


def test_counters_of_use_leave_no_trace(now: datetime) -> None:
    user = factories.user()
    user.last_login = now
    user.save(update_fields=["last_login"])
    assert [each.pgh_label for each in trail(user)] == ["CREATE"]


class TestProvenance:
    """Who, by which request, through which edge."""

    @staticmethod
    def _create(api: Api, **headers: str) -> Any:
        answer = api.http.post(
            "/graphql/",
            data={
                "query": "mutation($i: CreateCategoryInput!) { createCategory(input: $i) { category { id } } }",
                "variables": {"i": {"name": "By the API"}},
            },
            content_type="application/json",
            headers={"Authorization": f"Bearer {api.token}", **headers},
        )
        assert answer.json()["data"]["createCategory"]["category"], answer.content

    def test_the_api_leaves_its_viewer_and_request(self) -> None:
        admin = factories.user(Role.ADMIN)
        self._create(Api(factories.token_for(admin)), **{"X-Request-Id": "request-of-the-test"})
        change = Change.objects.get(model="catalogue.Category", after__name="By the API")
        assert (change.actor, change.request_id) == (admin, "request-of-the-test")
        assert (change.source, change.operation) == ("api", "create_category")

    def test_the_back_office_leaves_its_user_and_request(self) -> None:
        admin = factories.user(Role.ADMIN)
        client = Client()
        client.force_login(admin)
        answer = client.post(
            "/admin/catalogue/category/add/",
            {"name": "By the admin", "description": "", "position": "0", "is_active": "on"},
            headers={"X-Request-Id": "request-of-the-admin"},
        )
        assert answer.status_code == 302, answer.content
        change = Change.objects.get(model="catalogue.Category", after__name="By the admin")
        assert (change.actor, change.request_id, change.source) == (admin, "request-of-the-admin", "admin")

    def test_a_form_of_the_back_office_that_uses_no_action_leaves_it_too(self) -> None:
        request = RequestFactory().post("/admin/somewhere/")
        request.user = factories.user(Role.ADMIN)

        def form(request: HttpRequest) -> HttpResponse:
            factories.category(name="By a bare form")
            return HttpResponse()

        ProvenanceMiddleware(form)(request)
        change = Change.objects.get(model="catalogue.Category", after__name="By a bare form")
        assert (change.actor, change.source, change.operation) == (request.user, "admin", "")
        factories.category(name="Afterwards")
        assert Change.objects.get(model="catalogue.Category", after__name="Afterwards").actor is None

    def test_a_worker_leaves_the_actor_and_the_request_of_its_event(self, now: datetime) -> None:
        admin = factories.user(Role.ADMIN)
        row = event(actor_id=admin.pk, request_id="request-of-the-event")
        delivery(row, "probe.write", due_at=now)

        def effect(_: Any, /, *, now: datetime) -> None:
            factories.category(name="By a worker")

        assert deliver(event_id=row.pk, handler="probe.write", effect=effect, now=now)
        change = Change.objects.get(model="catalogue.Category", after__name="By a worker")
        assert (change.actor, change.request_id) == (admin, "request-of-the-event")
        assert change.source == "worker:probe.write"

    def test_the_viewer_counts_for_more_than_the_edge(self) -> None:
        edge, viewer = factories.user(), factories.user()

        @use_case
        def work(*, viewer: Viewer) -> None:
            factories.category(name="Whose")

        with coming_from("worker:probe", actor_id=edge.pk):
            work(viewer=Viewer(user_id=viewer.pk, role=Role.CUSTOMER))
        assert Change.objects.get(after__name="Whose").actor == viewer


@pytest.mark.django_db(transaction=True)
class TestTransactions:
    """The trail is part of the transaction that it tells of."""

    def test_what_fails_leaves_no_trace(self) -> None:
        @use_case
        def fails() -> None:
            factories.category(name="Never")
            raise LookupError

        with pytest.raises(LookupError):
            fails()
        assert not Change.objects.exists()

    def test_what_succeeds_leaves_one(self) -> None:
        """The control: the same use case, without the failure."""

        @use_case
        def succeeds() -> None:
            factories.category(name="Once")

        succeeds()
        assert Change.objects.count() == 1

    def test_the_next_transaction_of_a_connection_does_not_inherit_the_actor(self) -> None:
        user = factories.user()

        @use_case
        def work(*, viewer: Viewer) -> None:
            factories.category(name="Mine")

        with structlog.contextvars.bound_contextvars(request_id="mine-alone"):
            work(viewer=Viewer(user_id=user.pk, role=Role.ADMIN))
        factories.category(name="Nobody's")
        mine, nobodys = Change.objects.filter(model="catalogue.Category").order_by("pk")
        assert (mine.actor_id, mine.request_id) == (user.pk, "mine-alone")
        assert (nobodys.actor_id, nobodys.request_id, nobodys.source) == (None, "", "sql")


class TestAppendOnly:
    """Nobody rewrites it by accident."""

    @pytest.mark.parametrize("sql", ["UPDATE audit_change SET actor_id = 1", "DELETE FROM audit_change"])
    def test_the_database_refuses(self, sql: str) -> None:
        factories.category()
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
        assert Change.objects.exists()

    def test_a_user_that_is_gone_stays_an_actor(self) -> None:
        user = factories.user()

        @use_case
        def work(*, viewer: Viewer) -> None:
            factories.category(name="Its last")

        work(viewer=Viewer(user_id=user.pk, role=Role.ADMIN))
        key = user.pk
        User.objects.filter(pk=key).delete()
        change = Change.objects.get(after__name="Its last")
        assert change.actor_id == key
