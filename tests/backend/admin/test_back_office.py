"""The back office: every list, what its forms write, and who gets in. Real requests through the whole stack."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from backend.accounts.models import AccessToken, Invitation, Manager
from backend.catalogue.models import Category, Service
from backend.core.viewer import Role
from backend.coupons.models import Coupon
from backend.events.models import Event
from backend.staff.models import ScheduleException, Staff, StaffArea, StaffChange, StaffService
from tests import factories
from tests.backend.admin.everything import one_of_everything
from tests.factories.business import NOW
from tests.rows import snapshot

# Transactions are real here: an action refuses to run inside another one, as Django's own form view would have it.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now")]


@pytest.fixture
def office() -> Client:
    """A browser in which an admin is signed in."""
    browser = Client()
    browser.force_login(factories.user(Role.ADMIN, name="Office"))
    return browser


def page(model: type[Model], name: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def errors(response: Any) -> dict[str, list[str]]:
    """What a form that was not accepted says, by field."""
    assert response.status_code == 200
    return {field: list(messages) for field, messages in response.context["adminform"].form.errors.items()}


def test_a_sign_in_is_ended_from_the_list(office: Client) -> None:
    factories.token_for(factories.user())
    token = AccessToken.objects.get()
    office.post(page(AccessToken), {"action": "revoke", "_selected_action": [token.pk]})
    assert AccessToken.objects.get().revoked_at == NOW


def test_a_category_and_a_service_are_made_by_their_actions(office: Client) -> None:
    office.post(page(Category, "add"), {"name": " Deep  cleaning ", "description": ""})
    category = Category.objects.get()
    assert (category.name, category.slug, category.created_at) == ("Deep  cleaning", "deep-cleaning", NOW)
    office.post(
        page(Service, "add"),
        {
            "category": category.pk,
            "name": "Oven",
            "description": "",
            "price": "42.50",
            "duration_minutes": "60",
            "buffer_minutes": "15",
        },
    )
    service = Service.objects.get()
    assert (service.slug, service.price, service.category, service.is_active) == (
        "oven",
        Decimal("42.50"),
        category,
        True,
    )
    assert Event.objects.get(kind="service.changed").data == {"service_id": service.pk}


def test_a_service_is_changed_and_deactivated_and_keeps_its_extras(office: Client) -> None:
    service = factories.service()
    extra = factories.extra(service)
    given = {
        "category": service.category_id,
        "name": "Windows",
        "description": "",
        "price": "10.00",
        "duration_minutes": "30",
        "buffer_minutes": "0",
        "is_active": "on",
    }
    assert office.post(page(Service, "change", service.pk), given).status_code == 302
    service.refresh_from_db()
    assert (service.name, service.price, service.duration_minutes) == ("Windows", Decimal("10.00"), 30)
    assert service.extras.get() == extra
    office.post(page(Service), {"action": "deactivate", "_selected_action": [service.pk]})
    service.refresh_from_db()
    assert not service.is_active


def test_what_an_action_refuses_stands_beside_the_fields_and_nothing_changes(office: Client) -> None:
    service = factories.service()
    given = {
        "category": service.category_id,
        "name": "Windows",
        "description": "bell \x07",
        "price": "100000.00",
        "duration_minutes": "30",
        "buffer_minutes": "0",
        "is_active": "on",
    }
    before = snapshot()
    response = office.post(page(Service, "change", service.pk), given)
    assert errors(response) == {
        "description": ["This holds characters that can't be printed."],
        "price": ["A price lies between 0 and 99999.99."],
    }
    assert snapshot() == before


def test_what_the_tables_refuse_is_an_error_of_the_form_too(office: Client) -> None:
    category = factories.category()
    given = {
        "category": category.pk,
        "name": "Windows",
        "description": "",
        "price": "-1",
        "duration_minutes": "2000",
        "buffer_minutes": "0",
    }
    before = snapshot()
    assert set(errors(office.post(page(Service, "add"), given))) == {"__all__"}
    assert snapshot() == before


def test_staff_are_taken_on_and_changed_by_their_actions(office: Client) -> None:
    account = factories.user(Role.STAFF)
    given = {"name": "Anna", "email": "ANNA@example.com", "phone": "", "bio": "", "user": account.pk}
    assert office.post(page(Staff, "add"), given).status_code == 302
    staff = Staff.objects.get()
    assert (staff.email, staff.user, staff.is_active) == ("anna@example.com", account, True)
    changed = given | {"name": "Anna B", "is_active": "on"}
    assert office.post(page(Staff, "change", staff.pk), changed).status_code == 302
    staff.refresh_from_db()
    assert (staff.name, staff.user) == ("Anna B", account)
    assert [event.staff_id for event in Event.objects.filter(kind="staff.changed")] == [staff.pk, staff.pk]
    office.post(page(Staff), {"action": "deactivate", "_selected_action": [staff.pk]})
    staff.refresh_from_db()
    assert not staff.is_active


def test_an_account_of_another_role_is_refused_beside_its_field(office: Client) -> None:
    account = factories.user(Role.CUSTOMER)
    before = snapshot()
    given = {"name": "Anna", "email": "anna@example.com", "phone": "", "bio": "", "user": account.pk}
    response = office.post(page(Staff, "add"), given)
    assert errors(response) == {"user": ["There is no such account with the role STAFF."]}
    assert snapshot() == before


@pytest.mark.usefixtures("london")
def test_areas_take_their_centre_from_geography_and_go_by_their_action(office: Client) -> None:
    staff = factories.staff_member(postcode=None)
    office.post(page(StaffArea, "add"), {"staff": staff.pk, "postcode": "n1 9gu", "radius_miles": "5"})
    area = StaffArea.objects.get()
    assert (area.postcode, area.latitude, area.radius_miles) == ("N1", 51.5378, Decimal("5.0"))
    office.post(page(StaffArea, "change", area.pk), {"radius_miles": "7.5"})
    area.refresh_from_db()
    assert area.radius_miles == Decimal("7.5")
    before = snapshot()
    response = office.post(page(StaffArea, "add"), {"staff": staff.pk, "postcode": "ZE1", "radius_miles": "5"})
    assert errors(response) == {"postcode": ["We don't know where ZE1 is."]}
    assert snapshot() == before
    office.post(page(StaffArea), {"action": "remove", "_selected_action": [area.pk]})
    assert not StaffArea.objects.exists()


def test_services_are_given_and_taken_away(office: Client) -> None:
    staff, service = factories.staff_member(), factories.service()
    given = {"staff": staff.pk, "service": service.pk, "price_override": "9.99", "duration_override_minutes": ""}
    office.post(page(StaffService, "add"), given)
    offer = StaffService.objects.get()
    assert (offer.staff, offer.service, offer.price_override) == (staff, service, Decimal("9.99"))
    office.post(page(StaffService), {"action": "take_away", "_selected_action": [offer.pk]})
    assert not StaffService.objects.exists()
    kinds = list(Event.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["staff.offers_changed", "staff.offers_changed"]


def test_a_date_off_is_entered_and_removed(office: Client) -> None:
    staff = factories.staff_member()
    given = {"staff": staff.pk, "date": "2027-03-01", "start": "", "end": "", "reason": "Moving"}
    office.post(page(ScheduleException, "add"), given)
    row = ScheduleException.objects.get()
    assert (row.staff, row.date, row.start, row.reason) == (staff, date(2027, 3, 1), None, "Moving")
    before = snapshot()
    response = office.post(page(ScheduleException, "add"), given | {"date": "2027-01-01"})
    assert errors(response) == {"date": ["This date is past, or more than three years away."]}
    assert snapshot() == before
    office.post(page(ScheduleException), {"action": "remove", "_selected_action": [row.pk]})
    assert not ScheduleException.objects.exists()


def test_what_a_manager_manages_is_set_but_not_who_it_is(office: Client) -> None:
    manager, staff, other = factories.manager(), factories.staff_member(), factories.user(Role.MANAGER)
    given = {"can_manage_staff": "on", "managed_staff": [staff.pk], "managed_customers": [], "user": other.pk}
    assert office.post(page(type(manager), "change", manager.pk), given).status_code == 302
    user = manager.user
    manager.refresh_from_db()
    assert manager.user == user
    assert list(manager.managed_staff.all()) == [staff]
    assert (manager.can_manage_staff, manager.can_manage_orders) == (True, False)


def test_a_coupon_is_written_by_its_action_and_refused_beside_its_field(office: Client) -> None:
    service = factories.service()
    form = {
        "code": "spring",
        "discount_type": "PERCENTAGE",
        "discount_value": "20",
        "minimum_order_amount": "0",
        "included_services": [service.pk],
    }
    assert errors(office.post(page(Coupon, "add"), form | {"code": "no spaces!"})).keys() == {"code"}
    assert not Coupon.objects.exists()
    assert office.post(page(Coupon, "add"), form).status_code == 302
    coupon = Coupon.objects.get()
    assert (coupon.code, coupon.state, list(coupon.included_services.all())) == ("SPRING", "ACTIVE", [service])
    office.post(page(Coupon), {"action": "deactivate", "_selected_action": [coupon.pk]})
    coupon.refresh_from_db()
    assert coupon.state == "INACTIVE"
    assert Event.objects.filter(kind="coupon.changed").count() == 2


def test_what_a_manager_may_do_is_written_by_the_action(office: Client) -> None:
    manager, staff = factories.manager(), factories.staff_member()
    form = {"can_manage_orders": "on", "managed_staff": [staff.pk]}
    assert office.post(page(Manager, "change", manager.pk), form).status_code == 302
    manager.refresh_from_db()
    assert manager.permissions == {"MANAGE_ORDERS"}
    assert list(manager.managed_staff.all()) == [staff]
    assert Event.objects.get().data == {"user_id": manager.user_id}


def test_an_invitation_is_sent_again_or_deleted_and_its_link_is_never_shown(office: Client) -> None:
    invitation = Invitation.objects.create(
        email="new@example.com", role="STAFF", token="secret-link", created_at=NOW, expires_at=NOW
    )
    assert invitation.token not in office.get(page(Invitation, "change", invitation.pk)).content.decode()
    office.post(page(Invitation), {"action": "send_again", "_selected_action": [invitation.pk]})
    invitation.refresh_from_db()
    assert invitation.expires_at == NOW + timedelta(days=7)
    office.post(page(Invitation), {"action": "withdraw", "_selected_action": [invitation.pk]})
    assert not Invitation.objects.exists()


def test_a_proposal_is_approved_or_rejected_with_its_reason_from_the_list(office: Client) -> None:
    wanted = factories.service(approval_status="PENDING_APPROVAL", created_by_staff=factories.staff_member())
    unwanted = factories.service(approval_status="PENDING_APPROVAL")
    office.post(page(Service), {"action": "approve", "_selected_action": [wanted.pk]})
    office.post(page(Service), {"action": "reject", "_selected_action": [unwanted.pk]})
    unwanted.refresh_from_db()
    assert unwanted.approval_status == "PENDING_APPROVAL"
    office.post(page(Service), {"action": "reject", "reason": "Too dear", "_selected_action": [unwanted.pk]})
    for row in (wanted, unwanted):
        row.refresh_from_db()
    assert (wanted.approval_status, wanted.reviewed_at) == ("APPROVED", NOW)
    assert (unwanted.approval_status, unwanted.rejection_reason) == ("REJECTED", "Too dear")


def test_a_category_is_made_below_another_and_moved_to_the_top(office: Client) -> None:
    homes = factories.category(name="Homes")
    office.post(page(Category, "add"), {"name": "Kitchens", "description": "", "parent": homes.pk})
    kitchens = Category.objects.get(name="Kitchens")
    assert (kitchens.parent, kitchens.tree_order) == (homes, "000000000000")
    office.post(page(Category), {"action": "move_to_top", "_selected_action": [kitchens.pk]})
    kitchens.refresh_from_db()
    assert (kitchens.parent, kitchens.position) == (None, 1)


def test_a_wish_of_staff_is_rejected_with_its_note_from_the_list(office: Client) -> None:
    one_of_everything()
    wish = StaffChange.objects.get()
    office.post(page(StaffChange), {"action": "reject", "reason": "Too short", "_selected_action": [wish.pk]})
    wish.refresh_from_db()
    assert (wish.status, wish.review_note, wish.reviewed_at) == ("REJECTED", "Too short", NOW)
