"""Visits and claims in the back office."""

import pytest
from django.test import Client

from backend.core.viewer import Role
from backend.scheduling.models import Appointment, Claim
from tests import factories
from tests.factories.business import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Client:
    """An admin's browser."""
    client = Client()
    client.force_login(factories.user(Role.ADMIN))
    return client


@pytest.fixture
def visit() -> Appointment:
    service = factories.service()
    factories.confirmed_order(service, staff=factories.staff_member(service, name="Anna"))
    return Appointment.objects.get()


def test_visits_are_found_by_customer_and_by_staff(office: Client, visit: Appointment) -> None:
    for words, found in (("Ada", True), ("SW1A", True), ("Anna", True), (f"{visit.pk}", True), ("Nobody", False)):
        page = office.get("/admin/scheduling/appointment/", {"q": words})
        assert (page.status_code, b"Ada King" in page.content) == (200, found)


def test_a_visit_shows_its_terms_and_its_claim(office: Client, visit: Appointment) -> None:
    page = office.get(f"/admin/scheduling/appointment/{visit.pk}/change/")
    assert (page.status_code, b"ada@example.com" in page.content) == (200, True)


def test_claims_are_listed(office: Client, visit: Appointment) -> None:
    page = office.get("/admin/scheduling/claim/", {"q": "Anna", "kind": "APPOINTMENT"})
    assert [row.pk for row in page.context["cl"].result_list] == [Claim.objects.get().pk]


def test_nothing_is_added_changed_or_deleted_by_form(office: Client, visit: Appointment) -> None:
    claim = Claim.objects.get()
    for model, row in (("appointment", visit), ("claim", claim)):
        assert office.get(f"/admin/scheduling/{model}/add/").status_code == 403
        for action in ("change", "delete"):
            assert office.post(f"/admin/scheduling/{model}/{row.pk}/{action}/", {"post": "yes"}).status_code == 403
    assert (Appointment.objects.count(), Claim.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_visit_shows_its_photos_and_each_is_deleted_by_one_click(office: Client, visit: Appointment) -> None:
    photo, deleted = factories.photo(visit), factories.photo(visit, deleted_at=NOW)
    page = office.get(f"/admin/scheduling/appointment/{visit.pk}/change/").content.decode()
    assert page.count('<img src="/files/') == 1
    its_page = f"/admin/scheduling/photo/{photo.pk}/"
    assert (its_page in page, f"/admin/scheduling/photo/{deleted.pk}/" in page) == (True, False)
    assert f"{its_page}do/delete_photo/" in office.get(f"{its_page}change/").content.decode()
    assert office.post(f"{its_page}do/delete_photo/").status_code == 302
    photo.refresh_from_db()
    assert photo.deleted_at is not None
