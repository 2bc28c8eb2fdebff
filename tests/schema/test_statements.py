"""What lists cost in SQL statements."""

import pytest

from backend.catalogue.models import Category
from tests import factories
from tests.client import Api
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
