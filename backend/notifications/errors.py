"""What can go wrong outside."""

from dataclasses import dataclass


@dataclass
class TransportError(Exception):
    """The mail server did not take it. `permanent` where it never will: trying again would only annoy it."""

    message: str
    permanent: bool = False

    def __str__(self) -> str:
        return self.message
