"""createCategory and updateCategory."""

from typing import Any

import pytest

from backend.catalogue.models import Category
from tests import factories
from tests.client import gid
from tests.personas import NAMES, Personas
from tests.rows import snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

RETURNING = "category { id name slug description isActive position }"


def test_a_category_gets_a_slug_and_the_last_place(personas: Personas) -> None:
    factories.category(slug="cleaning", position=4)
    payload = personas["admin"].mutate("createCategory", {"name": "Cleaning", "description": "a\nb"}, RETURNING)
    row = Category.objects.latest("pk")
    assert payload == {
        "category": {
            "id": gid(row),
            "name": "Cleaning",
            "slug": "cleaning-2",
            "description": "a\nb",
            "isActive": True,
            "position": 5,
        },
        "userErrors": [],
    }


def test_a_name_without_letters_for_a_slug_still_gets_one(personas: Personas) -> None:
    for slug in ("item", "item-2"):
        payload = personas["admin"].mutate("createCategory", {"name": "清掃"}, "category { slug }")
        assert payload["category"] == {"slug": slug}


def test_the_same_key_makes_one_category(personas: Personas) -> None:
    given = {"name": "Cleaning", "idempotencyKey": "k"}
    first = personas["admin"].mutate("createCategory", given, RETURNING)
    assert personas["admin"].mutate("createCategory", given, RETURNING) == first
    other = personas["admin"].mutate("createCategory", given | {"name": "Gardens"}, RETURNING)
    assert other == {"category": None, "userErrors": [("IDEMPOTENCY_CONFLICT", "idempotencyKey")]}
    assert Category.objects.count() == 1


def test_a_category_is_renamed_and_hidden_and_keeps_its_slug(personas: Personas) -> None:
    row = factories.category(name="Cleaning", slug="cleaning", description="Old")
    given = {"categoryId": gid(row), "name": "Homes", "isActive": False}
    payload = personas["admin"].mutate("updateCategory", given, "category { name slug description isActive }")
    assert payload["category"] == {"name": "Homes", "slug": "cleaning", "description": "Old", "isActive": False}
    assert personas["anonymous"]("{ categories { id } }").data["categories"] == []
    assert personas["manager"]("{ categories { id } }").data["categories"] == [{"id": gid(row)}]


BAD: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "no name": ({"name": ""}, [("REQUIRED", "name")]),
    "long name": ({"name": "x" * 121}, [("TOO_LONG", "name")]),
    "control characters": ({"name": "a\x00"}, [("INVALID_INPUT", "name")]),
    "long text": ({"description": "x" * 5001}, [("TOO_LONG", "description")]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_by_field_and_changes_nothing(personas: Personas, case: str) -> None:
    change, expected = BAD[case]
    row = factories.category()
    before = snapshot()
    made = personas["admin"].mutate("createCategory", {"name": "Cleaning"} | change, "category { id }")
    changed = personas["admin"].mutate("updateCategory", {"categoryId": gid(row)} | change, "category { id }")
    assert made == changed == {"category": None, "userErrors": expected}
    assert snapshot() == before


@pytest.mark.parametrize("given", ["Q2F0ZWdvcnk6OTk5OTk5", "U2VydmljZTox", "x", ""])
def test_a_category_that_is_not_there_is_not_found(personas: Personas, given: str) -> None:
    payload = personas["admin"].mutate("updateCategory", {"categoryId": given, "name": "x"}, "category { id }")
    assert payload == {"category": None, "userErrors": [("NOT_FOUND", "categoryId")]}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "admin"])
@pytest.mark.parametrize("mutation", ["createCategory", "updateCategory"])
def test_nobody_but_an_admin_may(personas: Personas, mutation: str, name: str) -> None:
    given = {"name": "x"} | ({"categoryId": gid(factories.category())} if mutation == "updateCategory" else {})
    before = snapshot()
    kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
    answer = personas[name](f"mutation($i: {kind}) {{ {mutation}(input: $i) {{ userErrors {{ code }} }} }}", i=given)
    assert answer.codes == ["UNAUTHENTICATED" if name in ("anonymous", "guest") else "FORBIDDEN"]
    assert snapshot() == before
