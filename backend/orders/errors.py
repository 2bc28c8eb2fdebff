"""Refusals of orders. Those about time and staff are scheduling's, those about services the catalogue's, those
about coupons the coupons'."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.errors import ErrorCode, Refusal
from backend.scheduling.errors import TooLate

__all__ = ["NonexistentTime", "TooLate"]


@dataclass
class NonexistentTime(Refusal):
    """The clock on the wall never shows this time on that day: it lies in the gap of a spring change."""

    code: ClassVar[ErrorCode] = ErrorCode.NONEXISTENT_TIME
