"""Every write of scheduling."""

from backend.scheduling.actions.booking import book_visits, claim_time, give_bookings
from backend.scheduling.actions.moving import move_visits
from backend.scheduling.actions.progress import (
    add_internal_note,
    cancel_visits,
    complete_appointment,
    complete_visits,
    mark_no_show,
    start_appointment,
)
from backend.scheduling.actions.time_off import add_time_off, remove_time_off
from backend.scheduling.rules import Move, VisitPlan

__all__ = [
    "Move",
    "VisitPlan",
    "add_internal_note",
    "add_time_off",
    "book_visits",
    "cancel_visits",
    "claim_time",
    "complete_appointment",
    "complete_visits",
    "give_bookings",
    "mark_no_show",
    "move_visits",
    "remove_time_off",
    "start_appointment",
]
