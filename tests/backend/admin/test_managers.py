"""Who gets into the back office, and what each sees there."""

from datetime import date, time
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from backend.accounts.models import Manager, User
from backend.core.admin import BackOffice
from backend.core.viewer import Role
from backend.orders.models import ChangeRequest, Order
from backend.staff.models import Staff, StaffChange
from backend.subscriptions.models import SubscriptionAppointmentChangeRequest
from tests import factories
from tests.backend.admin.everything import one_of_everything
from tests.factories.business import NOW, PASSWORD
from tests.factories.events import delivery
from tests.rows import snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "london")]

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
EVERYBODYS = {"catalogue.Category", "catalogue.Service", "catalogue.ServiceExtra"}
REPORTED = {"coupons.Coupon", "coupons.CouponUsage"}
"""Whoever sees reports, sees all of them."""
FLAGS = {
    "orders": "can_manage_orders",
    "staff": "can_manage_staff",
    "customers": "can_manage_customers",
    "coupons": "can_view_reports",
}


def browser_of(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def page(model: type[Model], name: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def listed(browser: Client, model: type[Model]) -> set[Any]:
    answer = browser.get(page(model), {"all": ""})
    assert answer.status_code == 200, model
    return {row.pk for row in answer.context["cl"].result_list}


def navigation_of(user: User) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = browser_of(user).get("/admin/").context["sidebar_navigation"]
    return groups


@pytest.fixture
def two() -> tuple[Manager, Manager]:
    """Two managers, each of its own member of staff and customer, and all that belongs to these."""
    one_of_everything()
    one_of_everything()
    first, second = Manager.objects.order_by("pk")
    return first, second


def test_each_manager_sees_its_own_rows_of_each_table_and_the_others_are_not_found(
    two: tuple[Manager, Manager],
) -> None:
    browsers = [browser_of(manager.user) for manager in two]
    seen = 0
    for model in MODELS:
        office = admin.site.get_model_admin(model)
        assert isinstance(office, BackOffice)
        if office.open_to is None:
            assert {browser.get(page(model)).status_code for browser in browsers} == {403}, model
            continue
        mine, others = (listed(browser, model) for browser in browsers)
        assert mine, model
        if model._meta.label in EVERYBODYS | REPORTED:
            assert mine == others
            continue
        assert others, model
        assert mine.isdisjoint(others), model
        seen += 1
        out_of_sight, nowhere = min(others), 10**9
        for name in ("change", "history"):
            answers = [browsers[0].get(page(model, name, pk)).status_code for pk in (out_of_sight, nowhere)]
            assert answers == [404, 404], (model, name)
        assert browsers[0].get(page(model, "change", min(mine))).status_code == 200
    assert seen >= 12


@pytest.mark.parametrize("role", [Role.STAFF, Role.CUSTOMER])
def test_staff_and_customers_are_sent_to_the_door_from_every_page(role: Role) -> None:
    browser = browser_of(factories.user(role))
    for address in ["/admin/", *(page(model) for model in MODELS), *(page(model, "change", 1) for model in MODELS)]:
        answer = browser.get(address)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/admin/login/"), address


def test_the_door_opens_for_the_office_alone_and_counts_the_tries() -> None:
    for role, status in ((Role.ADMIN, 302), (Role.MANAGER, 302), (Role.STAFF, 200), (Role.CUSTOMER, 200)):
        user = factories.user(role)
        answer = Client().post("/admin/login/", {"username": user.email.upper(), "password": PASSWORD})
        assert answer.status_code == status, role
    user = factories.user(Role.ADMIN)
    for _ in range(10):
        Client().post("/admin/login/", {"username": user.email, "password": "guess"})
    answer = Client().post("/admin/login/", {"username": user.email, "password": PASSWORD})
    assert answer.context["form"].non_field_errors() == ["Too many attempts. Try again later."]


@pytest.mark.parametrize(("module", "flag"), FLAGS.items())
def test_without_its_flag_a_module_is_shut(two: tuple[Manager, Manager], module: str, flag: str) -> None:
    manager = two[0]
    first = next(model for model in MODELS if model._meta.app_label == module)
    assert browser_of(manager.user).get(page(first)).status_code == 200
    Manager.objects.filter(pk=manager.pk).update(**{flag: False})
    assert browser_of(manager.user).get(page(first)).status_code == 403
    links = [item["link"] for group in navigation_of(manager.user) for item in group["items"]]
    assert page(first) not in map(str, links)


def test_a_manager_loses_what_is_taken_from_it_with_the_next_page(two: tuple[Manager, Manager]) -> None:
    manager = two[0]
    browser = browser_of(manager.user)
    assert listed(browser, Staff) == {manager.managed_staff.get().pk}
    manager.managed_staff.clear()
    assert listed(browser, Staff) == set()


def test_choices_of_related_rows_are_those_in_sight_and_others_are_refused(two: tuple[Manager, Manager]) -> None:
    mine, other = (manager.managed_staff.get() for manager in two)
    browser = browser_of(two[0].user)
    offered = browser.get(
        "/admin/autocomplete/",
        {"app_label": "staff", "model_name": "staffservice", "field_name": "staff", "term": ""},
    ).json()
    assert [row["id"] for row in offered["results"]] == [str(mine.pk)]
    before = snapshot()
    given = {"staff": other.pk, "date": "2027-03-02", "start": "", "end": "", "reason": ""}
    answer = browser.post("/admin/staff/scheduleexception/add/", given)
    assert list(answer.context["adminform"].form.errors) == ["staff"]
    assert snapshot() == before
    text = browser.get("/admin/scheduling/appointment/").content.decode()
    assert (mine.name in text, other.name in text) == (True, False)


def test_a_manager_acts_on_its_own_rows_and_on_no_other(two: tuple[Manager, Manager]) -> None:
    orders = [factories.pending_order(factories.service(), customer=manager.managed_customers.get()) for manager in two]
    browser = browser_of(two[0].user)
    before = snapshot()
    assert browser.post(page(Order, "do", orders[1].pk, "confirm")).status_code == 404
    browser.post(page(Order), {"action": "cancel", "reason": "Flood", "_selected_action": [orders[1].pk]})
    assert snapshot() == before
    browser.post(page(Order, "do", orders[0].pk, "cancel"), {"reason": "Flood"})
    assert Order.objects.get(pk=orders[0].pk).status == "CANCELLED"


def test_the_dashboard_counts_what_its_viewer_sees() -> None:
    service = factories.service(approval_status="PENDING_APPROVAL")
    anna, customer = factories.staff_member(service, name="Anna"), factories.customer()
    manager, other, office = factories.manager(), factories.manager(), factories.user(Role.ADMIN)
    manager.managed_customers.add(customer)
    factories.pending_order(service, customer=customer)
    order = factories.confirmed_order(service, staff=anna, customer=customer, scheduled_date=date(2027, 2, 1))
    ChangeRequest.objects.create(order=order, requested_date=date(2027, 2, 2), requested_time=time(20), created_at=NOW)
    factories.direct_booking(service, staff=anna, customer=customer, status="PENDING")
    plan = factories.active_plan(service, staff=anna, customer=customer, start_date=date(2027, 5, 3))
    factories.unplaced_visit(plan)
    SubscriptionAppointmentChangeRequest.objects.create(
        visit=plan.visits.all()[0], requested_date=date(2027, 5, 4), requested_time=time(9), created_at=NOW
    )
    manager.managed_staff.add(anna)
    StaffChange.objects.create(staff=anna, kind="WORKING_HOURS", payload={"hours": []}, created_at=NOW)
    delivery(status="DEAD")

    def tiles(user: User) -> dict[str, Any]:
        panels = browser_of(user).get("/admin/").context["panels"]
        return {panel.tile.label: panel.tile.value for panel in panels if panel.tile}

    of_orders = ["Visits today", "Orders to confirm", "Bookings to confirm", "Changes to decide"]
    of_plans = ["Plan changes to decide", "Visits without a time"]
    mine = dict.fromkeys([*of_orders, *of_plans, "Wishes of staff", "Services to approve"], 1)
    assert tiles(manager.user) == mine
    assert tiles(other.user) == dict.fromkeys(mine, 0) | {"Services to approve": 1}
    assert tiles(office) == mine | {"Dead letters": 1}
    Manager.objects.filter(pk=manager.pk).update(can_manage_orders=False, can_approve_services=False)
    assert tiles(manager.user) == {"Wishes of staff": 1}
    Manager.objects.filter(pk=manager.pk).update(can_manage_staff=False)
    assert tiles(manager.user) == {}


def test_the_dashboard_costs_as_much_for_many_rows_as_for_one() -> None:
    browser = browser_of(factories.user(Role.ADMIN))

    def cost() -> int:
        with CaptureQueriesContext(connection) as statements:
            browser.get("/admin/")
        return len(statements)

    one_of_everything()
    cost()
    one = cost()
    for _ in range(5):
        one_of_everything()
        factories.pending_order(factories.service(approval_status="PENDING_APPROVAL"))
    assert cost() == one
