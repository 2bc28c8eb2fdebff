"""What mutations answer with, and the one place where a refusal of the domain becomes `userErrors`.

A payload keeps the row that the action returned (`row`, never part of the schema) and reads it again for the client:
one optimized query that fetches what was asked for, after the commit.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import strawberry
from asgiref.sync import sync_to_async
from django.db.models import Model
from strawberry.extensions.field_extension import FieldExtension
from strawberry.types import Info as StrawberryInfo
from strawberry.utils.inspect import in_async_context
from strawberry.utils.str_converters import to_camel_case

from backend.core import tracking
from backend.core.errors import ErrorCode, FieldPath, Refusal, Refusals

strawberry.enum(
    ErrorCode,
    name="ErrorCode",
    description="Why something was refused. Codes are added, never renamed: treat unknown ones as a general refusal.",
)


@strawberry.type(description="Something that the person can put right.")
class UserError:
    code: ErrorCode = strawberry.field(description="The reason, for programs.")
    message: str = strawberry.field(description="The reason, as a sentence for people.")
    field: list[str] | None = strawberry.field(
        description='Path of the offending value inside `input`, such as `["items", "0", "quantity"]`.'
    )


@strawberry.type(description="What every mutation answers with.")
class Payload:
    row: strawberry.Private[Model | None] = None
    opened: strawberry.Private[bool] = False
    """Whether the client holds the row's tracking token, or has just made the row: then it sees all its own fields."""
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="What was refused and why; empty where the mutation was carried out."
    )


def reread(row: Model | None, *, opened: bool = False) -> Any:
    """The row of a payload, as a query that the optimizer completes. Its action decided that the viewer may see it."""
    if row is None:
        return None
    rows = type(row)._default_manager.filter(pk=row.pk)
    return tracking.opened(rows) if opened else rows


def user_errors(error: Refusal | Refusals) -> list[UserError]:
    """The entries for one refusal, or for each of several."""
    refusals = error.refusals if isinstance(error, Refusals) else [error]
    return [UserError(code=each.code, message=each.message, field=input_path(each.field)) for each in refusals]


def input_path(path: FieldPath) -> list[str] | None:
    """The domain's path in the names of the API: `("items", 0, "service_id")` is `["items", "0", "serviceId"]`."""
    return [to_camel_case(str(part)) for part in path] or None


class RefusalsToPayload(FieldExtension):
    """Answer a refused mutation with its payload type, whose fields are null but for `userErrors`.

    A refusal that carries `alternatives` fills the payload's field of that name; one that carries `appointment_ids`
    the payload's `visits` (schema/visits_in_the_way.py).
    """

    def apply(self, field: Any) -> None:
        self.payload_type = field.type

    def resolve(self, next_: Callable[..., Any], source: Any, info: StrawberryInfo[Any, Any], **kwargs: Any) -> Any:
        """Mutations are synchronous; over a websocket they run in a thread."""
        if in_async_context():
            return sync_to_async(self._resolve)(next_, source, info, **kwargs)
        return self._resolve(next_, source, info, **kwargs)

    def _resolve(self, next_: Callable[..., Any], source: Any, info: StrawberryInfo[Any, Any], **kwargs: Any) -> Any:
        try:
            return next_(source, info, **kwargs)
        except (Refusal, Refusals) as error:
            answer: dict[str, Any] = {"user_errors": user_errors(error)}
            if "alternatives" in {each.name for each in fields(self.payload_type)}:
                answer["alternatives"] = alternatives(error)
            if "visit_ids" in {each.name for each in fields(self.payload_type)}:
                answer["visit_ids"] = visits_in_the_way(error)
            return self.payload_type(**answer)


def alternatives(error: Refusal | Refusals) -> list[Any]:
    """The other times that a refusal offers; of several refusals, those of the first that has any."""
    refusals = error.refusals if isinstance(error, Refusals) else [error]
    return next((list(found) for each in refusals if (found := getattr(each, "alternatives", ()))), [])


def visits_in_the_way(error: Refusal | Refusals) -> tuple[int, ...]:
    """The ids of the visits that the refusals name."""
    refusals = error.refusals if isinstance(error, Refusals) else [error]
    return tuple(each for refusal in refusals for each in getattr(refusal, "appointment_ids", ()))


def mutation(*, description: str) -> Any:
    """A mutation field whose refusals become `userErrors`. Every mutation of the API is declared with it."""
    return strawberry.mutation(description=description, extensions=[RefusalsToPayload()])
