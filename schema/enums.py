"""Enums of the domains in the API, with what each of their values means."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

import strawberry

E = TypeVar("E", bound=Enum)


def declare(enum: type[E], *, name: str, description: str, values: Mapping[E, str]) -> None:
    """Put a domain's enum into the API under `name`, each value with its meaning. A test finds those without one."""
    strawberry.enum(enum, name=name, description=description)
    definition: Any = enum.__strawberry_definition__  # type: ignore[attr-defined]
    meanings = {each.name: meaning for each, meaning in values.items()}
    for value in definition.values:
        value.description = meanings.get(value.name)
