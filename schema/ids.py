"""Global ids, in and out. An id of another kind, or none at all, is NOT_FOUND: what it names is not there."""

from collections.abc import Sequence
from typing import Any

import strawberry
from strawberry import relay
from strawberry.relay.types import GlobalIDValueError

from backend.core.errors import FieldPath, NotFound, Problems

_MAX_ID = 2**63 - 1


def decode_id(given: strawberry.ID | relay.GlobalID, kind: str, field: FieldPath) -> int:
    """The database id inside a global id of type `kind`; NotFound for anything else."""
    try:
        node = given if isinstance(given, relay.GlobalID) else relay.GlobalID.from_id(given)
        number = int(node.node_id) if node.node_id.isascii() and node.node_id.isdecimal() else -1
    except (GlobalIDValueError, ValueError):
        number, node = -1, None
    if node is None or node.type_name != kind or not 0 < number <= _MAX_ID:
        raise NotFound(f"This is not the id of any {kind}.", field)
    return number


def decode_optional_id(given: Any, kind: str, field: FieldPath) -> int | None:
    """As `decode_id`; None and absent stay None."""
    return None if given is None or given is strawberry.UNSET else decode_id(given, kind, field)


def decode_ids(given: Sequence[Any], kind: str, field: FieldPath) -> list[int]:
    """As `decode_id` for each of a list, or a refusal of everything in it that is no such id."""
    problems = Problems()
    found: list[int] = []
    for position, each in enumerate(given):
        with problems:
            found.append(decode_id(each, kind, (*field, position)))
    problems.raise_all()
    return found


def encode_id(kind: str, number: int) -> strawberry.ID:
    """The global id of a row, for a field that names it without fetching it."""
    return strawberry.ID(relay.to_base64(kind, number))
