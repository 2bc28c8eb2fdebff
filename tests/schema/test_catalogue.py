"""The catalogue through the API."""

from datetime import datetime

import pytest

from tests import factories
from tests.client import Api, gid
from tests.personas import Personas

pytestmark = pytest.mark.django_db

CATALOGUE = """query { services(first: 20) { totalCount edges { node { name price { amount currency }
  extras { name } category { name } } } } categories { name services { name } } }"""


def test_an_admin_makes_a_service_with_extras_and_everyone_sees_it(personas: Personas, at_now: datetime) -> None:
    category = factories.category(name="Cleaning")
    payload = personas["admin"].mutate(
        "createService",
        {
            "categoryId": gid(category),
            "name": "Deep clean",
            "durationMinutes": 120,
            "bufferMinutes": 30,
            "price": "90.00",
            "extras": [{"name": "Oven", "price": "25.00", "durationMinutes": 45}],
        },
        "service { slug approvalStatus isActive extras { name durationMinutes } }",
    )
    assert payload == {
        "service": {
            "slug": "deep-clean",
            "approvalStatus": "APPROVED",
            "isActive": True,
            "extras": [{"name": "Oven", "durationMinutes": 45}],
        },
        "userErrors": [],
    }
    data = personas["anonymous"](CATALOGUE).data
    assert data["services"] == {
        "totalCount": 1,
        "edges": [
            {
                "node": {
                    "name": "Deep clean",
                    "price": {"amount": "90.00", "currency": "GBP"},
                    "extras": [{"name": "Oven"}],
                    "category": {"name": "Cleaning"},
                }
            }
        ],
    }
    assert data["categories"] == [{"name": "Cleaning", "services": [{"name": "Deep clean"}]}]


def test_an_inactive_service_is_there_for_the_office_alone(api: Api, personas: Personas) -> None:
    hidden = factories.service(is_active=False)
    query = "query($id: ID!) { node(id: $id) { id } services { edges { node { id } } } }"
    assert api(query, id=gid(hidden)).data == {"node": None, "services": {"edges": []}}
    seen = personas["admin"](query, id=gid(hidden)).data
    assert seen == {"node": {"id": gid(hidden)}, "services": {"edges": [{"node": {"id": gid(hidden)}}]}}
