"""What was told to whom, and how people want to be told."""

from backend.notifications.queries.log import (
    email_for,
    emails_for,
    emails_visible_to,
    sms_for,
    sms_list_for,
    sms_visible_to,
)
from backend.notifications.queries.people import Person, person, the_office
from backend.notifications.queries.templates import own_wording, template_for, templates_visible_to
from backend.notifications.queries.wishes import (
    Wishes,
    own_wishes,
    preferences_of,
    preferences_visible_to,
    read_unsubscribe_token,
    unsubscribe_token,
    wishes_in,
    wishes_of,
)

__all__ = [
    "Person",
    "Wishes",
    "email_for",
    "emails_for",
    "emails_visible_to",
    "own_wishes",
    "own_wording",
    "person",
    "preferences_of",
    "preferences_visible_to",
    "read_unsubscribe_token",
    "sms_for",
    "sms_list_for",
    "sms_visible_to",
    "template_for",
    "templates_visible_to",
    "the_office",
    "unsubscribe_token",
    "wishes_in",
    "wishes_of",
]
