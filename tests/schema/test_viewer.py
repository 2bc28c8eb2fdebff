"""The `viewer` and `business` queries."""

import pytest

from tests import factories
from tests.client import gid
from tests.personas import NAMES, Personas
from tests.statements import count_statements

pytestmark = pytest.mark.django_db

VIEWER = """{ viewer { user { id email role profile { phone timeZone } }
  customer { id name notes tags addresses { id kind isDefault line1 city postcode } } staff { id name email } } }"""


def test_nobody_is_null(personas: Personas) -> None:
    for name in ("anonymous", "guest"):
        assert personas[name](VIEWER).data == {"viewer": None}


def test_a_customer_sees_itself_with_addresses_and_without_the_notes_of_the_office(personas: Personas) -> None:
    customer = personas.customer
    customer.notes, customer.tags = "Pays late", ["vip"]
    customer.save()
    address = factories.address(customer)
    factories.address(personas.other_customer)
    assert customer.user is not None
    assert personas["customer"](VIEWER).data["viewer"] == {
        "user": {
            "id": gid(customer.user),
            "email": customer.email,
            "role": "CUSTOMER",
            "profile": {"phone": "", "timeZone": "Europe/London"},
        },
        "customer": {
            "id": gid(customer),
            "name": customer.name,
            "notes": None,
            "tags": None,
            "addresses": [
                {
                    "id": gid(address),
                    "kind": "SERVICE",
                    "isDefault": True,
                    "line1": "10 Downing Street",
                    "city": "London",
                    "postcode": "SW1A 2AA",
                }
            ],
        },
        "staff": None,
    }


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("anonymous", "guest")])
def test_everyone_is_one_user_and_at_most_one_person_of_the_business(personas: Personas, name: str) -> None:
    viewer = personas[name](VIEWER).data["viewer"]
    role = name.removeprefix("other_").upper()
    assert viewer["user"]["role"] == role
    assert (viewer["customer"] is not None) == (role == "CUSTOMER")
    assert (viewer["staff"] is not None) == (role == "STAFF")


def test_an_inactive_member_of_staff_still_sees_itself(personas: Personas) -> None:
    personas.staff.is_active = False
    personas.staff.save()
    assert personas["staff"](VIEWER).data["viewer"]["staff"] == {
        "id": gid(personas.staff),
        "name": personas.staff.name,
        "email": personas.staff.email,
    }


@pytest.mark.usefixtures("at_now")
def test_asking_costs_one_statement_a_person(personas: Personas) -> None:
    factories.address(personas.customer)
    assert count_statements(personas["customer"], VIEWER) <= 5


def test_the_business_tells_its_terms_to_everyone(personas: Personas) -> None:
    answer = personas["anonymous"]("{ business { name timeZone currency cancellationNoticeHours } }")
    assert answer.data["business"] == {
        "name": "Rota",
        "timeZone": "Europe/London",
        "currency": "GBP",
        "cancellationNoticeHours": 24,
    }
