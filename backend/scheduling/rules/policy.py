"""Until when, how often and by whom a booked visit may be changed. The terms are those that were frozen at booking."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from backend.core.errors import InvalidTransition, Refusal
from backend.scheduling.errors import ChangeRequestNeeded, TooLate, TooManyReschedules
from backend.scheduling.rules.states import TRANSITIONS, AppointmentStatus, AppointmentType, deadline_passed

_MOVABLE = frozenset({AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED})


class Party(Enum):
    """As whom somebody deals with a visit."""

    OFFICE = auto()
    """Admins, and managers with manage_orders."""
    OWNER = auto()
    """The customer whose it is, and whoever holds its tracking token."""
    OTHER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How a visit stands, and what was agreed about changing it. Instants are in UTC."""

    type: AppointmentType
    status: AppointmentStatus
    cancellation_deadline: datetime
    reschedule_deadline: datetime
    reschedules: int
    max_reschedules: int


def objection_to_cancelling(agreement: Agreement, *, party: Party, now: datetime) -> Refusal | None:
    """Why it can't be called off now: InvalidTransition, or TooLate for its owner. None where it can be."""
    if AppointmentStatus.CANCELLED not in TRANSITIONS[agreement.status]:
        return InvalidTransition(f"The visit is {agreement.status}: it can't be cancelled any more.")
    if party is Party.OFFICE:
        return None
    if agreement.status is AppointmentStatus.IN_PROGRESS:
        return InvalidTransition("The work has begun: please call us.")
    if deadline_passed(agreement.cancellation_deadline, now):
        return TooLate("It is too late to cancel online: please call us.")
    return None


def objection_to_rescheduling(agreement: Agreement, *, party: Party, now: datetime) -> Refusal | None:
    """Why it can't be moved now. None where it can be.

    InvalidTransition once the work has begun or the visit is closed. For its owner also ChangeRequestNeeded for a visit
    of an order or plan, TooLate after the deadline that held until now, and TooManyReschedules.
    """
    if agreement.status not in _MOVABLE:
        return InvalidTransition(f"The visit is {agreement.status}: it can't be moved any more.")
    if party is Party.OFFICE:
        return None
    if agreement.type is not AppointmentType.SINGLE:
        return ChangeRequestNeeded("This visit belongs to an order or a plan: ask for another time there.")
    if deadline_passed(agreement.reschedule_deadline, now):
        return TooLate("It is too late to move this visit online: please call us.")
    if agreement.reschedules >= agreement.max_reschedules:
        return TooManyReschedules("This visit can't be moved online any more: please call us.")
    return None
