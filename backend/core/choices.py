"""Enums live in `rules.py`, which knows no ORM; columns list their values through this."""

from collections.abc import Iterable
from enum import StrEnum

from django.db.models import CheckConstraint, Q


def choices_of(enum: type[StrEnum]) -> list[tuple[str, str]]:
    """Value and label of each member, for a column's `choices`."""
    return [(member.value, member.value.replace("_", " ").capitalize()) for member in enum]


def one_of(field: str, enum: Iterable[StrEnum], name: str) -> CheckConstraint:
    """A constraint that the column holds nothing but the enum's values, whoever writes it."""
    return CheckConstraint(condition=Q((f"{field}__in", [member.value for member in enum])), name=name)
