"""The tree of categories, and the order in which the shop shows what stands in it."""

from typing import Any

import pytest

from backend.catalogue.models import Category, Service
from tests import factories
from tests.client import Api, gid
from tests.personas import Personas
from tests.rows import snapshot
from tests.statements import assert_same_statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

SHOP = "{ categories { name } services { edges { node { name } } } }"


def shop(api: Api) -> tuple[list[str], list[str]]:
    data = api(SHOP).data
    return [each["name"] for each in data["categories"]], [each["node"]["name"] for each in data["services"]["edges"]]


def tree() -> dict[str, Category]:
    """homes > kitchens > ovens, and gardens; a service in each."""
    rows: dict[str, Category] = {}
    rows["homes"] = factories.category(name="homes", position=0)
    rows["gardens"] = factories.category(name="gardens", position=1)
    rows["kitchens"] = factories.category(name="kitchens", parent=rows["homes"])
    rows["ovens"] = factories.category(name="ovens", parent=rows["kitchens"])
    for name, row in rows.items():
        factories.service(name=f"in {name}", category=row)
    return rows


def move(personas: Personas, row: Category, parent: Category | None) -> list[tuple[str, str]]:
    given = {"categoryId": gid(row), "parentId": gid(parent) if parent else None}
    errors: list[tuple[str, str]] = personas["admin"].mutate("moveCategory", given, "category { id }")["userErrors"]
    return errors


def test_the_shop_goes_through_the_tree_depth_first_then_by_place(personas: Personas) -> None:
    rows = tree()
    factories.service(name="first in kitchens", category=rows["kitchens"], position=0)
    Service.objects.filter(name="in kitchens").update(position=1)
    names = ["homes", "kitchens", "ovens", "gardens"]
    services = ["in homes", "first in kitchens", "in kitchens", "in ovens", "in gardens"]
    assert shop(personas["anonymous"]) == (names, services)


def test_pages_of_the_shop_follow_each_other_without_gap_or_repeat(personas: Personas) -> None:
    rows = tree()
    for _ in range(4):
        factories.service(category=rows["kitchens"])
    query = """query($after: String) { services(first: 3, after: $after) {
      pageInfo { endCursor hasNextPage } edges { node { name } } } }"""
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = personas["anonymous"](query, after=after).data["services"]
        seen += [edge["node"]["name"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert not page["pageInfo"]["hasNextPage"]
    assert seen == shop(personas["anonymous"])[1]
    assert len(seen) == 8


def test_a_category_takes_all_below_it_along(personas: Personas) -> None:
    rows = tree()
    assert move(personas, rows["kitchens"], rows["gardens"]) == []
    assert shop(personas["anonymous"])[0] == ["homes", "gardens", "kitchens", "ovens"]
    assert move(personas, rows["kitchens"], None) == []
    assert shop(personas["anonymous"])[0] == ["homes", "gardens", "kitchens", "ovens"]
    query = "{ categories { name parent { name } children { name } } }"
    last_two = personas["anonymous"](query).data["categories"][2:]
    assert last_two == [
        {"name": "kitchens", "parent": None, "children": [{"name": "ovens"}]},
        {"name": "ovens", "parent": {"name": "kitchens"}, "children": []},
    ]


@pytest.mark.parametrize(
    ("row", "parent", "code"),
    [
        ("homes", "ovens", "INVALID_INPUT"),
        ("homes", "homes", "INVALID_INPUT"),
        ("kitchens", "ovens", "INVALID_INPUT"),
        ("gardens", "ovens", "OUT_OF_RANGE"),
    ],
)
def test_a_category_never_stands_below_itself_nor_too_deep(
    personas: Personas, row: str, parent: str, code: str
) -> None:
    rows = tree()
    before = snapshot()
    assert move(personas, rows[row], rows[parent]) == [(code, "parentId")]
    assert snapshot() == before


def test_a_new_category_is_the_last_below_its_parent_but_not_on_a_fourth_level(personas: Personas) -> None:
    rows = tree()
    given = {"name": "baths", "parentId": gid(rows["homes"])}
    payload = personas["admin"].mutate("createCategory", given, "category { position parent { name } }")
    assert payload["category"] == {"position": 1, "parent": {"name": "homes"}}
    assert shop(personas["anonymous"])[0] == ["homes", "kitchens", "ovens", "baths", "gardens"]
    deep = personas["admin"].mutate("createCategory", {"name": "x", "parentId": gid(rows["ovens"])}, "category { id }")
    assert deep["userErrors"] == [("OUT_OF_RANGE", "parentId")]
    assert not Category.objects.filter(name="x").exists()


def test_a_hidden_category_hides_all_below_it_until_it_is_shown_again(personas: Personas) -> None:
    rows = tree()
    oven = Service.objects.get(name="in ovens")
    query = "query($id: ID!) { quoteOrder(items: [{serviceId: $id}]) { userErrors { code } } }"
    personas["admin"].mutate("updateCategory", {"categoryId": gid(rows["homes"]), "isActive": False}, "category { id }")
    assert shop(personas["anonymous"]) == (["gardens"], ["in gardens"])
    assert shop(personas["admin"])[0] == ["homes", "kitchens", "ovens", "gardens"]
    assert personas["anonymous"](query, id=gid(oven)).data["quoteOrder"]["userErrors"] == [{"code": "INACTIVE"}]
    personas["admin"].mutate("updateCategory", {"categoryId": gid(rows["homes"]), "isActive": True}, "category { id }")
    assert shop(personas["anonymous"])[0] == ["homes", "kitchens", "ovens", "gardens"]
    assert personas["anonymous"](query, id=gid(oven)).data["quoteOrder"]["userErrors"] == []


def test_siblings_are_put_in_order_and_those_left_out_follow(personas: Personas) -> None:
    rows = tree()
    ponds = factories.category(name="ponds", position=2)
    payload = personas["admin"].mutate(
        "reorderCategories", {"categoryIds": [gid(ponds)]}, "categories { name position }"
    )
    assert payload["categories"] == [
        {"name": "ponds", "position": 0},
        {"name": "homes", "position": 1},
        {"name": "gardens", "position": 2},
    ]
    assert shop(personas["anonymous"])[0] == ["ponds", "homes", "kitchens", "ovens", "gardens"]
    before = snapshot()
    given = {"categoryIds": [gid(ponds), gid(rows["kitchens"]), gid(ponds)]}
    payload = personas["admin"].mutate("reorderCategories", given, "categories { name }")
    assert payload == {
        "categories": None,
        "userErrors": [("NOT_FOUND", "categoryIds.1"), ("INVALID_INPUT", "categoryIds.2")],
    }
    assert snapshot() == before


def test_the_services_of_a_category_are_put_in_order(personas: Personas) -> None:
    category = factories.category()
    first, second, third = (factories.service(name=name, category=category, position=0) for name in "abc")
    given = {"categoryId": gid(category), "serviceIds": [gid(third), gid(first)]}
    payload = personas["admin"].mutate("reorderServices", given, "category { services { name } }")
    assert payload["category"] == {"services": [{"name": "c"}, {"name": "a"}, {"name": "b"}]}
    assert shop(personas["anonymous"])[1] == ["c", "a", "b"]
    stray = personas["admin"].mutate(
        "reorderServices", given | {"serviceIds": [gid(factories.service()), "x"]}, "category { id }"
    )
    assert stray["userErrors"] == [("NOT_FOUND", "serviceIds.1")]
    assert list(Service.objects.filter(category=category)) == [third, first, second]


def test_a_service_that_moves_to_another_category_stands_last_there(personas: Personas) -> None:
    category = factories.category()
    factories.service(category=category, position=7)
    moved = factories.service()
    personas["admin"].mutate("updateService", {"serviceId": gid(moved), "categoryId": gid(category)}, "service { id }")
    moved.refresh_from_db()
    assert (moved.category, moved.position) == (category, 8)


@pytest.mark.parametrize("name", ["kitchens", "ovens"])
def test_a_category_in_which_something_stands_is_not_deleted(personas: Personas, name: str) -> None:
    rows = tree()
    before = snapshot()
    payload = personas["admin"].mutate("deleteCategory", {"categoryId": gid(rows[name])}, "deletedId")
    assert payload == {"deletedId": None, "userErrors": [("IN_USE", "categoryId")]}
    assert snapshot() == before


def test_an_empty_category_is_deleted(personas: Personas) -> None:
    row = factories.category()
    payload = personas["admin"].mutate("deleteCategory", {"categoryId": gid(row)}, "deletedId")
    assert payload == {"deletedId": gid(row), "userErrors": []}
    assert not Category.objects.exists()


def test_services_are_found_by_their_category_and_those_above_it(personas: Personas) -> None:
    rows = tree()
    query = "query($id: ID!) { services(filters: {category: $id}) { edges { node { name } } } }"

    def found(name: str) -> list[str]:
        edges: list[dict[str, Any]] = personas["anonymous"](query, id=gid(rows[name])).data["services"]["edges"]
        return [edge["node"]["name"] for edge in edges]

    assert found("homes") == ["in homes", "in kitchens", "in ovens"]
    assert found("ovens") == ["in ovens"]


def test_a_tree_of_many_costs_what_a_tree_of_one_does(personas: Personas) -> None:
    top = factories.category()
    query = "{ categories { name parent { name } children { name services { name } } } }"
    assert_same_statements(
        personas["anonymous"], query, add=lambda: factories.service(category=factories.category(parent=top)), at_most=6
    )
