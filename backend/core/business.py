"""The business that this installation serves: its name, zone, currency and booking rules, from the environment."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings

from backend.core.fairness import Assignment


@dataclass(frozen=True, slots=True)
class Business:
    """Facts that rules are computed with. Minutes, hours and days are whole numbers."""

    name: str
    zone: ZoneInfo
    currency: str
    cancellation_notice_hours: int
    """How long before its start a visit may still be cancelled by the customer."""
    reschedule_notice_hours: int
    """How long before its start a booking may still be moved by the customer."""
    max_reschedules: int
    """How often a customer may move one booking; the office is not counted."""
    bookings_need_confirmation: bool
    """Whether the office confirms what customers and guests book; their time is held from the start."""
    slot_grid_minutes: int
    """Bookable times lie on multiples of this, counted from midnight."""
    booking_notice: timedelta
    """The earliest start that can be offered, counted from now."""
    booking_horizon: timedelta
    """The latest start that can be offered, counted from now."""
    travel_minutes_per_mile: Decimal
    """Minutes that staff are given for each mile between two visits; 0 gives none and looks at no distances."""
    hold_lifetime: timedelta
    """How long a time is held for somebody who is still filling in a form."""
    order_hold: timedelta
    """How long at most a held time waits for the office, once it was ordered."""
    tracking_link_lifetime: timedelta
    """How long a tracking link still opens an order, a booking or a plan after its end."""
    plan_search_days: int
    """How many days past its nominal date a plan's visit may be moved to find a free time."""
    plans_need_confirmation: bool
    """Whether a new plan is PENDING, without claims, until the office confirms it."""
    email: str
    """Where mails come from."""
    public_url: str
    """Where the web shop answers; tracking links are built on it. No trailing slash."""

    language: str = "en"
    """The language of messages to people who have not chosen one."""
    external_busy_blocks: bool = False
    """Whether what staff do elsewhere, by their own calendars, keeps visits away from them."""
    assignment: Assignment = Assignment.LEAST_BOOKED
    """Who is sent first, of all who could come."""
    staff_changes_need_approval: bool = False
    """Whether what staff change of their own hours, areas and absences waits for the office."""

    def today(self, now: datetime) -> date:
        """The date on the business's wall at `now`."""
        return now.astimezone(self.zone).date()


def business() -> Business:
    """The business as configured."""
    configured: Business = settings.ROTA_BUSINESS
    return configured
