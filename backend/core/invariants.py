"""What must never be false in the data, checked as a whole: each domain says how it looks for offences of its own.

The database refuses most of them row by row. These checks read everything, after a restore or on suspicion.
"""

from collections.abc import Callable

from django.db import connection

Check = Callable[[], list[str]]
"""Looks through the data; a sentence for each offence found, nothing where all is well."""

_CHECKS: dict[str, Check] = {}


def keeps_true(name: str, check: Check) -> None:
    """Have `check` asked whenever the data is checked as a whole. Called once, by the domain's app at start."""
    _CHECKS[name] = check


def offences() -> dict[str, list[str]]:
    """What each check found, by its name, in the order of their registration; empty lists where all is well."""
    return {name: check() for name, check in _CHECKS.items()}


def rows_that(statement: str, sentence: str, *, at_most: int = 20) -> list[str]:
    """A sentence for each of the first rows that a SELECT of offenders finds, its columns put into the sentence."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found = cursor.fetchmany(at_most + 1)
    told = [sentence.format(*row) for row in found[:at_most]]
    return [*told, "… and more of these."] if len(found) > at_most else told
