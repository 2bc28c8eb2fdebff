"""What the event log refuses."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.errors import ErrorCode, Refusal


@dataclass
class CursorExpired(Refusal):
    """The log can no longer tell what happened after this place: read the rows again, and go on from there."""

    code: ClassVar[ErrorCode] = ErrorCode.CURSOR_EXPIRED
