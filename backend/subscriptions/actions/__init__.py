"""Everything that changes a plan."""

from backend.subscriptions.actions.changes import (
    approve_visit_change,
    reject_visit_change,
    request_visit_change,
    withdraw_visit_change,
)
from backend.subscriptions.actions.create import confirm_subscription, create_subscription
from backend.subscriptions.actions.following import (
    follow_appointment,
    offer_freed_time,
    place_if_possible,
    resume_if_due,
    tell_plans_to_place,
    tell_plans_to_resume,
)
from backend.subscriptions.actions.lifecycle import cancel_subscription, pause_subscription, resume_subscription
from backend.subscriptions.actions.link import link_guest_subscription
from backend.subscriptions.actions.tracking import renew_plan_link
from backend.subscriptions.actions.visits import (
    Scope,
    change_visits,
    complete_visit,
    generate_visits,
    place_visit,
    skip_visit,
)

__all__ = [
    "Scope",
    "approve_visit_change",
    "cancel_subscription",
    "change_visits",
    "complete_visit",
    "confirm_subscription",
    "create_subscription",
    "follow_appointment",
    "generate_visits",
    "link_guest_subscription",
    "offer_freed_time",
    "pause_subscription",
    "place_if_possible",
    "place_visit",
    "reject_visit_change",
    "renew_plan_link",
    "request_visit_change",
    "resume_if_due",
    "resume_subscription",
    "skip_visit",
    "tell_plans_to_place",
    "tell_plans_to_resume",
    "withdraw_visit_change",
]
