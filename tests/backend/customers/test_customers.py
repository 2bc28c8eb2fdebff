"""Taking customers on, their addresses, and archiving them."""

from datetime import datetime
from typing import Any

import pytest

from backend.accounts.queries import viewer_for_user
from backend.core.errors import ErrorCode, InvalidTransition, NotAllowed, NotFound, NotSignedIn
from backend.core.viewer import NOBODY, Role, Viewer
from backend.customers import actions, queries
from backend.customers.actions import CustomerChanges
from backend.customers.models import Address, Customer
from backend.customers.rules import AddressKind, Contact, PostalAddress
from tests import factories
from tests.refusals import refused

pytestmark = pytest.mark.django_db

CONTACT = Contact(name="Ada King", email="Ada@Example.com", phone="+44 20 7946 0958")
HOME = PostalAddress(line1="10 Downing Street", city="London", postcode="sw1a2aa")
WORK = PostalAddress(line1="1 Canada Square", city="London", postcode="E14 5AB")


@pytest.fixture
def admin(db: None) -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


def own(customer: Customer) -> Viewer:
    assert customer.user_id is not None
    return viewer_for_user(customer.user_id)


def add(viewer: Viewer, customer: Customer, address: PostalAddress, now: datetime, **given: Any) -> Address:
    values = {"kind": AddressKind.SERVICE} | given
    return actions.add_address(viewer=viewer, customer_id=customer.pk, address=address, now=now, **values)


def test_a_customer_is_taken_on_with_its_address(admin: Viewer, now: datetime) -> None:
    row = actions.create_customer(
        viewer=admin, contact=CONTACT, address=HOME, tags=["VIP", "vip ", "dogs"], notes="Ring twice", now=now
    )
    assert (row.name, row.email, row.tags, row.notes) == ("Ada King", "ada@example.com", ["vip", "dogs"], "Ring twice")
    address = row.addresses.get()
    assert (address.kind, address.is_default, address.postcode) == ("SERVICE", True, "SW1A 2AA")


def test_everything_wrong_is_told_at_once_and_nothing_is_kept(admin: Viewer, now: datetime) -> None:
    bad = PostalAddress(line1="", city="London", postcode="nowhere")
    told = refused(
        actions.create_customer,
        viewer=admin,
        contact=Contact(name="", email="x", phone="call me"),
        address=bad,
        user_id=10**6,
        now=now,
    )
    assert {field for _, field in told} == {
        "name",
        "email",
        "phone",
        "address.line1",
        "address.postcode",
        "user_id",
    }
    assert not Customer.objects.exists()


def test_a_manager_manages_whom_it_takes_on(now: datetime) -> None:
    manager = factories.manager()
    row = actions.create_customer(viewer=viewer_for_user(manager.user_id), contact=CONTACT, now=now)
    assert viewer_for_user(manager.user_id).manages_customer(row.pk)


@pytest.mark.parametrize(("flags", "error"), [({"can_manage_customers": False}, NotAllowed), (None, NotSignedIn)])
def test_who_may_not_take_customers_on(flags: dict[str, bool] | None, error: type[Exception], now: datetime) -> None:
    viewer = NOBODY if flags is None else viewer_for_user(factories.manager(**flags).user_id)
    with pytest.raises(error):
        actions.create_customer(viewer=viewer, contact=CONTACT, now=now)
    assert not Customer.objects.exists()


def test_the_same_key_takes_on_one_customer(admin: Viewer, now: datetime) -> None:
    first = actions.create_customer(viewer=admin, contact=CONTACT, idempotency_key="k", now=now)
    assert actions.create_customer(viewer=admin, contact=CONTACT, idempotency_key="k", now=now) == first
    other = Contact(name="Bob", email="bob@example.com")
    assert refused(actions.create_customer, viewer=admin, contact=other, idempotency_key="k", now=now) == [
        (ErrorCode.IDEMPOTENCY_CONFLICT, "idempotency_key")
    ]


def test_a_manager_changes_those_it_manages_and_nobody_else(now: datetime) -> None:
    manager, mine, other = factories.manager(), factories.customer(), factories.customer(name="Other")
    manager.managed_customers.add(mine)
    viewer = viewer_for_user(manager.user_id)
    changes = CustomerChanges(name="Renamed")
    assert actions.update_customer(viewer=viewer, customer_id=mine.pk, changes=changes, now=now).name == "Renamed"
    with pytest.raises(NotFound):
        actions.update_customer(viewer=viewer, customer_id=other.pk, changes=changes, now=now)
    with pytest.raises(NotAllowed):
        actions.update_customer(viewer=own(mine), customer_id=mine.pk, changes=changes, now=now)
    other.refresh_from_db()
    assert other.name == "Other"


def test_archiving_hides_and_restoring_shows(admin: Viewer, now: datetime) -> None:
    row = factories.customer(tags=["vip"])
    actions.archive_customer(viewer=admin, customer_id=row.pk, now=now)
    actions.archive_customer(viewer=admin, customer_id=row.pk, now=now)
    row.refresh_from_db()
    assert row.tags == ["vip", "archived"]
    assert not queries.customers_of_office(admin, archived=False).exists()
    assert queries.customers_of_office(admin, archived=True).get() == row
    actions.restore_customer(viewer=admin, customer_id=row.pk, now=now)
    assert queries.customers_of_office(admin, archived=False).get().tags == ["vip"]


class TestAddresses:
    """One default of each kind."""

    def test_the_first_of_a_kind_is_the_default_and_a_later_one_where_asked(self, now: datetime) -> None:
        customer = factories.customer()
        viewer = own(customer)
        first = add(viewer, customer, HOME, now)
        second = add(viewer, customer, WORK, now)
        billing = add(viewer, customer, WORK, now, kind=AddressKind.BILLING)
        assert [first.is_default, second.is_default, billing.is_default] == [True, False, True]
        third = add(viewer, customer, WORK, now, is_default=True)
        defaults = customer.addresses.filter(is_default=True).values_list("pk", flat=True)
        assert set(defaults) == {third.pk, billing.pk}
        actions.set_default_address(viewer=viewer, address_id=second.pk, now=now)
        assert set(defaults.all()) == {second.pk, billing.pk}

    def test_the_default_goes_last(self, now: datetime) -> None:
        customer = factories.customer()
        viewer = own(customer)
        first, second = add(viewer, customer, HOME, now), add(viewer, customer, WORK, now)
        with pytest.raises(InvalidTransition):
            actions.delete_address(viewer=viewer, address_id=first.pk, now=now)
        actions.delete_address(viewer=viewer, address_id=second.pk, now=now)
        actions.delete_address(viewer=viewer, address_id=first.pk, now=now)
        assert not customer.addresses.exists()

    def test_nobody_touches_another_customers_address(self, now: datetime) -> None:
        customer, stranger = factories.customer(), factories.customer()
        row = factories.address(customer)
        for act in (actions.set_default_address, actions.delete_address):
            with pytest.raises(NotFound):
                act(viewer=own(stranger), address_id=row.pk, now=now)
        with pytest.raises(NotFound):
            add(own(stranger), customer, WORK, now)
        with pytest.raises(NotFound):
            actions.update_address(viewer=own(stranger), address_id=row.pk, address=WORK, now=now)
        assert list(Address.objects.values_list("line1", flat=True)) == ["10 Downing Street"]

    def test_a_booking_keeps_the_address_that_it_was_made_for(self, now: datetime) -> None:
        customer = factories.customer()
        row = factories.address(customer)
        service = factories.service()
        order = factories.confirmed_order(service, staff=factories.staff_member(service), customer=customer)
        actions.update_address(viewer=own(customer), address_id=row.pk, address=WORK, now=now)
        order.refresh_from_db()
        assert (order.line1, order.items.get().appointment.booking.line1) == ("10 Downing Street",) * 2  # type: ignore[union-attr]
