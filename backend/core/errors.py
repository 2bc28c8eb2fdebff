"""How Rota says no.

Two families, told apart by who can put it right:

* a `Refusal` is something that a person can fix (another time, another postcode). The GraphQL face turns it into
  one entry of `userErrors`, with its `ErrorCode` and the path of the offending input field;
* an `AccessError` is something that only the client's developer or an administrator can fix (not signed in, not
  allowed, too fast). The face turns it into a GraphQL error with `extensions.code`.

Domains derive their own refusals in their `errors.py`. None of these dataclasses is frozen: Python assigns the
traceback to a raised exception.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import ClassVar
from zoneinfo import ZoneInfo

FieldPath = tuple[str | int, ...]
"""Where in the input the offence stands, in the domain's names: `("items", 0, "service_id")`."""


class ErrorCode(StrEnum):
    """Every reason for a refusal that a client can meet. Codes are added, never renamed."""

    ALREADY_EXISTS = "ALREADY_EXISTS"
    CHANGE_REQUEST_NEEDED = "CHANGE_REQUEST_NEEDED"
    COUPON_EXPIRED = "COUPON_EXPIRED"
    COUPON_INACTIVE = "COUPON_INACTIVE"
    COUPON_MINIMUM_NOT_MET = "COUPON_MINIMUM_NOT_MET"
    COUPON_NOT_FOR_SERVICES = "COUPON_NOT_FOR_SERVICES"
    COUPON_NOT_STARTED = "COUPON_NOT_STARTED"
    COUPON_UNKNOWN = "COUPON_UNKNOWN"
    COUPON_USED_BY_CUSTOMER = "COUPON_USED_BY_CUSTOMER"
    COUPON_USED_UP = "COUPON_USED_UP"
    CURSOR_EXPIRED = "CURSOR_EXPIRED"
    DAILY_LIMIT = "DAILY_LIMIT"
    EMAIL_MISMATCH = "EMAIL_MISMATCH"
    EMAIL_NOT_VERIFIED = "EMAIL_NOT_VERIFIED"
    HOLD_EXPIRED = "HOLD_EXPIRED"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    IN_THE_PAST = "IN_THE_PAST"
    IN_USE = "IN_USE"
    INACTIVE = "INACTIVE"
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    INVALID_INPUT = "INVALID_INPUT"
    INVALID_TOKEN = "INVALID_TOKEN"
    INVALID_TRANSITION = "INVALID_TRANSITION"
    LAST_ADMIN = "LAST_ADMIN"
    NO_STAFF_AVAILABLE = "NO_STAFF_AVAILABLE"
    NONEXISTENT_TIME = "NONEXISTENT_TIME"
    NOT_A_CUSTOMER = "NOT_A_CUSTOMER"
    NOT_FOUND = "NOT_FOUND"
    NOT_WORKING = "NOT_WORKING"
    OFF_GRID = "OFF_GRID"
    OUT_OF_AREA = "OUT_OF_AREA"
    BEYOND_HORIZON = "BEYOND_HORIZON"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    PROVIDER_UNAVAILABLE = "PROVIDER_UNAVAILABLE"
    REQUIRED = "REQUIRED"
    SLOT_TAKEN = "SLOT_TAKEN"
    STAFF_NOT_QUALIFIED = "STAFF_NOT_QUALIFIED"
    STALE_VERSION = "STALE_VERSION"
    TIME_OFF_CONFLICT = "TIME_OFF_CONFLICT"
    TOO_LATE = "TOO_LATE"
    TOO_LONG = "TOO_LONG"
    TOO_MANY_HOLDS = "TOO_MANY_HOLDS"
    TOO_MANY_RESCHEDULES = "TOO_MANY_RESCHEDULES"
    TOO_SOON = "TOO_SOON"
    TRAVEL_TIME = "TRAVEL_TIME"
    UNKNOWN_POSTCODE = "UNKNOWN_POSTCODE"
    VISITS_AHEAD = "VISITS_AHEAD"
    WEAK_PASSWORD = "WEAK_PASSWORD"


@dataclass
class Refusal(Exception):
    """One thing in the way, fixable by the person who asked.

    `message` is a sentence for people; `field` is the path into the input, or empty where no single field is to blame.
    """

    code: ClassVar[ErrorCode] = ErrorCode.INVALID_INPUT

    message: str
    field: FieldPath = ()

    def __str__(self) -> str:
        return self.message

    def in_words(self, zone: ZoneInfo) -> str:
        """All that it has to say, in a text without fields of their own; times are of `zone`."""
        return self.message


@dataclass
class Refusals(Exception):
    """Several things in the way at once, so that a form can mark all its fields in one go."""

    refusals: Sequence[Refusal] = field(default_factory=list)

    def __str__(self) -> str:
        return "; ".join(refusal.message for refusal in self.refusals)


@dataclass
class NotFound(Refusal):
    """No such object, or none that this viewer may see: the two are never told apart."""

    code: ClassVar[ErrorCode] = ErrorCode.NOT_FOUND


@dataclass
class InvalidInput(Refusal):
    """The value has the right type but makes no sense."""

    code: ClassVar[ErrorCode] = ErrorCode.INVALID_INPUT


@dataclass
class Required(Refusal):
    """A value is missing or blank."""

    code: ClassVar[ErrorCode] = ErrorCode.REQUIRED


@dataclass
class TooLong(Refusal):
    """A text is longer than its column."""

    code: ClassVar[ErrorCode] = ErrorCode.TOO_LONG


@dataclass
class OutOfRange(Refusal):
    """A number lies outside its bounds."""

    code: ClassVar[ErrorCode] = ErrorCode.OUT_OF_RANGE


@dataclass
class AlreadyExists(Refusal):
    """Something with this name, e-mail or code is there already."""

    code: ClassVar[ErrorCode] = ErrorCode.ALREADY_EXISTS


@dataclass
class InvalidTransition(Refusal):
    """The state machine has no such step."""

    code: ClassVar[ErrorCode] = ErrorCode.INVALID_TRANSITION


@dataclass
class StaleVersion(Refusal):
    """The object changed since the client read it."""

    code: ClassVar[ErrorCode] = ErrorCode.STALE_VERSION


@dataclass
class Overtaken(StaleVersion):
    """Somebody else's transaction changed what this one had looked at before it held its locks.

    Nothing is wrong with what the client asked for: `@use_case` looks again by itself, and lets this out, as a stale
    version, only after it was overtaken several times in a row.
    """

    message: str = "This has just been changed by somebody else. Look again."


@dataclass
class IdempotencyConflict(Refusal):
    """The idempotency key was used before, with other input."""

    code: ClassVar[ErrorCode] = ErrorCode.IDEMPOTENCY_CONFLICT


@dataclass
class AccessError(Exception):
    """The request as a whole is turned away; nothing in its input would help."""

    code: ClassVar[str] = "FORBIDDEN"

    message: str = "You may not do this."

    def __str__(self) -> str:
        return self.message


@dataclass
class NotSignedIn(AccessError):
    """The operation needs a signed-in user and the request carries no valid token."""

    code: ClassVar[str] = "UNAUTHENTICATED"

    message: str = "Sign in first."


@dataclass
class NotAllowed(AccessError):
    """Signed in, but this role or these permissions do not cover the operation."""

    code: ClassVar[str] = "FORBIDDEN"


@dataclass
class RateLimited(AccessError):
    """Too many tries. `retry_after` is in seconds."""

    code: ClassVar[str] = "RATE_LIMITED"

    message: str = "Too many attempts. Try again later."
    retry_after: int = 60


def raise_all(refusals: Sequence[Refusal]) -> None:
    """Raise what was collected: nothing, the one refusal itself, or all of them together."""
    if len(refusals) == 1:
        raise refusals[0]
    if refusals:
        raise Refusals(list(refusals))


class Problems:
    """Collects what is refused on the way, to be raised together.

    `with problems: name = clean_text(…)` keeps the refusal and goes on behind the block; what the block would have
    assigned may be used only after `raise_all()`.
    """

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []

    def __enter__(self) -> "Problems":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if isinstance(error, Refusal):
            self.refusals.append(error)
        elif isinstance(error, Refusals):
            self.refusals.extend(error.refusals)
        return isinstance(error, Refusal | Refusals)

    def raise_all(self) -> None:
        """Raise what was collected, if anything was."""
        raise_all(self.refusals)
