"""What is told to whom, in which words, when, and what becomes of it."""

from backend.notifications.rules.kinds import (
    KINDS,
    SECRET_KINDS,
    Audience,
    Channel,
    MessageGroup,
    MessageKind,
    Traits,
)
from backend.notifications.rules.phrases import Phrase
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
from backend.notifications.rules.wording import (
    Block,
    Wording,
    blocks,
    needs_sms,
    paragraphs,
    read_wording,
    sample_values,
    tidy,
)

__all__ = [
    "KINDS",
    "LEASE",
    "MAX_ATTEMPTS",
    "MAX_SUBJECT",
    "SECRET_KINDS",
    "Audience",
    "Block",
    "Channel",
    "Failure",
    "MessageGroup",
    "MessageKind",
    "MessageStatus",
    "Phrase",
    "Traits",
    "Wording",
    "blocks",
    "header_text",
    "is_exhausted",
    "needs_sms",
    "paragraphs",
    "read_wording",
    "retry_delay",
    "sample_values",
    "tidy",
]
