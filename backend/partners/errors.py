"""What partners are refused, and what goes wrong on the way to them."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.errors import ErrorCode, Refusal


@dataclass
class EndpointNotActive(Refusal):
    """Nothing is sent to an endpoint that is paused or disabled: resume it first."""

    code: ClassVar[ErrorCode] = ErrorCode.INACTIVE

    message: str = "This endpoint is not active. Resume it first."


@dataclass
class Unreached(Exception):
    """No answer: the name, the connection, TLS or the time. Tried again."""

    reason: str
    seconds: float = 0.0

    def __str__(self) -> str:
        return self.reason


@dataclass
class ForbiddenAddress(Unreached):
    """The host is none that we send to: its name leads into a network that is not public."""
