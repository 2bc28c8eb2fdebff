"""What an entry of the trail says."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from json import dumps
from typing import Any

SECRET = "[secret]"  # noqa: S105 - what stands in a secret's place
"""Stands for a value that is never written down; the database's `audit_record` puts it there."""

ERASED = "[erased]"
"""Stands for a value that went when its person was forgotten."""


class AuditAction(StrEnum):
    """What was done to a row."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One column, before and after, as text. None where there was, or is, no value."""

    field: str
    old: str | None
    new: str | None


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[FieldChange]:
    """The columns that an entry tells of, by name; of a new or a deleted row those that held a value."""
    old, new = before or {}, after or {}
    listed = (FieldChange(name, as_text(old.get(name)), as_text(new.get(name))) for name in sorted({*old, *new}))
    return [change for change in listed if change.old != change.new or change.old in (SECRET, ERASED)]


def as_text(value: Any) -> str | None:
    """As people read it: numbers with all their places, instants as ISO 8601, lists and objects as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return dumps(value, ensure_ascii=False, default=str)
    return str(value)
