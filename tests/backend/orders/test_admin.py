"""Orders in the back office."""

from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend.core.viewer import Role
from tests import factories

pytestmark = pytest.mark.django_db
LIST = "/admin/orders/order/"


@pytest.fixture
def office() -> Client:
    """An admin's browser."""
    client = Client()
    client.force_login(factories.user(Role.ADMIN))
    return client


def test_an_admin_confirms_what_can_be_confirmed_and_reads_why_the_rest_could_not(
    london: None, at_now: datetime, office: Client
) -> None:
    service = factories.service()
    anna = factories.staff_member(service, name="Anna")
    first, second = factories.pending_order(service, staff=anna), factories.pending_order(service, staff=anna)
    page = office.post(LIST, {"action": "confirm", "_selected_action": [first.pk, second.pk]}, follow=True)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("CONFIRMED", "PENDING")
    told = [str(message) for message in page.context["messages"]]
    times = "; ".join(f"Mon 1 Mar {at} with Anna" for at in ("10:15", "10:30", "10:45", "11:00", "11:15"))
    assert told == [f"{second.order_number}: Anna is taken then. Free instead: {times}.", "1 confirmed."]


def test_an_admin_cancels_for_a_reason_and_never_without_one(london: None, at_now: datetime, office: Client) -> None:
    order = factories.pending_order(factories.service())
    page = office.post(LIST, {"action": "cancel", "_selected_action": [order.pk]}, follow=True)
    order.refresh_from_db()
    assert order.status == "PENDING"
    assert [str(message) for message in page.context["messages"]] == [
        f"{order.order_number}: This can't be empty.",
        "0 cancelled.",
    ]
    office.post(LIST, {"action": "cancel", "reason": "Flood", "_selected_action": [order.pk]})
    order.refresh_from_db()
    assert (order.status, order.cancellation_reason) == ("CANCELLED", "Flood")


def test_orders_are_found_by_number_name_and_postcode_and_filtered_by_status(office: Client) -> None:
    service = factories.service()
    ada = factories.pending_order(service)
    bob = factories.pending_order(service, guest_name="Bob", postcode="N1 9GU", status="CANCELLED")
    wanted = {"q=Ada+King": ada, "q=N1": bob, f"q={ada.order_number}": ada, "status__exact=CANCELLED": bob}
    for query, found in wanted.items():
        assert [row.pk for row in office.get(f"{LIST}?{query}").context["cl"].result_list] == [found.pk]


def test_an_order_can_be_looked_at_and_not_edited(office: Client) -> None:
    order = factories.pending_order(factories.service(name="Deep clean"))
    page = office.get(f"{LIST}{order.pk}/change/")
    assert b"Deep clean" in page.content
    assert b'name="_save"' not in page.content
    assert order.tracking_token.encode() not in page.content
    assert office.post(f"{LIST}{order.pk}/change/", {"status": "CONFIRMED"}).status_code == 403
    assert office.get(f"{LIST}add/").status_code == 403
    assert office.post(f"{LIST}{order.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_list_of_fifty_takes_as_many_statements_as_a_list_of_one(office: Client) -> None:
    service = factories.service()
    counts = []
    for many in (1, 49):
        for _ in range(many):
            factories.pending_order(service, customer=factories.customer())
        with CaptureQueriesContext(connection) as captured:
            assert office.get(LIST).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
