"""Customers as the office enters them."""

from datetime import datetime

import pytest

from backend.accounts.queries import viewer_for_user
from backend.core.errors import InvalidInput, NotAllowed, Refusals, Required
from backend.core.viewer import Role, Viewer
from backend.customers.actions import create_customer
from backend.customers.models import Customer
from backend.customers.rules import Contact, PostalAddress
from tests import factories

pytestmark = pytest.mark.django_db
CLARA = Contact(name="Clara Whitfield", email="Clara@Example.com")
HOME = PostalAddress(line1="14 Great Smith Street", city="London", postcode="sw1p3bu")


@pytest.fixture
def admin() -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


def test_the_first_address_is_the_default_for_services(admin: Viewer, now: datetime) -> None:
    account = factories.user()
    customer = create_customer(viewer=admin, contact=CLARA, address=HOME, user_id=account.pk, now=now)
    assert (customer.name, customer.email, customer.user_id) == ("Clara Whitfield", "clara@example.com", account.pk)
    address = customer.addresses.get()
    assert (address.kind, address.is_default, address.postcode) == ("SERVICE", True, "SW1P 3BU")


def test_what_is_wrong_is_said_at_once_and_nothing_is_kept(admin: Viewer, now: datetime) -> None:
    with pytest.raises(Refusals) as refused:
        create_customer(
            viewer=admin,
            contact=Contact(name="", email="clara@example.com"),
            address=PostalAddress(line1="1 High Street", city="London", postcode="nowhere"),
            now=now,
        )
    assert [(type(each), each.field) for each in refused.value.refusals] == [
        (Required, ("contact", "name")),
        (InvalidInput, ("address", "postcode")),
    ]
    assert not Customer.objects.exists()


def test_a_manager_may_not(now: datetime) -> None:
    with pytest.raises(NotAllowed):
        create_customer(viewer=viewer_for_user(factories.manager().user_id), contact=CLARA, now=now)
    assert not Customer.objects.exists()
