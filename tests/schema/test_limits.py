"""What is too much is refused before it costs anything, and what clients really send is not."""

import time
from typing import Any

import pytest
from graphql import get_introspection_query
from pytest_django.fixtures import Settings

from backend.core.throttle import _client
from schema.documents import prepare
from tests import factories
from tests.client import Api
from tests.personas import Personas

pytestmark = pytest.mark.django_db

NAMES = "{ services(first: 2) { edges { node { name } } } }"
NESTED = "{ services { edges { node {" + " category {" * 27 + " id" + " }" * 27 + " } } } }"
ALIASES = " ".join(f"a{n}: __typename" for n in range(500))


def nested_fragments(levels: int) -> str:
    """Two to the power of `levels` aliases, in a few lines."""
    steps = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels))
    return f"{{ ...F0 }} {steps} fragment F{levels} on Query {{ alias: __typename }}"


TOO_MUCH = {
    "30 levels": NESTED,
    "900 levels": "{ a" * 900 + " }" * 900,
    "900 brackets": "{ services(first: " + "[" * 900 + "]" * 900 + ") { totalCount } }",
    "500 aliases": f"{{ {ALIASES} }}",
    "aliases in a fragment": f"{{ ...F }} fragment F on Query {{ {ALIASES} }}",
    "aliases in inline fragments": "{ " + " ".join(f"... {{ a{n}: __typename }}" for n in range(400)) + " }",
    "aliases over several fragments": "{ ...F ...G } fragment F on Query { "
    + " ".join(f"a{n}: __typename" for n in range(20))
    + " } fragment G on Query { "
    + " ".join(f"b{n}: __typename" for n in range(20))
    + " }",
    "fragments that double": nested_fragments(60),
    "a field 1,900 times": "{ " + "__typename " * 1900 + "}",
    "a root field 40 times": "{ " + "services { totalCount } " * 40 + "}",
    "200 fragments": "{ ...F0 } " + " ".join(f"fragment F{n} on Query {{ __typename }}" for n in range(200)),
    "2,500 tokens": "query(" + " ".join(f"$v{n}: Int" for n in range(900)) + ") { __typename }",
    "30,000 comments": "{ __typename }" + "#\n" * 30_000,
    "introspection in circles": "{ __schema { types " + "{ fields { type " * 8 + "{ name }" + " } }" * 8 + " } }",
}


@pytest.mark.parametrize("case", TOO_MUCH)
def test_what_is_too_much_is_refused_in_milliseconds(api: Api, case: str, django_assert_num_queries: Any) -> None:
    api("{ __typename }")
    taken = []
    with django_assert_num_queries(0):
        for _ in range(3):
            prepare.cache_clear()
            started = time.process_time()
            answer = api(TOO_MUCH[case])
            taken.append(time.process_time() - started)
    assert answer.codes in (["QUERY_TOO_COMPLEX"], ["GRAPHQL_VALIDATION_FAILED"] * len(answer.codes))
    assert "data" not in answer.body
    assert min(taken) < 0.1


def test_variables_nested_too_deeply_are_refused(api: Api) -> None:
    query = "query($filters: ServiceFilter) { services(filters: $filters) { totalCount } }"

    def nested(levels: int) -> dict[str, Any]:
        return {"OR": nested(levels - 1)} if levels else {"search": "x"}

    assert api(query, filters=nested(14)).data == {"services": {"totalCount": 0}}
    assert api(query, filters=nested(15)).codes == ["QUERY_TOO_COMPLEX"]
    assert api(query, filters=nested(200)).codes == ["QUERY_TOO_COMPLEX"]


def test_a_hundred_and_fifty_complaints_are_told_as_twenty(api: Api) -> None:
    answer = api("{ " + " ".join(f"field{n}" for n in range(150)) + " }")
    assert len(answer.errors) == 21
    assert answer.errors[-1]["message"].startswith("Too many validation errors")


def test_fragments_in_a_circle_are_refused(api: Api) -> None:
    circle = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A __typename }"
    assert api(circle).codes == ["GRAPHQL_VALIDATION_FAILED"]


def test_graphiql_may_look_at_the_whole_schema(api: Api) -> None:
    query = get_introspection_query(
        descriptions=True,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    data = api(query).data
    assert data["__schema"]["queryType"]["name"] == "Query"


def test_aliases_up_to_the_limit_are_fine(api: Api) -> None:
    assert len(api("{ " + " ".join(f"a{n}: __typename" for n in range(30)) + " }").data) == 30
    assert api("{ " + " ".join(f"a{n}: __typename" for n in range(31)) + " }").codes == ["QUERY_TOO_COMPLEX"]


def test_a_document_is_parsed_and_validated_once(api: Api) -> None:
    prepare.cache_clear()
    for _ in range(3):
        api(NAMES)
    assert (prepare.cache_info().misses, prepare.cache_info().hits) == (1, 2)


# Cost


def cost(answer: Any) -> dict[str, int]:
    return dict(answer.body["extensions"]["cost"])


@pytest.mark.parametrize(
    ("query", "points"),
    [
        ("{ __typename }", 1),
        ("{ services(first: 2) { totalCount } }", 2),
        # services, edges, and twice node and name
        (NAMES, 1 + 1 + 2 * 2),
        ("{ services(last: 3) { edges { node { name } } } }", 1 + 1 + 3 * 2),
        ("{ services { edges { cursor } } }", 1 + 1 + 100 * 1),
        ("query($n: Int = 7) { services(first: $n) { edges { cursor } } }", 1 + 1 + 7),
        ("{ services(first: 2) { ...F } } fragment F on ServiceConnection { edges { cursor } }", 1 + 1 + 2),
        # a list without bounds counts five
        ("{ categories { id services { id } } }", 1 + 5 * (1 + 1 + 5 * 1)),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 1 + 3),
        ("{ __schema { types { name } } }", 50),
    ],
)
def test_a_field_costs_a_point_for_each_row_that_it_may_be_in(api: Api, query: str, points: int) -> None:
    assert cost(api(query))["requested"] == points


def test_pages_from_variables_are_priced(api: Api) -> None:
    query = "query($n: Int) { services(first: $n) { edges { cursor } } }"
    assert cost(api(query, n=9))["requested"] == 1 + 1 + 9
    assert cost(api(query))["requested"] == 1 + 1 + 100


def test_the_bucket_is_told_and_runs_dry_for_one_client_alone(personas: Personas, settings: Settings) -> None:
    settings.ROTA_COST_BUDGET, settings.ROTA_COST_RESTORE_PER_SECOND = 10, 1
    told = cost(personas["customer"](NAMES))
    assert told == {"requested": 6, "available": 4, "capacity": 10, "restoreRate": 1}
    dry = personas["customer"](NAMES)
    assert dry.codes == ["RATE_LIMITED"]
    assert dry.errors[0]["extensions"]["retryAfter"] == 2
    assert "data" not in dry.body
    assert personas["other_customer"](NAMES).errors == []
    assert personas["anonymous"](NAMES).errors == []


def test_a_dry_bucket_is_429_with_the_seconds_to_wait(api: Api, settings: Settings) -> None:
    settings.ROTA_COST_BUDGET, settings.ROTA_COST_RESTORE_PER_SECOND = 10, 2
    headers = {"Accept": "application/graphql-response+json"}

    def ask() -> Any:
        return api.http.post("/graphql/", {"query": NAMES}, content_type="application/json", headers=headers)

    assert ask().status_code == 200
    refused = ask()
    assert (refused.status_code, refused["Retry-After"]) == (429, "1")


def test_an_operation_above_every_bucket_is_refused_and_costs_nothing(api: Api) -> None:
    inner = "id"
    for _ in range(3):
        inner = f"category {{ services {{ {inner} }} }}"
    wide = f"{{ services(first: 100) {{ edges {{ node {{ {inner} }} }} }} }}"
    assert api(wide).codes == ["QUERY_TOO_COMPLEX"]
    left = cost(api("{ __typename }"))
    assert left["capacity"] - left["available"] == 1
    assert cost(api(wide.replace("100", "10")))["requested"] == 1 + 1 + 10 * (1 + 2 + 5 * (2 + 5 * (2 + 5)))


def test_without_redis_operations_are_served(api: Api, settings: Settings) -> None:
    factories.service(name="Deep clean")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    _client.cache_clear()
    try:
        assert api(NAMES).data == {"services": {"edges": [{"node": {"name": "Deep clean"}}]}}
    finally:
        _client.cache_clear()
