"""Telling people: what is written into the log, and what becomes of it."""

from backend.notifications.actions.accounts import tell_account, tell_invited, tell_registered
from backend.notifications.actions.bookings import tell_of_booking
from backend.notifications.actions.connections import tell_calendar_broken, tell_webhook_paused
from backend.notifications.actions.digest import write_digests
from backend.notifications.actions.orders import (
    tell_news_of_office,
    tell_of_order,
    tell_office_of_order,
    tell_tracking_link,
)
from backend.notifications.actions.people import erase_messages, export_messages
from backend.notifications.actions.plans import (
    tell_of_plan,
    tell_of_plan_visit,
    tell_of_skipped_visit,
    tell_office_of_plan_visit,
    tell_plan_link,
)
from backend.notifications.actions.preferences import GroupWish, PreferenceChanges, unsubscribe, update_preferences
from backend.notifications.actions.reminders import remind
from backend.notifications.actions.rendering import Rendered, translated_wording
from backend.notifications.actions.retention import forget_old_messages
from backend.notifications.actions.sending import (
    lease_emails,
    lease_sms,
    send_email,
    send_email_again,
    send_sms,
    send_sms_again,
)
from backend.notifications.actions.templates import delete_template, preview, save_template, send_test
from backend.notifications.actions.voice import Voice

__all__ = [
    "GroupWish",
    "PreferenceChanges",
    "Rendered",
    "Voice",
    "delete_template",
    "erase_messages",
    "export_messages",
    "forget_old_messages",
    "lease_emails",
    "lease_sms",
    "preview",
    "remind",
    "save_template",
    "send_email",
    "send_email_again",
    "send_sms",
    "send_sms_again",
    "send_test",
    "tell_account",
    "tell_calendar_broken",
    "tell_invited",
    "tell_news_of_office",
    "tell_of_booking",
    "tell_of_order",
    "tell_of_plan",
    "tell_of_plan_visit",
    "tell_of_skipped_visit",
    "tell_office_of_order",
    "tell_office_of_plan_visit",
    "tell_plan_link",
    "tell_registered",
    "tell_tracking_link",
    "tell_webhook_paused",
    "translated_wording",
    "unsubscribe",
    "update_preferences",
    "write_digests",
]
