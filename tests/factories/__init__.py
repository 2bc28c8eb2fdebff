"""Rows for tests. A factory makes a state by name; it goes around the actions, so it never tests them by accident."""

from tests.factories.bookings import direct_booking
from tests.factories.business import (
    add_postcodes,
    address,
    area,
    category,
    configured,
    customer,
    extra,
    held_slot,
    manager,
    offers,
    service,
    staff_member,
    time_off,
    token_for,
    user,
    works,
)
from tests.factories.calendars import calendar_event, calendar_feed, connected_calendar
from tests.factories.coupons import coupon
from tests.factories.orders import confirmed_order, pending_order
from tests.factories.partners import api_key, endpoint, partner, partner_viewer, webhook
from tests.factories.photos import photo, picture
from tests.factories.subscriptions import active_plan, paused_plan, pending_plan, unplaced_visit

__all__ = [
    "active_plan",
    "add_postcodes",
    "address",
    "api_key",
    "area",
    "calendar_event",
    "calendar_feed",
    "category",
    "configured",
    "confirmed_order",
    "connected_calendar",
    "coupon",
    "customer",
    "direct_booking",
    "endpoint",
    "extra",
    "held_slot",
    "manager",
    "offers",
    "partner",
    "partner_viewer",
    "paused_plan",
    "pending_order",
    "pending_plan",
    "photo",
    "picture",
    "service",
    "staff_member",
    "time_off",
    "token_for",
    "unplaced_visit",
    "user",
    "webhook",
    "works",
]
