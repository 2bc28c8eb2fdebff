"""The office's list of customers."""

from typing import Any

import pytest
from django.db import connection

from backend.customers.models import Address, Customer
from backend.customers.queries import customers_matching
from tests import factories
from tests.client import Api, gid
from tests.factories.business import NOW
from tests.personas import NAMES, Personas
from tests.statements import assert_same_statements

pytestmark = pytest.mark.django_db

LIST = """query($first: Int = 10, $filters: CustomerFilter, $ordering: [CustomerOrder!], $archived: Boolean! = false) {
  customers(first: $first, filters: $filters, ordering: $ordering, archived: $archived) { totalCount edges { node {
    id name email phone tags notes addresses { line1 postcode } } } } }"""


def found(api: Api, **variables: Any) -> list[str]:
    return [edge["node"]["id"] for edge in api(LIST, **variables).data["customers"]["edges"]]


@pytest.mark.parametrize("name", NAMES)
def test_the_office_alone_lists_customers_and_a_manager_its_own(personas: Personas, name: str) -> None:
    answer = personas[name](LIST)
    mine, other = gid(personas.customer), gid(personas.other_customer)
    expected = {"admin": {mine, other}, "manager": {mine}, "other_manager": set()}
    if name in expected:
        assert {edge["node"]["id"] for edge in answer.data["customers"]["edges"]} == expected[name]
        assert answer.data["customers"]["totalCount"] == len(expected[name])
    else:
        assert answer.codes == ["UNAUTHENTICATED" if name in ("anonymous", "guest") else "FORBIDDEN"]


@pytest.mark.parametrize("name", NAMES)
def test_a_customer_is_fetched_by_itself_and_whoever_manages_it(personas: Personas, name: str) -> None:
    Customer.objects.filter(pk=personas.customer.pk).update(notes="Pays late", tags=["vip"])
    address = factories.address(personas.customer)
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Customer { notes tags } } }"
    customer, place = personas[name](query, ids=[gid(personas.customer), gid(address)]).data["nodes"]
    if name in ("manager", "admin"):
        assert customer == {"id": gid(personas.customer), "notes": "Pays late", "tags": ["vip"]}
    elif name == "customer":
        assert customer == {"id": gid(personas.customer), "notes": None, "tags": None}
    else:
        assert customer is None
    assert (place is not None) == (name in ("manager", "admin", "customer"))


def test_customers_are_found_by_name_mail_phone_and_tag_and_put_in_order(personas: Personas) -> None:
    ada = factories.customer(with_user=False, name="Ada King", email="ada@x.test", phone="111", tags=["vip"])
    bob = factories.customer(with_user=False, name="Bob King", email="bob@x.test", phone="222")
    api = personas["admin"]
    assert found(api, filters={"search": "KING"}) == [gid(ada), gid(bob)]
    assert found(api, filters={"search": "king"}, ordering=[{"name": "DESC"}]) == [gid(bob), gid(ada)]
    assert found(api, filters={"search": "bob@X"}) == [gid(bob)]
    assert found(api, filters={"search": "111"}) == [gid(ada)]
    assert found(api, filters={"tag": "vip"}) == [gid(ada)]


def test_archived_customers_are_listed_apart(personas: Personas) -> None:
    Customer.objects.filter(pk=personas.customer.pk).update(tags=["vip", "archived"])
    assert found(personas["admin"]) == [gid(personas.other_customer)]
    assert found(personas["admin"], archived=True) == [gid(personas.customer)]


@pytest.mark.usefixtures("at_now")
def test_the_list_costs_the_same_for_one_customer_as_for_fifty(personas: Personas) -> None:
    assert_same_statements(
        personas["admin"],
        LIST,
        add=lambda: factories.address(factories.customer(with_user=False)),
        at_most=4,
        first=55,
    )


def test_customers_are_found_by_words_digits_and_postcodes_however_they_are_written(personas: Personas) -> None:
    ada = factories.customer(with_user=False, name="Ada O'Brien-King", email="ada@x.test", phone="+44 20 7946 0123")
    bob = factories.customer(with_user=False, name="Bob Kingsley", email="bob@x.test", phone="(020) 7946-0999")
    factories.address(ada, postcode="E2 8HD")
    factories.address(bob, postcode="E20 1AA")
    Customer.objects.exclude(pk__in=[ada.pk, bob.pk]).update(phone="")
    api = personas["admin"]
    both, neither = {gid(ada), gid(bob)}, set[str]()
    expected = {
        "king": both, "kings": {gid(bob)}, "king ada": {gid(ada)}, "o'brien": {gid(ada)}, "ings": neither,
        "ADA@": {gid(ada)}, "x.test": neither,
        "0207946": both, "+44 (20) 7946 01": {gid(ada)}, "0999": {gid(bob)}, "46": neither,
        "e2 8hd": {gid(ada)}, "E28HD": {gid(ada)}, "e2": both, "E20": {gid(bob)},
        "& | ! :*": neither, "%": neither, "'": neither,
    }  # fmt: skip
    assert {text: set(found(api, filters={"search": text})) for text in expected} == expected


@pytest.mark.parametrize("text", ["king", "ada@", "0207946", "E2"])
def test_a_search_goes_by_indexes(text: str) -> None:
    fields = {"phone": "+442079460958", "created_at": NOW}
    people = Customer.objects.bulk_create(
        Customer(name=f"Somebody {number}", email=f"user{number}@example.net", **fields) for number in range(2_000)
    )
    place = {"kind": "OTHER", "line1": "1 High Street", "city": "Leeds", "postcode": "LS1 1AA", "created_at": NOW}
    Address.objects.bulk_create(Address(customer=each, **place) for each in people)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_customer, customers_address")
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = customers_matching(text).explain()
    assert "_by_" in plan
