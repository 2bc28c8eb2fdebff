"""What becomes of plans when customers are merged, asked about and forgotten, and when a guest gets an account."""

from datetime import datetime
from typing import Any

import pytest

from backend.accounts.models import User
from backend.accounts.queries import viewer_for_user
from backend.core.errors import ErrorCode, InvalidTransition
from backend.core.viewer import Role, Viewer
from backend.coupons.models import CouponUsage
from backend.customers import actions as customers
from backend.scheduling.models import Appointment, Claim, CustomerAppointment
from backend.subscriptions.actions import link_guest_subscription
from backend.subscriptions.models import Subscription
from tests import factories
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(db: None) -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


def test_plans_follow_a_merged_customer(admin: Viewer, now: datetime) -> None:
    kept, merged = factories.customer(), factories.customer(with_user=False)
    service = factories.service()
    plan = factories.active_plan(service, staff=factories.staff_member(service), customer=merged)
    customers.merge_customers(viewer=admin, customer_id=kept.pk, merged_id=merged.pk, now=now)
    plan.refresh_from_db()
    assert plan.customer == kept


def test_a_customer_gets_a_copy_of_its_plans(admin: Viewer, now: datetime) -> None:
    customer = factories.customer()
    service = factories.service(name="Deep clean")
    plan = factories.active_plan(service, staff=factories.staff_member(service), customer=customer, notes="Ring")
    (copy,) = customers.export_customer(viewer=admin, customer_id=customer.pk)["subscriptions"]
    assert (copy["subscription_number"], copy["service"], copy["notes"]) == (
        plan.subscription_number,
        "Deep clean",
        "Ring",
    )
    assert [visit["nominal_date"] for visit in copy["visits"]] == ["2027-03-01", "2027-03-08", "2027-03-15"]


def test_nobody_is_forgotten_while_a_plan_goes_on_and_afterwards_all_of_it_is(admin: Viewer, now: datetime) -> None:
    customer = factories.customer(with_user=False)
    service = factories.service()
    plan = factories.active_plan(
        service, staff=factories.staff_member(service), customer=customer, line1="7 Secret Lane", notes="Ada's cat"
    )
    Claim.objects.all().delete()
    Appointment.objects.update(status="CANCELLED")
    with pytest.raises(InvalidTransition):
        customers.erase_customer(viewer=admin, customer_id=customer.pk, now=now)
    Subscription.objects.update(status="CANCELLED", next_appointment_date=None)
    customers.erase_customer(viewer=admin, customer_id=customer.pk, now=now)
    plan.refresh_from_db()
    assert (plan.line1, plan.notes, plan.postcode, plan.total_appointments) == ("Erased", "", "", 3)


def test_a_guests_plan_goes_to_the_account_whose_proven_e_mail_is_the_guests(now: datetime) -> None:
    service = factories.service()
    plan = factories.active_plan(service, staff=factories.staff_member(service))
    CouponUsage.objects.create(
        coupon=factories.coupon(), subscription=plan, person="ada@example.com", ordinal=1, amount=1, used_at=now
    )
    user = factories.user(email="ada@example.com")
    customer = factories.customer(user=user)
    viewer = viewer_for_user(user.pk)
    given: dict[str, Any] = {"viewer": viewer, "tracking_token": plan.tracking_token, "address": "a", "now": now}
    assert refused(link_guest_subscription, **given) == [(ErrorCode.EMAIL_NOT_VERIFIED, "")]
    User.objects.filter(pk=user.pk).update(email_verified_at=now)
    stranger = factories.customer()
    assert stranger.user_id is not None
    User.objects.filter(pk=stranger.user_id).update(email_verified_at=now)
    foreign = given | {"viewer": viewer_for_user(stranger.user_id)}
    assert refused(link_guest_subscription, **foreign) == [(ErrorCode.EMAIL_MISMATCH, "tracking_token")]
    link_guest_subscription(**given)
    plan.refresh_from_db()
    assert (plan.customer, plan.account_linked_at, plan.is_guest_subscription) == (customer, now, True)
    assert set(CustomerAppointment.objects.values_list("customer", flat=True)) == {customer.pk}
    assert CouponUsage.objects.get().customer == customer
    assert refused(link_guest_subscription, **given) == [(ErrorCode.INVALID_TRANSITION, "tracking_token")]
