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
from schema.enums import declare

declare(
    ErrorCode,
    name="ErrorCode",
    description="Why something was refused. Codes are added, never renamed: treat unknown ones as a general refusal.",
    values={
        ErrorCode.ALREADY_EXISTS: "There is one already.",
        ErrorCode.CHANGE_REQUEST_NEEDED: "This can't be moved directly: ask for another time.",
        ErrorCode.COUPON_EXPIRED: "The coupon's window is over.",
        ErrorCode.COUPON_INACTIVE: "The coupon was switched off.",
        ErrorCode.COUPON_MINIMUM_NOT_MET: "The subtotal is below the coupon's minimum.",
        ErrorCode.COUPON_NOT_FOR_SERVICES: "The coupon is for other services.",
        ErrorCode.COUPON_NOT_STARTED: "The coupon's window has not begun.",
        ErrorCode.COUPON_UNKNOWN: "There is no such coupon.",
        ErrorCode.COUPON_USED_BY_CUSTOMER: "This person has used the coupon as often as it may.",
        ErrorCode.COUPON_USED_UP: "The coupon was used as often as it may be in all.",
        ErrorCode.CURSOR_EXPIRED: "The live feed no longer goes back so far: read the schedule anew.",
        ErrorCode.DAILY_LIMIT: "The person has as many visits that day as it takes.",
        ErrorCode.EMAIL_MISMATCH: "It belongs to another e-mail than the account's.",
        ErrorCode.EMAIL_NOT_VERIFIED: "The account's e-mail has to be proven first.",
        ErrorCode.HOLD_EXPIRED: "The held time was let go; choose again.",
        ErrorCode.IDEMPOTENCY_CONFLICT: "The key was used with another input.",
        ErrorCode.IN_THE_PAST: "The time is past.",
        ErrorCode.IN_USE: "Something else hangs on it.",
        ErrorCode.INACTIVE: "It is not offered, or does not work here, any more.",
        ErrorCode.INVALID_CREDENTIALS: "E-mail and password do not belong together, or the password given is wrong.",
        ErrorCode.INVALID_INPUT: "The value can't be used; the message says why.",
        ErrorCode.INVALID_TOKEN: "The link or token is wrong, used or run out.",
        ErrorCode.INVALID_TRANSITION: "It does not stand where this is possible.",
        ErrorCode.LAST_ADMIN: "The last admin has to stay.",
        ErrorCode.NO_STAFF_AVAILABLE: "Nobody who could come has the time; see `alternatives`.",
        ErrorCode.NONEXISTENT_TIME: "The clocks go forward over this time: the wall never shows it that day.",
        ErrorCode.NOT_A_CUSTOMER: "The person works here, so it is no mere customer.",
        ErrorCode.NOT_FOUND: "It is not there, or not for the viewer to see.",
        ErrorCode.NOT_WORKING: "The time lies outside of the person's hours.",
        ErrorCode.OFF_GRID: "Bookable times lie on the business's grid, and this one does not.",
        ErrorCode.OUT_OF_AREA: "Nobody who could come serves this postcode.",
        ErrorCode.BEYOND_HORIZON: "Too far ahead: later than the business takes bookings.",
        ErrorCode.OUT_OF_RANGE: "The number or length is outside of what is allowed.",
        ErrorCode.PROVIDER_UNAVAILABLE: "The outside service did not answer: try again later.",
        ErrorCode.REQUIRED: "It can't be left out.",
        ErrorCode.SLOT_TAKEN: "The time is no longer free; see `alternatives`.",
        ErrorCode.STAFF_NOT_QUALIFIED: "This person does not offer the service.",
        ErrorCode.STALE_VERSION: "It has changed since the `version` that was sent: read it again.",
        ErrorCode.TIME_OFF_CONFLICT: "It overlaps an absence.",
        ErrorCode.TOO_LATE: "The deadline is over: only the office can do this now.",
        ErrorCode.TOO_LONG: "The text is too long.",
        ErrorCode.TOO_MANY_HOLDS: "As many times are held already as one person or network address may.",
        ErrorCode.TOO_MANY_RESCHEDULES: "It was moved as often as customers may.",
        ErrorCode.TOO_SOON: "Earlier than the notice that the business needs.",
        ErrorCode.TRAVEL_TIME: "The person could not be there in time from, or for, the visit beside it.",
        ErrorCode.UNKNOWN_POSTCODE: "We do not know this postcode.",
        ErrorCode.VISITS_AHEAD: "Visits are in the way; see `visits`.",
        ErrorCode.WEAK_PASSWORD: "The password is too easy to guess; the message says why.",
    },
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
