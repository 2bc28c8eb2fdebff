"""What lists cost in SQL statements."""

from datetime import timedelta

import pytest

from backend.catalogue.models import Category
from tests import factories
from tests.bench.http_list import LIST
from tests.client import Api
from tests.factories.orders import MONDAY
from tests.personas import Personas
from tests.statements import assert_same_statements

pytestmark = pytest.mark.django_db


def one_more(category: Category) -> None:
    service = factories.service(category=category)
    factories.extra(service)


def test_the_catalogue_costs_the_same_for_one_service_as_for_fifty(api: Api) -> None:
    category = factories.category()
    assert_same_statements(
        api,
        "{ services { edges { node { name price { amount } extras { name } category { name } } } } }",
        add=lambda: one_more(category),
        at_most=2,
    )


def test_what_is_below_the_services_of_a_category_costs_the_same_too(api: Api) -> None:
    assert_same_statements(
        api,
        "{ categories { name services { name extras { name } category { name } } } }",
        add=lambda: one_more(factories.category()),
        at_most=4,
    )


@pytest.mark.usefixtures("at_now")
def test_the_list_that_is_measured_takes_three_statements_for_one_visit_and_for_fifty(personas: Personas) -> None:
    service, day = factories.service(), iter(range(50))
    staff = factories.staff_member(service)

    def one_more_visit() -> None:
        customer = factories.customer(with_user=False)
        scheduled = MONDAY + timedelta(days=next(day))
        factories.confirmed_order(service, staff=staff, customer=customer, scheduled_date=scheduled)

    assert_same_statements(personas["admin"], LIST, add=one_more_visit, at_most=3, first=50)
