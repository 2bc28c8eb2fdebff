"""Refusals of geography."""

from dataclasses import dataclass
from typing import ClassVar

from backend.core.errors import ErrorCode, Refusal


@dataclass
class UnknownPostcode(Refusal):
    """Well written, but neither the postcode nor its outward code is in the table. Never taken for covered."""

    code: ClassVar[ErrorCode] = ErrorCode.UNKNOWN_POSTCODE


@dataclass
class UnknownLayout(Exception):
    """The file to import is laid out like none that we know. For whoever runs the import, not for customers."""

    first_line: str

    def __str__(self) -> str:
        return (
            "This file has none of the known layouts: GeoNames (tab-separated, 12 columns), ONS Postcode Directory "
            "(a header with pcds, lat, long), Code-Point Open (postcode, quality, eastings, northings, …) or a header "
            f"with outcode or postcode, latitude, longitude. It begins: {self.first_line[:120]!r}"
        )
