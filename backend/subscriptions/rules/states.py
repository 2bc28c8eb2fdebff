"""The states of a plan and of its visits."""

from enum import StrEnum

from backend.core.errors import InvalidTransition, StaleVersion


class SubscriptionStatus(StrEnum):
    """Where a plan stands."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class VisitStatus(StrEnum):
    """Where a planned visit stands.

    CANCELLED is what a pause or the end of the plan took away; SKIPPED is what was left out by itself, or where nobody
    was met, and is not made up for.
    """

    SCHEDULED = "SCHEDULED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    SKIPPED = "SKIPPED"
    UNPLACED = "UNPLACED"


OPEN_VISITS = frozenset({VisitStatus.SCHEDULED, VisitStatus.UNPLACED})
"""Still to be done."""

ENDED = frozenset({SubscriptionStatus.COMPLETED, SubscriptionStatus.CANCELLED})

TRANSITIONS: dict[SubscriptionStatus, frozenset[SubscriptionStatus]] = {
    SubscriptionStatus.PENDING: frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.CANCELLED}),
    SubscriptionStatus.ACTIVE: frozenset(
        {SubscriptionStatus.PAUSED, SubscriptionStatus.COMPLETED, SubscriptionStatus.CANCELLED}
    ),
    SubscriptionStatus.PAUSED: frozenset(
        {SubscriptionStatus.ACTIVE, SubscriptionStatus.COMPLETED, SubscriptionStatus.CANCELLED}
    ),
    SubscriptionStatus.COMPLETED: frozenset(),
    SubscriptionStatus.CANCELLED: frozenset(),
}


def require_transition(before: SubscriptionStatus, after: SubscriptionStatus) -> None:
    """InvalidTransition unless the table above has the step."""
    if after not in TRANSITIONS[before]:
        raise InvalidTransition(f"A plan that is {before.value} can't become {after.value}.")


def require_status(status: SubscriptionStatus, wanted: SubscriptionStatus) -> None:
    """InvalidTransition for a plan that stands elsewhere."""
    if status is not wanted:
        raise InvalidTransition(f"This plan is {status.value}: it has to be {wanted.value} for that.")


def require_version(current: int, seen: int | None) -> None:
    """StaleVersion where the client names a version and the plan has moved on since; without one, anything goes."""
    if seen is not None and seen != current:
        raise StaleVersion(f"The plan has changed: it is at version {current}, not {seen}.", ("version",))
