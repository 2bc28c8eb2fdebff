"""Refusals of orders. Those about time and staff are scheduling's, those about services the catalogue's, those
about coupons the coupons'."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.errors import ErrorCode, Refusal


@dataclass
class NonexistentTime(Refusal):
    """The clock on the wall never shows this time on that day: it lies in the gap of a spring change."""

    code: ClassVar[ErrorCode] = ErrorCode.NONEXISTENT_TIME


@dataclass
class TooLate(Refusal):
    """The deadline is past; only the office can still do it."""

    code: ClassVar[ErrorCode] = ErrorCode.TOO_LATE
