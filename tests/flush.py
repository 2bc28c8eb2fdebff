"""Emptying the database after a test that commits: only the tables that hold something.

Django truncates all tables, and then makes content types and permissions anew. With a hundred tables that takes longer
than most tests; asking which tables hold a row takes a few milliseconds.
"""

from typing import Any

from django.db import connections
from django.test import TransactionTestCase

KEPT = {"django_migrations", "django_content_type", "auth_permission"}
"""Made by migrations, changed by no test."""


def empty_what_is_full(self: Any) -> None:
    """In the place of TransactionTestCase's own way of leaving the database empty."""
    for alias in self._databases_names(include_mirrors=False):
        empty(connections[alias])


def empty(connection: Any) -> None:
    """Truncate what holds rows, and nothing else."""
    quoted = [connection.ops.quote_name(name) for name in sorted(set(connection.introspection.table_names()) - KEPT)]
    asked = " UNION ALL ".join(
        f"SELECT {number} WHERE EXISTS (SELECT FROM {name})"  # noqa: S608 - names of our own tables
        for number, name in enumerate(quoted)
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        full = [quoted[number] for (number,) in cursor.fetchall()]
        if full:
            cursor.execute(f"TRUNCATE {', '.join(full)} CASCADE")


def install() -> None:
    """From here on, for every test of this run."""
    TransactionTestCase._fixture_teardown = empty_what_is_full  # type: ignore[attr-defined]
