"""Refusals of orders."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.errors import ErrorCode, Refusal


@dataclass
class CouponUnknown(Refusal):
    """There is no coupon with this code."""

    code: ClassVar[ErrorCode] = ErrorCode.COUPON_UNKNOWN

    message: str = "There is no such coupon."


@dataclass
class InThePast(Refusal):
    """The wanted time is over."""

    code: ClassVar[ErrorCode] = ErrorCode.IN_THE_PAST


@dataclass
class NonexistentTime(Refusal):
    """The clock on the wall never shows this time on that day: it lies in the gap of a spring change."""

    code: ClassVar[ErrorCode] = ErrorCode.NONEXISTENT_TIME


@dataclass
class TooLate(Refusal):
    """The deadline is past; only the office can still do it."""

    code: ClassVar[ErrorCode] = ErrorCode.TOO_LATE
