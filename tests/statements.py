"""Budgets of SQL statements: a list of one and of fifty costs the same number."""

import re
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.client import Api

_BOOKKEEPING = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "BEGIN", "COMMIT", "SET ")


def statements(api: Api, query: str, /, **variables: Any) -> list[str]:
    """The SQL of one operation, which must succeed; savepoints and the like do not count."""
    with CaptureQueriesContext(connection) as captured:
        answer = api(query, **variables)
    assert answer.errors == []
    return [each["sql"] for each in captured.captured_queries if not each["sql"].startswith(_BOOKKEEPING)]


def without_values(sql: str) -> str:
    """A statement without quotes around names, and with `?` for its literals: what it does, not for whom."""
    return re.sub(r"'(?:[^']|'')*'|\b[0-9]+\b|\bNULL\b", "?", sql.replace('"', ""))


def count_statements(api: Api, query: str, /, **variables: Any) -> int:
    """How many SQL statements one operation takes."""
    return len(statements(api, query, **variables))


def assert_same_statements(
    api: Api, query: str, /, *, add: Callable[[], Any], at_most: int | None = None, many: int = 50, **variables: Any
) -> None:
    """The operation takes as many statements with one row as with `many`, and no more than `at_most`.

    `add` makes one more row that the operation returns.
    """
    add()
    one = statements(api, query, **variables)
    for _ in range(many - 1):
        add()
    all_of_them = statements(api, query, **variables)
    assert len(all_of_them) == len(one), "\n".join(all_of_them)
    if at_most is not None:
        assert len(one) <= at_most, "\n".join(one)
