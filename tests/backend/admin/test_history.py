"""What the back office tells of a row's past: the trail's own words, to whom may see the row."""

from datetime import date

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend.accounts.queries import viewer_for_user
from backend.core.viewer import Role
from backend.customers.actions import CustomerChanges, update_customer
from backend.customers.models import Customer
from backend.orders.actions import confirm_order
from tests import factories
from tests.factories.business import NOW
from tests.rows import snapshot

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now", "london")]


def browser_of(user: object) -> Client:
    browser = Client()
    browser.force_login(user)  # type: ignore[arg-type]
    return browser


def history(browser: Client, row: object) -> str:
    meta = row._meta  # type: ignore[attr-defined]
    address = f"/admin/{meta.app_label}/{meta.model_name}/{row.pk}/history/"  # type: ignore[attr-defined]
    answer = browser.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_history_says_who_did_what_when_and_from_what_to_what() -> None:
    office = factories.user(Role.ADMIN, name="Olive Office")
    customer = factories.customer(name="Ada King")
    changes = CustomerChanges(name="Ada Lovelace")
    update_customer(viewer=viewer_for_user(office.pk), customer_id=customer.pk, changes=changes, now=NOW)
    page = history(browser_of(office), customer)
    assert "Olive Office" in page
    assert "by update customer" in page
    assert "Ada King → Ada Lovelace" in page
    assert "nobody signed in" in page
    assert "2 entries" in page


def test_secrets_are_in_no_history_and_what_the_page_leaves_out_is_not_there_either() -> None:
    browser = browser_of(factories.user(Role.ADMIN))
    order = factories.pending_order(factories.service())
    hold = factories.held_slot(factories.staff_member(), factories.service(), NOW)
    user = factories.user()
    assert order.tracking_token not in history(browser, order)
    assert "tracking_token" not in history(browser, order)
    assert "203.0.113.7" not in history(browser, hold)
    assert user.password not in history(browser, user)


def test_a_manager_reads_the_history_of_its_own_rows_alone() -> None:
    manager = factories.manager()
    mine, other = factories.customer(name="Ada King"), factories.customer()
    manager.managed_customers.add(mine)
    browser = browser_of(manager.user)
    assert "Ada King" in history(browser, mine)
    for row in (other, Customer(pk=10**9)):
        assert browser.get(f"/admin/customers/customer/{row.pk}/history/").status_code == 404
    type(manager).objects.update(can_manage_customers=False)
    assert browser.get(f"/admin/customers/customer/{mine.pk}/history/").status_code == 403


def test_a_history_costs_as_much_for_many_entries_as_for_one_and_is_read_only() -> None:
    browser = browser_of(factories.user(Role.ADMIN))
    customer = factories.customer()
    other = factories.user(Role.ADMIN, name="Other")

    def cost() -> int:
        with CaptureQueriesContext(connection) as statements:
            history(browser, customer)
        return len(statements)

    cost()
    one = cost()
    for number in range(60):
        changes = CustomerChanges(name=f"Ada {number}")
        update_customer(viewer=viewer_for_user(other.pk), customer_id=customer.pk, changes=changes, now=NOW)
    assert cost() == one
    older = browser.get(f"/admin/customers/customer/{customer.pk}/history/?p=2").content.decode()
    assert "Ada 8 → Ada 9" in older
    assert "Ada 9 → Ada 10" not in older
    before = snapshot()
    browser.post(f"/admin/customers/customer/{customer.pk}/history/")
    assert snapshot() == before


def test_django_keeps_no_log_of_its_own_in_which_names_would_outlive_their_people() -> None:
    anna = factories.staff_member(name="Anna")
    given = {"name": "Anna Bell", "email": anna.email, "phone": "", "bio": "", "max_visits_per_day": ""}
    answer = browser_of(factories.user(Role.ADMIN)).post(f"/admin/staff/staff/{anna.pk}/change/", given)
    assert answer.status_code == 302
    anna.refresh_from_db()
    assert anna.name == "Anna Bell"
    assert LogEntry.objects.count() == 0


def test_what_a_click_did_is_in_the_history_of_the_order() -> None:
    office = factories.user(Role.ADMIN, name="Olive Office")
    service = factories.service()
    factories.staff_member(service)
    order = factories.pending_order(service, scheduled_date=date(2027, 3, 1))
    confirm_order(viewer=viewer_for_user(office.pk), order_id=order.pk, now=NOW)
    page = history(browser_of(office), order)
    assert "PENDING → CONFIRMED" in page
    assert "confirm" in page
