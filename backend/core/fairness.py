"""How a business shares out work that anybody could do: a setting, and the argument of one rule
(backend/scheduling/rules/assignment.py)."""

from enum import StrEnum


class Assignment(StrEnum):
    """Who is sent first, of all who could come."""

    LEAST_BOOKED = "LEAST_BOOKED"
    """Whoever has least booked on the day."""
    LONGEST_IDLE = "LONGEST_IDLE"
    """In turn: whoever's last visit is longest ago."""
