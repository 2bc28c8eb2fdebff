"""What one click does, and the list as a file. Real requests through the whole stack."""

import csv
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from django.test import Client

from backend.accounts.models import AccessToken, User
from backend.core.admin.export import safe_cell
from backend.core.viewer import Role
from backend.orders.models import ChangeRequest, Order
from backend.scheduling.models import Appointment
from backend.staff.models import StaffChange
from backend.subscriptions.models import SubscriptionAppointmentChangeRequest
from tests import factories
from tests.factories.business import NOW, PASSWORD
from tests.factories.orders import MONDAY
from tests.rows import snapshot

# Transactions are real here: a use case refuses to run inside another one.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now", "london")]


@pytest.fixture
def office() -> Client:
    """An admin's browser, which checks for forgery as browsers' requests are."""
    browser = Client()
    browser.force_login(factories.user(Role.ADMIN, name="Office"))
    return browser


def told(answer: object) -> list[str]:
    return [str(message) for message in answer.context["messages"]]  # type: ignore[attr-defined]


def test_a_pending_order_is_confirmed_from_its_row_and_the_list_comes_back_as_it_was(office: Client) -> None:
    service = factories.service()
    factories.staff_member(service, name="Anna")
    order = factories.pending_order(service)
    here = "/admin/orders/order/?status__exact=PENDING"
    button = f"/admin/orders/order/{order.pk}/do/confirm/?next=%2Fadmin%2Forders%2Forder%2F%3Fstatus__exact%3DPENDING"
    assert f'formaction="{button}"' in office.get(here).content.decode()
    answer = office.post(button, follow=True)
    assert answer.redirect_chain == [(here, 302)]
    assert told(answer) == [f"{order.order_number}: confirmed."]
    assert Order.objects.get().status == "CONFIRMED"
    assert "/do/confirm/" not in office.get("/admin/orders/order/").content.decode()


def test_a_refusal_is_told_in_words_with_other_times_and_nothing_changes(office: Client) -> None:
    service = factories.service()
    anna = factories.staff_member(service, name="Anna")
    factories.confirmed_order(service, staff=anna)
    order = factories.pending_order(service, staff=anna)
    before = snapshot()
    answer = office.post(f"/admin/orders/order/{order.pk}/do/confirm/", follow=True)
    (message,) = told(answer)
    assert message.startswith(f"{order.order_number}: Anna is taken then. Free instead: Mon 1 Mar 10:15 with Anna; ")
    assert snapshot() == before


@pytest.mark.parametrize(("click", "status"), [("approve", "APPROVED"), ("reject", "REJECTED")])
def test_a_change_request_is_decided_with_one_click(office: Client, click: str, status: str) -> None:
    service = factories.service()
    order = factories.confirmed_order(service, staff=factories.staff_member(service))
    change = ChangeRequest.objects.create(
        order=order, requested_date="2027-03-02", requested_time="10:00", created_at=NOW
    )
    assert f"/admin/orders/changerequest/{change.pk}/do/{click}/" in office.get("/admin/").content.decode()
    office.post(f"/admin/orders/changerequest/{change.pk}/do/{click}/")
    change.refresh_from_db()
    assert change.status == status


def test_a_visit_is_started_completed_missed_or_cancelled_by_its_buttons(office: Client) -> None:
    service = factories.service()
    staff = factories.staff_member(service)

    def visit() -> Appointment:
        order = factories.confirmed_order(service, staff=staff, scheduled_date=MONDAY)
        return Appointment.objects.get(order_item__order=order)

    row = visit()
    page = f"/admin/scheduling/appointment/{row.pk}"
    assert "/do/start/" in office.get(f"{page}/change/").content.decode()
    assert told(office.post(f"{page}/do/start/", follow=True)) == [f"Appointment {row.pk}: started."]
    assert told(office.post(f"{page}/do/complete/", follow=True)) == [f"Appointment {row.pk}: completed."]
    row.refresh_from_db()
    assert row.status == "COMPLETED"
    row = visit()
    assert told(office.post(f"/admin/scheduling/appointment/{row.pk}/do/cancel/", follow=True)) == [
        f"Appointment {row.pk}: This can't be empty."
    ]
    office.post(f"/admin/scheduling/appointment/{row.pk}/do/cancel/", {"reason": "Flood"})
    row.refresh_from_db()
    assert row.status == "CANCELLED"


def test_a_proposed_service_is_approved_with_one_click_and_rejected_for_a_reason(office: Client) -> None:
    first, second = (factories.service(approval_status="PENDING_APPROVAL") for _ in range(2))
    office.post(f"/admin/catalogue/service/{first.pk}/do/approve/")
    office.post(f"/admin/catalogue/service/{second.pk}/do/reject/", {"reason": "Too dear"})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.approval_status, second.approval_status) == ("APPROVED", "REJECTED")
    assert second.rejection_reason == "Too dear"


def test_a_click_is_a_post_with_the_pages_token_and_leads_to_no_other_site(office: Client) -> None:
    order = factories.pending_order(factories.service())
    address = f"/admin/orders/order/{order.pk}/do/cancel/"
    before = snapshot()
    assert office.get(address).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(name="Office"))
    assert strict.post(address, {"reason": "Flood"}).status_code == 403
    assert snapshot() == before
    answer = office.post(f"{address}?next=https://evil.example/", {"reason": "Flood"})
    assert answer["Location"] == f"/admin/orders/order/{order.pk}/change/"
    assert office.post(f"/admin/orders/order/{order.pk}/do/explode/").status_code == 404


def test_a_list_is_exported_as_it_is_filtered_with_formulas_made_harmless(office: Client) -> None:
    service = factories.service()
    evil = factories.pending_order(service, guest_name='=HYPERLINK("http://evil.example")')
    factories.pending_order(service, status="CANCELLED")
    listing = office.get("/admin/orders/order/", {"status__exact": "PENDING"})
    assert listing.context["export_url"] == "/admin/orders/order/export/?status__exact=PENDING"
    answer = office.get(listing.context["export_url"])
    assert (answer.streaming, answer["Content-Disposition"]) == (
        True,
        'attachment; filename="orders-2027-02-01.csv"',
    )
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    header, row = csv.reader(text.removeprefix("\ufeff").splitlines())
    assert header[:5] == ["order number", "status", "scheduled date", "scheduled time", "For"]
    assert row[:5] == [evil.order_number, "Pending", "2027-03-01", "09:00:00", '\'=HYPERLINK("http://evil.example")']


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (Decimal("-4.00"), "-4.00"),
        (-4, "-4"),
        ("-4+cmd", "'-4+cmd"),
        ("+442079460958", "'+442079460958"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("Ada", "Ada"),
        (datetime.fromisoformat("2027-07-01T08:00:00+00:00"), "2027-07-01 09:00"),
    ],
)
def test_a_cell_is_a_value_and_never_a_formula(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


def test_times_are_those_on_the_business_wall(office: Client) -> None:
    service = factories.service()
    summer = datetime.fromisoformat("2027-07-01").date()
    factories.confirmed_order(service, staff=factories.staff_member(service), scheduled_date=summer)
    day = {"start_from": "2027-07-01", "start_to": "2027-07-01"}
    answer = office.get("/admin/scheduling/appointment/", day)
    assert "1 Jul 2027, 09:00" in answer.content.decode()
    assert answer.context["cl"].result_count == 1
    assert office.get("/admin/scheduling/appointment/", {"start_to": "2027-06-30"}).context["cl"].result_count == 0


def test_changing_ones_password_ends_every_sign_in_with_the_old_one(office: Client) -> None:
    user = User.objects.get(name="Office")
    factories.token_for(user)
    form = {"old_password": "wrong", "new_password1": "a-new-password-27", "new_password2": "a-new-password-27"}
    answer = office.post("/admin/password_change/", form)
    assert list(answer.context["form"].errors) == ["old_password"]
    assert office.post("/admin/password_change/", form | {"old_password": PASSWORD}).status_code == 302
    user.refresh_from_db()
    assert user.check_password("a-new-password-27")
    assert AccessToken.objects.get().revoked_at == NOW
    assert office.get("/admin/").status_code == 200


def test_a_booking_that_waits_for_the_office_is_confirmed_from_its_row_and_from_the_dashboard(office: Client) -> None:
    service = factories.service()
    anna = factories.staff_member(service, name="Anna")
    visit = factories.direct_booking(service, staff=anna, status="PENDING")
    button = f"/admin/scheduling/appointment/{visit.pk}/do/confirm/"
    assert button in office.get("/admin/").content.decode()
    office.post(button)
    assert Appointment.objects.get().status == "CONFIRMED"
    assert button not in office.get("/admin/scheduling/appointment/").content.decode()


def test_a_wish_for_time_off_over_a_visit_is_approved_once_a_colleague_takes_it(office: Client) -> None:
    service = factories.service()
    anna, bob = factories.staff_member(service, name="Anna"), factories.staff_member(service, name="Bob")
    factories.confirmed_order(service, staff=anna)
    kept = {"start": "2027-03-01T00:00:00+00:00", "end": "2027-03-02T00:00:00+00:00", "reason": ""}
    wish = StaffChange.objects.create(staff=anna, kind="TIME_OFF", payload=kept, created_at=NOW)
    other = StaffChange.objects.create(staff=bob, kind="WORKING_HOURS", payload={"hours": []}, created_at=NOW)
    buttons = f"/admin/staff/staffchange/{wish.pk}/do/"
    dashboard = office.get("/admin/").content.decode()
    assert f"{buttons}approve/" in dashboard
    assert f"{buttons}approve_and_reassign/" in dashboard
    assert f"/admin/staff/staffchange/{other.pk}/do/approve_and_reassign/" not in dashboard
    (message,) = told(office.post(f"{buttons}approve/", follow=True))
    assert "This time is taken: " in message
    assert StaffChange.objects.get(pk=wish.pk).status == "PENDING"
    office.post(f"{buttons}approve_and_reassign/")
    assert StaffChange.objects.get(pk=wish.pk).status == "APPROVED"
    assert Appointment.objects.get().staff == bob
    assert f"{buttons}approve/" not in office.get("/admin/staff/staffchange/").content.decode()


def test_a_wish_to_move_a_visit_of_a_plan_is_approved_from_the_dashboard(office: Client) -> None:
    service = factories.service()
    plan = factories.active_plan(service, staff=factories.staff_member(service))
    visit = plan.visits.all()[0]
    wish = SubscriptionAppointmentChangeRequest.objects.create(
        visit=visit, requested_date=date(2027, 3, 2), requested_time=time(10), created_at=NOW
    )
    button = f"/admin/subscriptions/subscriptionappointmentchangerequest/{wish.pk}/do/approve/"
    assert button in office.get("/admin/").content.decode()
    office.post(button)
    moved = Appointment.objects.get(visit=visit)
    assert moved.start == datetime(2027, 3, 2, 10, tzinfo=UTC)
    assert button not in office.get("/admin/").content.decode()
