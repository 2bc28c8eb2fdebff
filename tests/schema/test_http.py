"""GraphQL over HTTP: the audits of the specification, and what they leave out.

https://graphql.github.io/graphql-over-http/ with the audits of its reference test-suite: MUST and SHOULD alike.
"""

import http.client
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from tests import factories

pytestmark = pytest.mark.django_db

NEW = "application/graphql-response+json"
OLD = "application/json"
QUERY = "{ __typename }"
PAGE = "query($n: Int!) { services(first: $n) { totalCount } }"


class Http:
    """Bare requests: nothing is sent that a test did not ask for."""

    def __init__(self) -> None:
        self.client = Client()

    def post(self, body: Any, accept: str | None = NEW, content_type: str = "application/json", **headers: str) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body)
        given = headers | ({"Accept": accept} if accept else {})
        return self.client.post("/graphql/", data=data, content_type=content_type, headers=given)

    def get(self, accept: str | None = NEW, **parameters: str) -> Any:
        return self.client.get("/graphql/", parameters, headers={"Accept": accept} if accept else {})


@pytest.fixture
def web() -> Http:
    return Http()


def code(response: Any) -> str:
    """The code of the one error of an answer that must hold no data."""
    body = json.loads(response.content)
    assert "data" not in body
    assert len(body["errors"]) == 1
    return str(body["errors"][0]["extensions"]["code"])


# What comes back as which type


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (NEW, NEW),
        (OLD, OLD),
        ("*/*", OLD),
        (None, OLD),
        ("application/*", OLD),
        (f"{NEW}, {OLD};q=0.9", NEW),
        (f"{OLD}, {NEW}", NEW),
        (f"{OLD}, {NEW};q=0.5", OLD),
        ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", NEW),
        ("text/html, */*;q=0.1", OLD),
        ("APPLICATION/JSON", OLD),
    ],
)
def test_the_answer_has_the_type_that_was_asked_for(web: Http, accept: str | None, kind: str) -> None:
    for response in (web.post({"query": QUERY}, accept), web.get(accept, query=QUERY)):
        assert response.status_code == 200
        assert response["Content-Type"] == f"{kind}; charset=utf-8"
        assert json.loads(response.content)["data"] == {"__typename": "Query"}


@pytest.mark.parametrize("accept", ["text/html", "image/png", "application/json;q=0", "nonsense"])
def test_a_type_that_there_is_not_is_406(web: Http, accept: str) -> None:
    response = web.post({"query": QUERY}, accept)
    assert (response.status_code, code(response)) == (406, "NOT_ACCEPTABLE")
    assert response["Content-Type"].startswith("application/json")


def test_answers_are_kept_by_nobody_and_differ_by_type_and_token(web: Http) -> None:
    response = web.get(query=QUERY)
    assert response["Cache-Control"] == "no-store"
    assert {"Accept", "Authorization"} <= set(response["Vary"].split(", "))


# What may be sent


@pytest.mark.parametrize("accept", [NEW, OLD])
@pytest.mark.parametrize(
    "more",
    [
        {"operationName": None, "variables": None, "extensions": None},
        {"operationName": "A"},
        {"variables": {"unused": 1}},
        {"extensions": {"anything": True}},
        {"unknown": "parameter"},
    ],
    ids=str,
)
def test_optional_parameters_may_be_null_or_well_formed(web: Http, accept: str, more: dict[str, Any]) -> None:
    response = web.post({"query": "query A { __typename }"} | more, accept)
    assert response.status_code == 200
    assert json.loads(response.content)["data"] == {"__typename": "Query"}


def test_variables_reach_the_query_by_post_and_by_get(web: Http) -> None:
    query = "query($page: Int!) { services(first: $page) { edges { node { id } } } }"
    factories.service()
    for response in (
        web.post({"query": query, "variables": {"page": 0}}),
        web.get(query=query, variables='{"page": 0}'),
    ):
        assert json.loads(response.content)["data"] == {"services": {"edges": []}}


def test_the_operation_is_chosen_by_its_name(web: Http) -> None:
    two = "query A { a: __typename } query B { b: __typename }"
    response = web.post({"query": two, "operationName": "B"})
    assert json.loads(response.content)["data"] == {"b": "Query"}


@pytest.mark.parametrize("charset", ["; charset=utf-8", "; charset=UTF-8", '; charset="utf-8"', ""])
def test_a_body_in_utf_8_is_understood(web: Http, charset: str) -> None:
    body = json.dumps({"query": '{ services(filters: {search: "Größe 🧹"}) { totalCount } }'}, ensure_ascii=False)
    response = web.post(body.encode(), content_type=f"application/json{charset}")
    assert json.loads(response.content)["data"] == {"services": {"totalCount": 0}}


# What may not


@pytest.mark.parametrize("accept", [NEW, OLD])
@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"NONSENSE",
        b'{"query": "{ __typename }"',
        b"null",
        b'"x"',
        b"7",
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b"{}",
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": 7}',
        b'{"query": ["{ __typename }"]}',
        b'{"query": "{ __typename }", "variables": "x"}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "variables": 0}',
        b'{"query": "{ __typename }", "operationName": 7}',
        b'{"query": "{ __typename }", "operationName": {}}',
        b'{"query": "{ __typename }", "extensions": "x"}',
        b'{"query": "{ __typename }", "extensions": []}',
        b'{"query": "\xff{ __typename }"}',
        b'{"query": "\\ud800"}',
        '{"query": "{ __typename }"}'.encode("utf-16"),
        b'{"query": "{ __typename }", "variables": ' + b"[" * 90_000 + b"}",
        b'{"query": "{ __typename }", "variables": {"a": NaN}}',
    ],
    ids=lambda body: repr(body[:40]) if isinstance(body, bytes) else body,
)
def test_a_request_that_is_no_graphql_is_400(web: Http, accept: str, body: bytes) -> None:
    response = web.post(body, accept)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")
    assert response["Content-Type"] == f"{accept}; charset=utf-8"


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "application/graphql", "", "application/json; charset=utf-16"],
)
def test_another_type_of_body_is_415(web: Http, kind: str) -> None:
    response = web.post(json.dumps({"query": QUERY}).encode(), content_type=kind)
    assert (response.status_code, code(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nope }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query A { __typename } query B { __typename }"}, "BAD_REQUEST"),
        ({"query": QUERY, "operationName": "Nope"}, "BAD_REQUEST"),
        ({"query": "fragment F on Query { __typename }"}, "BAD_REQUEST"),
        ({"query": "# nothing but a comment"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "query($n: Int!) { services(first: $n) { totalCount } }"}, "BAD_USER_INPUT"),
        (
            {"query": "query($n: Int!) { services(first: $n) { totalCount } }", "variables": {"n": "x"}},
            "BAD_USER_INPUT",
        ),
        ({"query": "{ services(first: 99999999999999999999) { totalCount } }"}, "GRAPHQL_VALIDATION_FAILED"),
    ],
    ids=str,
)
def test_a_request_error_has_no_data_and_is_400_where_statuses_mean_something(
    web: Http, request_: dict[str, Any], expected: str
) -> None:
    new, old = web.post(request_, NEW), web.post(request_, OLD)
    assert (new.status_code, code(new)) == (400, expected)
    assert (old.status_code, code(old)) == (200, expected)


def test_an_error_of_one_field_leaves_the_others_and_the_status(web: Http) -> None:
    response = web.post({"query": '{ __typename node(id: "x") { id } nodes(ids: []) { id } }'})
    assert (response.status_code, json.loads(response.content)["data"]) == (
        200,
        {"__typename": "Query", "node": None, "nodes": []},
    )


@pytest.mark.parametrize("method", ["put", "delete", "patch", "head", "trace"])
def test_other_methods_are_405(web: Http, method: str) -> None:
    response = getattr(web.client, method)("/graphql/")
    assert response.status_code == 405
    assert response["Allow"] == "GET, POST, OPTIONS"


def test_a_mutation_by_get_is_405_and_changes_nothing(web: Http, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        response = web.get(query="mutation { signOut { userErrors { code } } }")
    assert (response.status_code, code(response)) == (405, "METHOD_NOT_ALLOWED")
    assert response["Allow"] == "GET, POST, OPTIONS"


@pytest.mark.parametrize("variables", ["{", "[]", "7", '"x"'])
def test_variables_in_the_address_are_a_json_object(web: Http, variables: str) -> None:
    response = web.get(query=QUERY, variables=variables)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


def test_get_without_a_query_is_400(web: Http) -> None:
    assert (web.get().status_code, code(web.get())) == (400, "BAD_REQUEST")


# Sizes


def test_a_document_above_the_limit_is_413(web: Http) -> None:
    response = web.post({"query": "{ " + "a" * 200_000 + " }"})
    assert (response.status_code, code(response)) == (413, "TOO_LARGE")


def test_a_body_above_the_limit_is_413_and_not_read(web: Http) -> None:
    response = web.post({"query": "{ business { name } }", "variables": {"a": "x" * 1_600_000}})
    assert (response.status_code, code(response)) == (413, "TOO_LARGE")


def test_a_long_text_in_the_variables_is_left_to_the_domain(web: Http) -> None:
    response = web.post({"query": "{ business { name } }", "variables": {"a": "x" * 1_000_000}})
    assert response.status_code == 200


def test_an_address_above_the_limit_is_413(web: Http) -> None:
    response = web.get(query="{ " + "a" * 200_000 + " }")
    assert (response.status_code, code(response)) == (413, "TOO_LARGE")


# Files


def multipart(web: Http, operations: Any, places: Any, **headers: str) -> Any:
    """A form by the multipart spec without files."""
    form = {"operations": json.dumps(operations), "map": json.dumps(places)}
    return web.client.post("/graphql/", form, headers={"Accept": NEW} | headers)


def test_a_multipart_request_needs_a_header_that_no_foreign_page_can_send(web: Http) -> None:
    response = multipart(web, {"query": QUERY}, {})
    assert (response.status_code, code(response)) == (403, "PREFLIGHT_REQUIRED")
    answered = multipart(web, {"query": QUERY}, {}, **{"GraphQL-Require-Preflight": "1"})
    assert json.loads(answered.content)["data"] == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("operations", "places"),
    [
        ([{"query": QUERY}], {}),
        ("x", {}),
        ({"query": QUERY}, []),
        ({"query": QUERY}, {"0": ["variables.file"]}),
        ({"query": QUERY}, {"0": "variables.file"}),
    ],
)
def test_a_form_that_does_not_fit_together_is_400(web: Http, operations: Any, places: Any) -> None:
    response = multipart(web, operations, places, Authorization="Bearer x")
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "places",
    [
        {"0": ["variables.absent.file"]},
        {"0": ["variables.files.7"]},
        {"0": [""]},
        {"0": ["query"]},
        {"0": ["variables.files.x"]},
        {"0": [7]},
        {"1": ["variables.files.0"]},
    ],
)
def test_a_file_without_a_place_is_400(web: Http, places: Any) -> None:
    operations = {"query": QUERY, "variables": {"files": [None]}}
    form = {"operations": json.dumps(operations), "map": json.dumps(places), "0": SimpleUploadedFile("a.png", b"a")}
    response = web.client.post("/graphql/", form, headers={"Accept": NEW, "Authorization": "Bearer x"})
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("missing", ["operations", "map"])
def test_a_form_without_its_two_texts_is_400(web: Http, missing: str) -> None:
    form = {"operations": json.dumps({"query": QUERY}), "map": "{}"}
    del form[missing]
    response = web.client.post("/graphql/", form, headers={"Accept": NEW, "Authorization": "Bearer x"})
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


def test_an_upload_that_is_too_large_is_turned_away_before_it_is_read(
    web: Http, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: Any, **__: Any) -> None:
        raise AssertionError("read")

    monkeypatch.setattr("django.http.multipartparser.MultiPartParser.parse", read)
    settings.ROTA_LIMITS = settings.ROTA_LIMITS | {"max_upload_bytes": 1_000}
    form = {"operations": json.dumps({"query": QUERY}), "map": "{}", "0": SimpleUploadedFile("a.png", b"a" * 1_000)}
    response = web.client.post("/graphql/", form, headers={"Accept": NEW, "Authorization": "Bearer x"})
    assert (response.status_code, code(response)) == (413, "TOO_LARGE")


def test_more_files_than_a_request_may_have_are_413(web: Http) -> None:
    files = {str(number): SimpleUploadedFile("a.png", b"a") for number in range(21)}
    form = {"operations": json.dumps({"query": QUERY}), "map": "{}"} | files
    response = web.client.post("/graphql/", form, headers={"Accept": NEW, "Authorization": "Bearer x"})
    assert (response.status_code, code(response)) == (413, "TOO_LARGE")


def test_a_form_that_is_none_is_400(web: Http) -> None:
    response = web.post(b"nonsense", content_type="multipart/form-data", **{"X-Requested-With": "a test"})
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


# Browsers


def test_a_browser_gets_graphiql_with_nothing_from_elsewhere(web: Http) -> None:
    response = web.get("text/html,application/xhtml+xml,*/*;q=0.8")
    page = response.content.decode()
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert "http://" not in page
    assert "https://" not in page
    scripts = [part.split('"')[0] for part in page.split('src="')[1:]]
    assert len(scripts) == 4
    for address in scripts:
        assert web.client.get(address).status_code == 200, address


def test_a_named_origin_may_call_and_another_may_not(web: Http, settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    allowed = web.client.options("/graphql/", headers={"Origin": "https://shop.example"} | asked)
    assert allowed["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "authorization" in allowed["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in allowed
    refused = web.client.options("/graphql/", headers={"Origin": "https://evil.example"} | asked)
    assert "Access-Control-Allow-Origin" not in refused


def test_the_address_works_without_its_slash(web: Http) -> None:
    response = web.client.post("/graphql", {"query": QUERY}, content_type="application/json")
    assert response.json()["data"] == {"__typename": "Query"}


# On a real socket


@pytest.mark.enable_socket
def test_a_real_server_answers_alike(live_server: LiveServer) -> None:
    address = live_server.url.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=60)
    for body, status in ((b'{"query": "{ __typename }"}', 200), (b'{"query": "{"}', 400), (b"null", 400)):
        connection.request("POST", "/graphql/", body, {"Content-Type": "application/json", "Accept": NEW})
        response = connection.getresponse()
        assert (response.status, response.headers["Content-Type"]) == (status, f"{NEW}; charset=utf-8")
        json.loads(response.read())
    connection.request("GET", "/graphql/?" + urlencode({"query": QUERY}), headers={"Accept": NEW})
    assert json.loads(connection.getresponse().read())["data"] == {"__typename": "Query"}
    connection.close()
