"""What is refused here, and what goes wrong outside."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from backend.core.errors import ErrorCode, FieldPath, Refusal


@dataclass
class ProviderUnavailable(Refusal):
    """This installation has no app registered with the provider."""

    code: ClassVar[ErrorCode] = ErrorCode.PROVIDER_UNAVAILABLE


@dataclass
class GatewayError(Exception):
    """A provider did not do what it was asked; worth another try. Never holds what lets us in."""

    message: str

    def __str__(self) -> str:
        return self.message


@dataclass
class TooFast(GatewayError):
    """The provider wants to be left alone for a while."""

    retry_after: timedelta | None = None


@dataclass
class AccessLost(GatewayError):
    """The provider lets us in no more: the grant was revoked, the password changed. No second try would help."""


@dataclass
class EventGone(GatewayError):
    """The event, or its calendar, is not there any more."""


@dataclass
class EventChanged(GatewayError):
    """Somebody changed the event since we wrote it."""


@dataclass
class EventExists(GatewayError):
    """The id was used before, by an event that stands or by one that was deleted."""


@dataclass
class EventRefused(GatewayError):
    """The provider finds something wrong with what we send. The same again would be refused again."""


@dataclass
class StateRefused(Refusal):
    """What came back from the provider is not what was asked for, or too late, or for somebody else."""

    code: ClassVar[ErrorCode] = ErrorCode.INVALID_TOKEN

    message: str = "This did not come back in time, or not to whom it was for: connect the calendar anew."
    field: FieldPath = ("state",)
