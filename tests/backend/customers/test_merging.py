"""Two rows that are one person become one; a person's data is given out, and let go."""

from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from backend.accounts.models import AccessToken
from backend.accounts.queries import viewer_for_user
from backend.core.errors import InvalidInput, InvalidTransition, NotAllowed, NotFound
from backend.core.files import keep
from backend.core.viewer import Role, Viewer
from backend.coupons.models import CouponUsage
from backend.customers import actions
from backend.customers.actions import merging, personal_data
from backend.customers.models import Customer
from backend.customers.queries import subject_of
from backend.events.models import Event
from backend.orders.models import Order
from backend.scheduling.actions.people import export_bookings
from backend.scheduling.models import Appointment, Claim, CustomerAppointment, Photo
from tests import factories
from tests.factories.business import NOW
from tests.rows import snapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(db: None) -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


def order_of(customer: Customer, *, confirmed: bool = True, **given: Any) -> Order:
    service = factories.service()
    if not confirmed:
        return factories.pending_order(service, customer=customer, **given)
    return factories.confirmed_order(service, staff=factories.staff_member(service), customer=customer, **given)


def test_orders_bookings_uses_and_addresses_follow(admin: Viewer, now: datetime) -> None:
    kept, merged = factories.customer(phone="", notes="Kept"), factories.customer(with_user=False, tags=["vip"])
    factories.address(kept)
    factories.address(merged, line1="2 Elsewhere")
    order = order_of(merged)
    CouponUsage.objects.create(
        coupon=factories.coupon(), order=order, customer=merged, person=merged.email, ordinal=1, amount=1, used_at=now
    )
    actions.merge_customers(viewer=admin, customer_id=kept.pk, merged_id=merged.pk, now=now)
    order.refresh_from_db()
    assert order.customer == kept
    assert CustomerAppointment.objects.get().customer == kept
    assert CouponUsage.objects.get().customer == kept
    assert list(kept.addresses.order_by("pk").values_list("line1", "is_default")) == [
        ("10 Downing Street", True),
        ("2 Elsewhere", False),
    ]
    kept.refresh_from_db()
    merged.refresh_from_db()
    assert (kept.phone, kept.tags) == ("+442079460958", ["vip"])
    assert merged.tags == ["archived", "merged"]
    fact = Event.objects.get(kind="customer.merged")
    assert fact.data["moved"] == {"addresses": 1, "bookings": 1, "orders": 1, "coupon_usages": 1, "subscriptions": 0}


def test_an_account_follows_where_the_other_has_none(admin: Viewer, now: datetime) -> None:
    kept, merged = factories.customer(with_user=False), factories.customer()
    user = merged.user
    actions.merge_customers(viewer=admin, customer_id=kept.pk, merged_id=merged.pk, now=now)
    kept.refresh_from_db()
    merged.refresh_from_db()
    assert (kept.user, merged.user) == (user, None)


def test_rows_merged_before_they_said_so_learn_it_from_the_log(admin: Viewer, now: datetime) -> None:
    first, second, third = (factories.customer(with_user=False) for _ in range(3))
    for kept, merged in ((second, first), (third, second)):
        actions.merge_customers(viewer=admin, customer_id=kept.pk, merged_id=merged.pk, now=now)
    Customer.objects.update(merged_into=None)
    import_module("backend.customers.migrations.0005_merged_before").follow_the_log(apps, None)
    said = Customer.objects.order_by("pk").values_list("merged_into", flat=True)
    assert list(said) == [third.pk, third.pk, None]


def test_what_can_not_be_merged_stays_as_it_is(admin: Viewer, now: datetime) -> None:
    one, two = factories.customer(), factories.customer()
    order_of(two)
    before = snapshot()
    for ids, error in (((one.pk, two.pk), InvalidInput), ((one.pk, one.pk), InvalidInput), ((one.pk, 0), NotFound)):
        with pytest.raises(error):
            actions.merge_customers(viewer=admin, customer_id=ids[0], merged_id=ids[1], now=now)
    manager = viewer_for_user(factories.manager(can_manage_all=True, user=factories.user(Role.MANAGER)).user_id)
    with pytest.raises(NotAllowed):
        actions.merge_customers(viewer=manager, customer_id=one.pk, merged_id=two.pk, now=now)
    after = snapshot()
    made_by_the_test = ("accounts.", "audit.")
    assert {k: v for k, v in after.items() if not k.startswith(made_by_the_test)} == {
        k: v for k, v in before.items() if not k.startswith(made_by_the_test)
    }


def test_a_customer_gets_a_copy_of_everything(now: datetime) -> None:
    customer, stranger = factories.customer(name="Ada King"), factories.customer()
    factories.address(customer)
    order = order_of(customer, notes="Ring twice")
    assert customer.user_id is not None
    data = actions.export_customer(viewer=viewer_for_user(customer.user_id), customer_id=None)
    assert data["customer"]["name"] == "Ada King"
    assert data["customer"]["addresses"][0]["line1"] == "10 Downing Street"
    assert [(each["order_number"], each["notes"]) for each in data["orders"]] == [(order.order_number, "Ring twice")]
    assert len(data["bookings"]) == 1
    assert stranger.user_id is not None
    with pytest.raises(NotFound):
        actions.export_customer(viewer=viewer_for_user(stranger.user_id), customer_id=customer.pk)


def test_a_person_is_forgotten_and_the_books_stay(admin: Viewer, now: datetime) -> None:
    customer = factories.customer(with_user=False, name="Ada King", email="ada@secret.example", notes="Key under mat")
    factories.address(customer, line1="7 Secret Lane")
    order = order_of(customer, status="COMPLETED", line1="7 Secret Lane", notes="Ada's cat")
    Claim.objects.all().delete()
    Appointment.objects.update(status="COMPLETED", notes="Ada's cat")
    total = order.total
    actions.erase_customer(viewer=admin, customer_id=customer.pk, now=now)
    left = repr({name: rows for name, rows in snapshot().items() if name != "events.Event"})
    for secret in ("Ada King", "ada@secret.example", "Key under mat", "7 Secret Lane", "Ada's cat"):
        assert secret not in left
    order.refresh_from_db()
    assert (order.total, order.status) == (total, "COMPLETED")


def test_nobody_is_forgotten_while_work_is_open(admin: Viewer, now: datetime) -> None:
    busy = factories.customer()
    order_of(busy)
    pending = factories.customer(with_user=False)
    order_of(pending, confirmed=False)
    for row in (busy, pending):
        with pytest.raises(InvalidTransition):
            actions.erase_customer(viewer=admin, customer_id=row.pk, now=now)
        name = row.name
        row.refresh_from_db()
        assert row.name == name


@pytest.mark.django_db(transaction=True)
def test_an_account_that_is_locked_is_forgotten_with_its_customer_and_its_picture(
    admin: Viewer, media: Path, now: datetime
) -> None:
    account = factories.user(name="Ada King", email="ada@secret.example", is_active=False)
    account.profile.avatar = keep(b"her face", folder="avatars", extension="webp")
    account.profile.phone, account.profile.preferences = "+447700900123", {"theme": "dark"}
    account.profile.save()
    factories.token_for(account)
    AccessToken.objects.update(user_agent="Ada's telephone")
    customer = factories.customer(user=account)
    visit = factories.direct_booking(factories.service(), staff=factories.staff_member(), customer=customer)
    Claim.objects.all().delete()
    Appointment.objects.update(status="COMPLETED")
    files = [keep(b"her kitchen", folder="photos", extension="webp") for _ in range(2)]
    factories.photo(visit, key=files[0], thumbnail_key=files[1])
    taken = [booking["photos"] for booking in export_bookings(subject=subject_of(customer))]
    assert taken == [[{"taken_at": NOW.isoformat(), "width": 900, "height": 600}]]
    actions.erase_customer(viewer=admin, customer_id=customer.pk, now=now)
    left = repr({name: rows for name, rows in snapshot().items() if name != "events.Event"})
    for secret in ("Ada King", "ada@secret.example", "7700900123", "dark", "Ada's telephone"):
        assert secret not in left
    assert [path for path in media.rglob("*") if path.is_file()] == []
    assert Photo.objects.get().deleted_at == now
    account.refresh_from_db()
    assert (account.is_active, account.has_usable_password()) == (False, False)


def test_every_domain_that_refers_to_customers_has_said_what_follows() -> None:
    referring = {field.related_model._meta.app_label for field in Customer._meta.related_objects} - {
        "customers",
        "accounts",
    }
    keepers = {
        "scheduling": "bookings",
        "orders": "orders",
        "coupons": "coupon_usages",
        "subscriptions": "subscriptions",
    }
    assert referring == set(keepers)
    assert set(merging._followers) == set(keepers.values())
    of_accounts_and_mail = {"calendars", "messages"}  # theirs by the account, or by the e-mail
    assert set(personal_data._holders) == set(keepers.values()) | of_accounts_and_mail
