"""What a client is told when something goes wrong, and what it is not."""

from typing import Any

import pytest
from django.db import connection

from backend.catalogue.models import Service
from backend.core.errors import InvalidInput, NotFound, Refusals
from tests.client import Answer, Api

pytestmark = pytest.mark.django_db

QUERY = "{ __typename services { totalCount } }"
SECRET = "Key (email)=(ada@example.com) already exists"


def broken(monkeypatch: pytest.MonkeyPatch, failure: Any, where: str = "services_visible_to") -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise failure

    monkeypatch.setattr(f"backend.catalogue.queries.{where}", fail)


def only_error(answer: Answer) -> dict[str, Any]:
    assert len(answer.errors) == 1
    return answer.errors[0]


def test_a_crash_is_masked_and_its_request_id_leads_to_the_log(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken(monkeypatch, RuntimeError(SECRET))
    answer = api(QUERY)
    error = only_error(answer)
    assert error["message"] == "Something went wrong on our side."
    assert error["path"] == ["services"]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": answer.headers["X-Request-Id"]}
    assert SECRET not in str(answer.body)
    [record] = [each for each in caplog.records if "graphql.crash" in str(each.msg)]
    assert answer.headers["X-Request-Id"] in str(record.msg)
    assert SECRET in str(record.exc_info) + str(record.msg)


def test_the_text_of_a_database_error_never_leaves_the_house(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def deadlock(*_: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(
                "DO $$ BEGIN RAISE EXCEPTION 'deadlock detected' USING DETAIL = 'Process 7 waits', ERRCODE = '40P01'; "
                "END $$"
            )

    monkeypatch.setattr("backend.catalogue.queries.services_visible_to", deadlock)
    answer = api(QUERY)
    assert only_error(answer)["extensions"]["code"] == "INTERNAL"
    assert "deadlock" not in str(answer.body)
    assert "Process" not in str(answer.body)


def test_a_database_that_is_away_is_told_as_graphql_too(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise ConnectionError(SECRET)

    monkeypatch.setattr("schema.views.context_for", away)
    answer = api(QUERY)
    assert answer.status == 500
    assert "data" not in answer.body
    assert only_error(answer)["extensions"] == {"code": "INTERNAL", "requestId": answer.headers["X-Request-Id"]}
    assert SECRET not in str(answer.body)


def test_a_refused_query_carries_its_code_and_field(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, NotFound("There is no such thing.", ("filters", "category_id")))
    error = only_error(api(QUERY))
    assert error["message"] == "There is no such thing."
    assert error["extensions"] == {"code": "NOT_FOUND", "field": ["filters", "categoryId"]}


def test_several_refusals_of_a_query_are_all_told(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, Refusals([InvalidInput("No.", ("first_day",)), NotFound("Nor that.")]))
    error = only_error(api(QUERY))
    assert error["extensions"] == {
        "code": "INVALID_INPUT",
        "field": ["firstDay"],
        "refusals": [
            {"message": "No.", "code": "INVALID_INPUT", "field": ["firstDay"]},
            {"message": "Nor that.", "code": "NOT_FOUND"},
        ],
    }


def test_a_nul_character_that_reaches_the_database_is_the_clients_fault(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.catalogue.queries.services_visible_to", lambda _: Service.objects.get(name="a\x00b"))
    error = only_error(api(QUERY))
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["message"] == "Texts can't hold NUL characters."


def test_what_was_sent_is_not_echoed_at_length(api: Api) -> None:
    answer = api("{ " + "a" * 50_000 + " }")
    assert len(only_error(answer)["message"]) == 500


def test_errors_of_a_document_from_memory_are_the_same_again(api: Api) -> None:
    assert api("{ nope }").body == api("{ nope }").body


@pytest.mark.parametrize(
    ("scalar", "query"),
    [
        (
            "Decimal",
            'mutation { createService(input: {categoryId: "x", name: "x", durationMinutes: 1, price: 1.5}) '
            "{ userErrors { code } } }",
        ),
        (
            "Decimal",
            'mutation { createService(input: {categoryId: "x", name: "x", durationMinutes: 1, price: "1e9"}) '
            "{ userErrors { code } } }",
        ),
    ],
)
def test_a_malformed_scalar_is_a_validation_error(api: Api, scalar: str, query: str) -> None:
    error = only_error(api(query))
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert scalar in error["message"]
