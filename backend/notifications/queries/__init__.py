"""What was told to whom, and how people want to be told."""

from backend.notifications.queries.log import email_for, emails_visible_to
from backend.notifications.queries.people import Person, person, the_office

__all__ = ["Person", "email_for", "emails_visible_to", "person", "the_office"]
