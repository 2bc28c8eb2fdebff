"""Every write of staff: who works, when, where and what."""

from backend.staff.actions.members import (
    StaffChanges,
    add_service_area,
    assign_service,
    create_staff_member,
    deactivate_staff_member,
    erase_time_off,
    record_time_off,
    remove_schedule_exception,
    remove_service_area,
    remove_working_day,
    row_of_user,
    set_schedule_exception,
    set_working_hours,
    unassign_service,
    update_staff_member,
)
from backend.staff.actions.wishes import (
    ask_time_off,
    ask_time_off_removal,
    reject_staff_change,
    settle_staff_change,
    withdraw_staff_change,
)

__all__ = [
    "StaffChanges",
    "add_service_area",
    "ask_time_off",
    "ask_time_off_removal",
    "assign_service",
    "create_staff_member",
    "deactivate_staff_member",
    "erase_time_off",
    "record_time_off",
    "reject_staff_change",
    "remove_schedule_exception",
    "remove_service_area",
    "remove_working_day",
    "row_of_user",
    "set_schedule_exception",
    "set_working_hours",
    "settle_staff_change",
    "unassign_service",
    "update_staff_member",
    "withdraw_staff_change",
]
