"""Refusals of the catalogue."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.errors import ErrorCode, Refusal


@dataclass
class ServiceInactive(Refusal):
    """The service, or the extra, can't be booked any more, or not yet."""

    code: ClassVar[ErrorCode] = ErrorCode.INACTIVE


@dataclass
class CategoryInUse(Refusal):
    """Services or other categories stand in it: move those first, or hide it."""

    code: ClassVar[ErrorCode] = ErrorCode.IN_USE
