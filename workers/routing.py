"""Who hears of what: event kind → handlers. A kind that is not here is only logged and shown live.

A handler is a function under `@handler` in the module of its name: `notifications.order_received` is `order_received`
in workers/notifications.py. Renaming one strands its pending deliveries: keep the old name until they are done.
"""

from collections.abc import Callable, Collection, Mapping

from backend.partners.queries import kinds_wanted
from backend.partners.rules import TOLD

_NAMED: Mapping[str, tuple[str, ...]] = {
    "appointment.booked": ("notifications.appointment_booked", "calendars.visit_changed"),
    "appointment.confirmed": ("notifications.appointment_confirmed", "calendars.visit_changed"),
    "appointment.on_the_way": ("notifications.appointment_on_the_way",),
    "appointment.started": ("orders.follow_visits", "notifications.appointment_started", "calendars.visit_changed"),
    "appointment.completed": (
        "orders.follow_visits",
        "notifications.appointment_completed",
        "subscriptions.follow_appointment",
        "calendars.visit_changed",
    ),
    "appointment.cancelled": (
        "orders.follow_visits",
        "subscriptions.follow_appointment",
        "subscriptions.offer_freed_time",
        "notifications.appointment_cancelled",
        "calendars.visit_changed",
    ),
    "appointment.no_show": ("orders.follow_visits", "subscriptions.follow_appointment", "calendars.visit_changed"),
    "appointment.moved": (
        "subscriptions.follow_appointment",
        "subscriptions.offer_freed_time",
        "notifications.appointment_moved",
        "calendars.visit_changed",
    ),
    "booking.linked": ("calendars.visit_changed",),
    "calendar.broken": ("notifications.calendar_broken",),
    "webhook.paused": ("notifications.webhook_paused",),
    "order.placed": ("notifications.order_received",),
    "order.confirmed": ("notifications.order_confirmed",),
    "order.cancelled": ("notifications.order_cancelled",),
    "order.changed": ("notifications.order_changed",),
    "order.completed": ("notifications.order_completed",),
    "order.link_requested": ("notifications.tracking_link_requested",),
    "order.change_requested": ("notifications.change_requested",),
    "order.change_approved": ("notifications.change_approved",),
    "order.change_rejected": ("notifications.change_rejected",),
    "order.change_withdrawn": ("notifications.change_withdrawn",),
    "staff.time_off_erased": ("subscriptions.offer_freed_time",),
    "subscription.created": ("notifications.plan_created",),
    "subscription.confirmed": ("notifications.plan_confirmed",),
    "subscription.link_requested": ("notifications.plan_link_requested",),
    "subscription.paused": ("notifications.plan_paused",),
    "subscription.resumed": ("notifications.plan_resumed",),
    "subscription.cancelled": ("notifications.plan_cancelled",),
    "subscription.completed": ("notifications.plan_completed",),
    "subscription.resume_due": ("subscriptions.resume_if_due",),
    "subscription.placing_due": ("subscriptions.place_if_possible",),
    "visit.placed": ("notifications.visit_placed",),
    "visit.skipped": ("notifications.visit_skipped",),
    "visit.unplaced": ("notifications.visit_unplaced",),
    "visit.change_requested": ("notifications.visit_change_requested",),
    "visit.change_approved": ("notifications.visit_change_approved",),
    "visit.change_rejected": ("notifications.visit_change_rejected",),
    "user.registered": ("notifications.registered",),
    "user.registered_again": ("notifications.registered_again",),
    "user.verification_requested": ("notifications.verification_requested",),
    "user.password_reset_requested": ("notifications.password_reset_requested",),
    "user.password_changed": ("notifications.password_changed",),
    "invitation.sent": ("notifications.invitation_sent",),
}

_ALL_PARTNERS_KNOW = dict.fromkeys(TOLD, ("partners.deliver",))
"""Which kinds these are, is said where it is said what of them partners are told."""

ROUTES: Mapping[str, tuple[str, ...]] = {
    kind: _NAMED.get(kind, ()) + _ALL_PARTNERS_KNOW.get(kind, ()) for kind in (*_NAMED, *_ALL_PARTNERS_KNOW)
}

WANTED: Mapping[str, Callable[[], Collection[str]]] = {"partners.deliver": kinds_wanted}
"""Handlers that most events are nothing to, and how to ask for the kinds that they have to do with at present."""
