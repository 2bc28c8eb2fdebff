"""Refusals of accounts."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.errors import ErrorCode, FieldPath, Refusal


@dataclass
class InvalidCredentials(Refusal):
    """E-mail and password don't belong together. Says nothing about whether the account exists."""

    code: ClassVar[ErrorCode] = ErrorCode.INVALID_CREDENTIALS

    message: str = "This e-mail and password don't belong together."


@dataclass
class WeakPassword(Refusal):
    """The password is too short, too common or too much like the person's other data."""

    code: ClassVar[ErrorCode] = ErrorCode.WEAK_PASSWORD


@dataclass
class InvalidToken(Refusal):
    """A link from a mail that is wrong, used or out of date: the three are not told apart."""

    code: ClassVar[ErrorCode] = ErrorCode.INVALID_TOKEN

    message: str = "This link is not valid any more. Ask for a new one."
    field: FieldPath = ("token",)


@dataclass
class LastAdmin(Refusal):
    """Somebody has to remain who can let others in."""

    code: ClassVar[ErrorCode] = ErrorCode.LAST_ADMIN

    message: str = "This is the last active admin: make another one first."


@dataclass
class NotACustomer(Refusal):
    """The account belongs to somebody who works here: what it did is part of the books."""

    code: ClassVar[ErrorCode] = ErrorCode.NOT_A_CUSTOMER

    message: str = "Its account belongs to somebody who works here: make it a customer's account first."


@dataclass
class EmailMismatch(Refusal):
    """The account's e-mail is not the one that a guest gave."""

    code: ClassVar[ErrorCode] = ErrorCode.EMAIL_MISMATCH


@dataclass
class EmailNotVerified(Refusal):
    """The account's e-mail is not proven: anybody could have typed it."""

    code: ClassVar[ErrorCode] = ErrorCode.EMAIL_NOT_VERIFIED
