"""What an address is for."""

from enum import StrEnum


class AddressKind(StrEnum):
    """A customer has one default address of each kind."""

    SERVICE = "SERVICE"
    BILLING = "BILLING"
    OTHER = "OTHER"
