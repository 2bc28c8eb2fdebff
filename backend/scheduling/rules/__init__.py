"""Decisions about time: states of a visit, working days, who is free when. Pure: no ORM, no clock, no network."""

from backend.core.fairness import Assignment
from backend.scheduling.errors import Alternative
from backend.scheduling.rules.assignment import Given, Queue
from backend.scheduling.rules.availability import AvailabilityDay, Slot, Window, find_slots, nearest
from backend.scheduling.rules.days import Day, day_of, days_between
from backend.scheduling.rules.room import MAX_TRAVEL_MINUTES, Stay, travel_seconds, why_no_room, with_travel
from backend.scheduling.rules.states import (
    MAX_INTERNAL_NOTES,
    MAX_NOTE,
    OPEN_STATUSES,
    TRANSITIONS,
    AppointmentStatus,
    AppointmentType,
    ClaimKind,
    DayReason,
    PaymentStatus,
    cancellation_deadline,
    deadline_passed,
    may_cancel,
    require_transition,
)
from backend.scheduling.rules.visits import Interval, Move, Need, Offer, VisitPlan
from backend.scheduling.rules.workloads import Busy, Span, Workload, without_breaks, working_spans

__all__ = [
    "MAX_INTERNAL_NOTES",
    "MAX_NOTE",
    "MAX_TRAVEL_MINUTES",
    "OPEN_STATUSES",
    "TRANSITIONS",
    "Alternative",
    "AppointmentStatus",
    "AppointmentType",
    "Assignment",
    "AvailabilityDay",
    "Busy",
    "ClaimKind",
    "Day",
    "DayReason",
    "Given",
    "Interval",
    "Move",
    "Need",
    "Offer",
    "PaymentStatus",
    "Queue",
    "Slot",
    "Span",
    "Stay",
    "VisitPlan",
    "Window",
    "Workload",
    "cancellation_deadline",
    "day_of",
    "days_between",
    "deadline_passed",
    "find_slots",
    "may_cancel",
    "nearest",
    "require_transition",
    "travel_seconds",
    "why_no_room",
    "with_travel",
    "without_breaks",
    "working_spans",
]
