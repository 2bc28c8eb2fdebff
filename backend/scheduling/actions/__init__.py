"""Every write of scheduling."""

from backend.scheduling.actions.booking import book_visits, claim_time, give_bookings
from backend.scheduling.actions.direct import BookingRequest, book_appointment, confirm_appointment
from backend.scheduling.actions.external import replace_external_busy
from backend.scheduling.actions.holds import (
    HeldSlot,
    SlotRequest,
    TakenHold,
    drop_holds,
    forget_ended_holds,
    hold_slot,
    keep_hold,
    release_slot,
    take_hold,
)
from backend.scheduling.actions.moving import move_visits
from backend.scheduling.actions.photos import delete_photo, upload_photos
from backend.scheduling.actions.progress import (
    add_internal_note,
    announce_arrival,
    cancel_visits,
    complete_appointment,
    complete_visits,
    mark_no_show,
    start_appointment,
)
from backend.scheduling.actions.reassigning import give_visit_to, lock_with_colleagues, reassign_visits
from backend.scheduling.actions.rescheduling import (
    RescheduleRequest,
    cancel_appointment,
    link_guest_appointment,
    reschedule_appointment,
)
from backend.scheduling.actions.time_off import add_time_off, remove_time_off
from backend.scheduling.actions.wishes import approve_staff_change, enter_time_off, take_time_off_back
from backend.scheduling.rules import Move, VisitPlan

__all__ = [
    "BookingRequest",
    "HeldSlot",
    "Move",
    "RescheduleRequest",
    "SlotRequest",
    "TakenHold",
    "VisitPlan",
    "add_internal_note",
    "add_time_off",
    "announce_arrival",
    "approve_staff_change",
    "book_appointment",
    "book_visits",
    "cancel_appointment",
    "cancel_visits",
    "claim_time",
    "complete_appointment",
    "complete_visits",
    "confirm_appointment",
    "delete_photo",
    "drop_holds",
    "enter_time_off",
    "forget_ended_holds",
    "give_bookings",
    "give_visit_to",
    "hold_slot",
    "keep_hold",
    "link_guest_appointment",
    "lock_with_colleagues",
    "mark_no_show",
    "move_visits",
    "reassign_visits",
    "release_slot",
    "remove_time_off",
    "replace_external_busy",
    "reschedule_appointment",
    "start_appointment",
    "take_hold",
    "take_time_off_back",
    "upload_photos",
]
