"""Lists, a page at a time."""

import base64
import json
from typing import Any

import pytest

from tests import factories
from tests.client import Api
from tests.statements import statements

pytestmark = pytest.mark.django_db

PAGE = """query($first: Int, $after: String, $last: Int, $before: String,
  $ordering: [ServiceOrder!]! = [{position: ASC}, {name: ASC}]) {
  services(first: $first, after: $after, last: $last, before: $before, ordering: $ordering) {
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { name } } } }"""


@pytest.fixture
def seven(db: None) -> None:
    """Services A to G in the order of the shop window; B, C and D share a place, E and F a price."""
    category = factories.category()
    for name, position, price in zip("ABCDEFG", (0, 1, 1, 1, 2, 3, 4), (7, 6, 5, 4, 3, 3, 1), strict=True):
        factories.service(name=name, position=position, price=price, category=category)


def names(page: dict[str, Any]) -> str:
    return "".join(edge["node"]["name"] for edge in page["edges"])


def page(api: Api, **variables: Any) -> dict[str, Any]:
    return dict(api(PAGE, **variables).data["services"])


@pytest.mark.usefixtures("seven")
@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ([], "ABCDEFG"),
        ([{"name": "DESC"}], "GFEDCBA"),
        ([{"position": "DESC"}, {"name": "ASC"}], "GFEBCDA"),
        ([{"price": "ASC"}, {"name": "DESC"}], "GFEDCBA"),
    ],
)
def test_pages_put_together_are_the_list_in_both_directions(
    api: Api, size: int, ordering: list[dict[str, str]], expected: str
) -> None:
    seen, cursor, more = "", None, True
    while more:
        forward = page(api, first=size, after=cursor, ordering=ordering)
        seen, cursor, more = seen + names(forward), forward["pageInfo"]["endCursor"], forward["pageInfo"]["hasNextPage"]
    assert seen == expected
    seen, cursor, more = "", None, True
    while more:
        back = page(api, last=size, before=cursor, ordering=ordering)
        seen, cursor, more = names(back) + seen, back["pageInfo"]["startCursor"], back["pageInfo"]["hasPreviousPage"]
    assert seen == expected


@pytest.mark.usefixtures("seven")
def test_between_two_cursors_lies_what_is_between_them(api: Api) -> None:
    cursors = [edge["cursor"] for edge in page(api)["edges"]]
    assert names(page(api, after=cursors[1], before=cursors[5])) == "CDE"
    assert names(page(api, after=cursors[1], before=cursors[5], first=1)) == "C"
    assert names(page(api, after=cursors[1], before=cursors[5], last=1)) == "E"
    assert names(page(api, after=cursors[6])) == ""


@pytest.mark.usefixtures("seven")
def test_a_page_of_nothing_says_whether_there_is_more(api: Api) -> None:
    empty = {"edges": [], "pageInfo": {"hasPreviousPage": False, "startCursor": None, "endCursor": None}}
    nothing = page(api, first=0)
    assert nothing["pageInfo"].pop("hasNextPage") is True
    assert nothing == empty


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"first": -1}, "OUT_OF_RANGE", ["first"]),
        ({"first": 101}, "OUT_OF_RANGE", ["first"]),
        ({"last": -1}, "OUT_OF_RANGE", ["last"]),
        ({"last": 101}, "OUT_OF_RANGE", ["last"]),
        ({"first": 1, "last": 1}, "INVALID_INPUT", ["last"]),
    ],
)
def test_a_page_out_of_bounds_is_refused(api: Api, given: dict[str, int], code: str, field: list[str]) -> None:
    answer = api(PAGE, **given)
    assert [error["extensions"] for error in answer.errors] == [{"code": code, "field": field}]


def cursor(values: Any) -> str:
    return base64.b64encode(f"orderedcursor:{json.dumps(values)}".encode()).decode()


@pytest.mark.usefixtures("seven")
@pytest.mark.parametrize("end", ["after", "before"])
@pytest.mark.parametrize(
    "garbage",
    [
        "x",
        "💥",
        base64.b64encode(b"orderedcursor:[").decode(),
        base64.b64encode(b"orderedcursor:\xff\xfe").decode(),
        base64.b64encode(b'arrayconnection:["1","2","3"]').decode(),
        cursor([]),
        cursor({}),
        cursor(["1"]),
        cursor([1, "B", 2]),
        cursor([["1"], "B", "2"]),
        cursor(["one", "B", "2"]),
        cursor(["1.5", "B", "2"]),
        cursor(["NaN", "B", "2"]),
        cursor(["1", "B", "2", "3"]),
        "A" * 5_000,
    ],
    ids=lambda text: text[:24].encode("unicode_escape").decode(),
)
def test_what_is_no_cursor_of_this_list_is_refused(api: Api, end: str, garbage: str) -> None:
    answer = api(PAGE, first=2, **{end: garbage})
    assert [error["extensions"] for error in answer.errors] == [{"code": "INVALID_INPUT", "field": [end]}]


@pytest.mark.usefixtures("seven")
@pytest.mark.parametrize(
    "made_up", [["9" * 30, "B", "2"], ["-5", "B", "2"], ["1", "B", "9" * 30], ["1", None, "2"], [None, None, None]]
)
def test_a_cursor_that_points_nowhere_is_answered(api: Api, made_up: list[Any]) -> None:
    assert api(PAGE, first=2, after=cursor(made_up)).errors == []


def test_a_cursor_with_a_nul_in_it_is_the_clients_fault(api: Api) -> None:
    assert api(PAGE, first=2, after=cursor(["1", "B\x00", "2"])).codes == ["BAD_USER_INPUT"]


@pytest.mark.usefixtures("seven")
def test_a_cursor_of_another_order_is_refused(api: Api) -> None:
    by_name = page(api, first=2, ordering=[{"name": "ASC"}])["pageInfo"]["endCursor"]
    assert api(PAGE, first=2, after=by_name).codes == ["INVALID_INPUT"]


@pytest.mark.usefixtures("seven")
def test_the_total_counts_the_whole_list_and_only_when_asked(api: Api) -> None:
    middle = page(api, first=3, ordering=[])["pageInfo"]["endCursor"]
    query = "query($after: String) {{ services(first: 2, after: $after) {{ {} edges {{ node {{ name }} }} }} }}"
    assert api(query.format("totalCount"), after=middle).data["services"]["totalCount"] == 7
    assert len(statements(api, query.format("totalCount"), after=middle)) == 2
    [only] = statements(api, query.format(""), after=middle)
    assert "COUNT(" not in only


@pytest.mark.usefixtures("seven")
def test_the_total_alone_fetches_no_rows(api: Api) -> None:
    [only] = statements(api, "{ services { totalCount } }")
    assert "COUNT(" in only


@pytest.mark.usefixtures("seven")
@pytest.mark.parametrize(("ends", "bound"), [({"first": 2}, '"position" >= '), ({"last": 2}, '"position" <= ')])
def test_the_keyset_has_a_bound_that_an_index_can_use(api: Api, ends: dict[str, int], bound: str) -> None:
    middle = page(api, first=3)["pageInfo"]["endCursor"]
    [sql] = statements(api, PAGE, **ends, **{"after" if "first" in ends else "before": middle})
    assert bound in sql
