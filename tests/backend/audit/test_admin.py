"""The trail in the back office: found by what people know, and read without ever being written."""

from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from backend.audit.models import Change
from backend.core.transactions import use_case
from backend.core.viewer import Role, Viewer
from tests import factories

pytestmark = pytest.mark.django_db

LIST = reverse("admin:audit_change_changelist")


@pytest.fixture
def office(db: None) -> Client:
    browser = Client()
    browser.force_login(factories.user(Role.ADMIN))
    return browser


@use_case
def _make(*, viewer: Viewer, name: str) -> None:
    factories.category(name=name)


def made_by(email: str, name: str) -> Change:
    """A change by an account of its own."""
    user = factories.user(email=email)
    _make(viewer=Viewer(user_id=user.pk, role=Role.ADMIN), name=name)
    return Change.objects.get(model="catalogue.Category", after__name=name)


def found(office: Client, text: str) -> set[int]:
    return set(office.get(LIST, {"q": text}).context["cl"].queryset.values_list("pk", flat=True))


def test_it_is_found_by_row_actor_and_use_case(office: Client) -> None:
    change, other = made_by("ann@example.com", "Ann's"), made_by("bob@example.com", "Bob's")
    assert change.pk in found(office, str(change.object_id))
    assert {change.pk, other.pk} & found(office, "ann@example.com") == {change.pk}
    assert {change.pk, other.pk} <= found(office, "_make")
    assert found(office, "nothing of the kind") == set()


def test_a_page_costs_the_same_for_one_entry_as_for_many(office: Client, now: datetime) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert office.get(LIST).status_code == 200
        return len(captured)

    made_by("first@example.com", "First")
    cost()
    one = cost()
    for number in range(20):
        made_by(f"user-{number}@many.example", f"Category {number}")
    assert cost() == one


def test_an_entry_shows_old_and_new_and_has_no_button_to_write(office: Client) -> None:
    change = made_by("ann@example.com", "<b>Ann's</b>")
    page = office.get(reverse("admin:audit_change_change", args=[change.pk])).content.decode()
    assert "&lt;b&gt;Ann&#x27;s&lt;/b&gt;" in page
    assert 'name="_save"' not in page
    for url in (reverse("admin:audit_change_add"), reverse("admin:audit_change_delete", args=[change.pk])):
        assert office.post(url, {"post": "yes"}).status_code == 403
    assert Change.objects.filter(pk=change.pk).exists()
