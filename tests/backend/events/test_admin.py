"""The event log and the dead letters in the back office."""

from datetime import datetime

import pytest
from django.test import Client

from backend.core.viewer import Role
from tests import factories
from tests.factories.events import delivery, event

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Client:
    """An admin's browser."""
    client = Client()
    client.force_login(factories.user(Role.ADMIN))
    return client


def test_the_list_opens_on_the_dead_and_shows_all_when_asked(office: Client) -> None:
    delivery(status="DEAD", handler="broken.handler")
    delivery(handler="waiting.handler")
    page = office.get("/admin/events/delivery/")
    assert [row.handler for row in page.context["cl"].result_list] == ["broken.handler"]
    page = office.get("/admin/events/delivery/?status=ALL")
    assert {row.handler for row in page.context["cl"].result_list} == {"broken.handler", "waiting.handler"}


def test_an_admin_sends_dead_letters_again_from_the_list(at_now: datetime, office: Client) -> None:
    dead, pending = delivery(status="DEAD", attempts=8), delivery(attempts=3)
    page = office.post(
        "/admin/events/delivery/?status=ALL",
        {"action": "send_again", "_selected_action": [dead.pk, pending.pk]},
        follow=True,
    )
    dead.refresh_from_db()
    pending.refresh_from_db()
    assert (dead.status, dead.attempts, dead.due_at) == ("PENDING", 0, at_now)
    assert (pending.status, pending.attempts) == ("PENDING", 3)
    assert b"1 sent again." in page.content
    assert b"Only a dead delivery can be sent again" in page.content


def test_a_delivery_shows_its_traceback_and_can_not_be_edited(office: Client) -> None:
    row = delivery(status="DEAD", last_error="Traceback: broken")
    page = office.get(f"/admin/events/delivery/{row.pk}/change/")
    assert b"Traceback: broken" in page.content
    assert b'name="_save"' not in page.content
    assert office.post(f"/admin/events/delivery/{row.pk}/change/", {"status": "DONE"}).status_code == 403
    assert office.get("/admin/events/delivery/add/").status_code == 403


def test_events_are_found_by_order_and_request(office: Client) -> None:
    mine, other = event("order.placed", order_id=7, request_id="request-42"), event("order.placed", order_id=8)
    for text in ("7", "request-42"):
        page = office.get("/admin/events/event/", {"q": text})
        assert [row.pk for row in page.context["cl"].result_list] == [mine.pk]
    page = office.get(f"/admin/events/event/{other.pk}/change/")
    assert page.status_code == 200
    assert b'name="_save"' not in page.content


@pytest.mark.parametrize(("role", "status"), [(Role.MANAGER, 403), (Role.STAFF, 302), (Role.CUSTOMER, 302)])
def test_nobody_but_an_admin_gets_in(role: Role, status: int) -> None:
    client = Client()
    client.force_login(factories.user(role))
    for page in ("event", "delivery"):
        assert client.get(f"/admin/events/{page}/").status_code == status
