"""Refusals of orders. Those about time and staff are scheduling's, those about services the catalogue's, those
about coupons the coupons'."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.errors import ErrorCode, Refusal


@dataclass
class EmailMismatch(Refusal):
    """The account's e-mail is not the guest's."""

    code: ClassVar[ErrorCode] = ErrorCode.EMAIL_MISMATCH


@dataclass
class EmailNotVerified(Refusal):
    """The account's e-mail is not proven: anybody could have typed it."""

    code: ClassVar[ErrorCode] = ErrorCode.EMAIL_NOT_VERIFIED


@dataclass
class NonexistentTime(Refusal):
    """The clock on the wall never shows this time on that day: it lies in the gap of a spring change."""

    code: ClassVar[ErrorCode] = ErrorCode.NONEXISTENT_TIME


@dataclass
class TooLate(Refusal):
    """The deadline is past; only the office can still do it."""

    code: ClassVar[ErrorCode] = ErrorCode.TOO_LATE
