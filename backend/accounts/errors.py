"""Refusals of accounts."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.errors import ErrorCode, Refusal


@dataclass
class InvalidCredentials(Refusal):
    """E-mail and password don't belong together. Says nothing about whether the account exists."""

    code: ClassVar[ErrorCode] = ErrorCode.INVALID_CREDENTIALS

    message: str = "This e-mail and password don't belong together."
