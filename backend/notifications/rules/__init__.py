"""What is told to whom, in which words, when, and what becomes of it."""

from backend.notifications.rules.invites import CalendarFile, Invite, Method, calendar_file, uid_of
from backend.notifications.rules.kinds import (
    KINDS,
    OPTIONAL_GROUPS,
    SECRET_KINDS,
    Audience,
    Channel,
    MessageGroup,
    MessageKind,
    Traits,
)
from backend.notifications.rules.phrases import Phrase
from backend.notifications.rules.quiet import QuietHours, when_heard
from backend.notifications.rules.reminders import LEADS, LONGEST_LEAD, Upcoming, due_reminder, is_timely
from backend.notifications.rules.sending import (
    LEASE,
    MAX_ATTEMPTS,
    MAX_SUBJECT,
    Failure,
    MessageStatus,
    header_text,
    is_exhausted,
    retry_delay,
)
from backend.notifications.rules.texting import MAX_SMS, segments, shortened
from backend.notifications.rules.wording import (
    Block,
    Wording,
    blocks,
    paragraphs,
    read_wording,
    sample_values,
    tidy,
)

__all__ = [
    "KINDS",
    "LEADS",
    "LEASE",
    "LONGEST_LEAD",
    "MAX_ATTEMPTS",
    "MAX_SMS",
    "MAX_SUBJECT",
    "OPTIONAL_GROUPS",
    "SECRET_KINDS",
    "Audience",
    "Block",
    "CalendarFile",
    "Channel",
    "Failure",
    "Invite",
    "MessageGroup",
    "MessageKind",
    "MessageStatus",
    "Method",
    "Phrase",
    "QuietHours",
    "Traits",
    "Upcoming",
    "Wording",
    "blocks",
    "calendar_file",
    "due_reminder",
    "header_text",
    "is_exhausted",
    "is_timely",
    "paragraphs",
    "read_wording",
    "retry_delay",
    "sample_values",
    "segments",
    "shortened",
    "tidy",
    "uid_of",
    "when_heard",
]
