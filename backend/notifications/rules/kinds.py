"""Everything that Rota tells people, in one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class MessageKind(StrEnum):
    """What a message tells."""

    ORDER_RECEIVED = "ORDER_RECEIVED"
    ORDER_CONFIRMED = "ORDER_CONFIRMED"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    ORDER_CHANGED = "ORDER_CHANGED"
    ORDER_COMPLETED = "ORDER_COMPLETED"
    CHANGE_REQUESTED = "CHANGE_REQUESTED"
    CHANGE_APPROVED = "CHANGE_APPROVED"
    CHANGE_REJECTED = "CHANGE_REJECTED"
    CHANGE_WITHDRAWN = "CHANGE_WITHDRAWN"
    TRACKING_LINK = "TRACKING_LINK"
    APPOINTMENT_BOOKED = "APPOINTMENT_BOOKED"
    APPOINTMENT_CONFIRMED = "APPOINTMENT_CONFIRMED"
    APPOINTMENT_MOVED = "APPOINTMENT_MOVED"
    APPOINTMENT_CANCELLED = "APPOINTMENT_CANCELLED"
    APPOINTMENT_ON_THE_WAY = "APPOINTMENT_ON_THE_WAY"
    APPOINTMENT_STARTED = "APPOINTMENT_STARTED"
    APPOINTMENT_COMPLETED = "APPOINTMENT_COMPLETED"
    REMINDER_DAY = "REMINDER_DAY"
    REMINDER_HOURS = "REMINDER_HOURS"
    PLAN_CREATED = "PLAN_CREATED"
    PLAN_CONFIRMED = "PLAN_CONFIRMED"
    PLAN_PAUSED = "PLAN_PAUSED"
    PLAN_RESUMED = "PLAN_RESUMED"
    PLAN_CANCELLED = "PLAN_CANCELLED"
    PLAN_COMPLETED = "PLAN_COMPLETED"
    PLAN_LINK = "PLAN_LINK"
    VISIT_PLACED = "VISIT_PLACED"
    VISIT_SKIPPED = "VISIT_SKIPPED"
    VISIT_UNPLACED = "VISIT_UNPLACED"
    VISIT_CHANGE_REQUESTED = "VISIT_CHANGE_REQUESTED"
    VISIT_CHANGE_APPROVED = "VISIT_CHANGE_APPROVED"
    VISIT_CHANGE_REJECTED = "VISIT_CHANGE_REJECTED"
    CALENDAR_BROKEN = "CALENDAR_BROKEN"
    WEBHOOK_PAUSED = "WEBHOOK_PAUSED"
    DIGEST = "DIGEST"
    VERIFY_EMAIL = "VERIFY_EMAIL"
    WELCOME = "WELCOME"
    REGISTERED_AGAIN = "REGISTERED_AGAIN"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105 - the name of a message
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - the name of a message
    INVITATION = "INVITATION"


class Audience(StrEnum):
    """Whom a message is for."""

    PERSON = "PERSON"
    """A customer, a guest, or the owner of an account."""
    OFFICE = "OFFICE"


class Channel(StrEnum):
    """By which way."""

    EMAIL = "EMAIL"
    SMS = "SMS"


class MessageGroup(StrEnum):
    """What a person can switch on and off together."""

    ORDERS = "ORDERS"
    VISITS = "VISITS"
    REMINDERS = "REMINDERS"
    PLANS = "PLANS"
    ACCOUNT = "ACCOUNT"
    OFFICE = "OFFICE"


@dataclass(frozen=True, slots=True)
class Traits:
    """What is true of all messages of a kind. Its words stand in the template of its name."""

    group: MessageGroup
    audience: Audience = Audience.PERSON
    channels: tuple[Channel, ...] = (Channel.EMAIL,)
    is_security: bool = False
    """Goes at once, whatever the person prefers."""
    is_secret: bool = False
    """Its link lets in whoever has it: nobody but the recipient reads it, and once sent it is not kept."""
    is_momentary: bool = False
    """True for a while only: it goes at once, quiet hours or not, and not at all once it is not true any more."""

    @property
    def is_optional(self) -> bool:
        """Whether a person may do without."""
        return not self.is_security and self.audience is Audience.PERSON


_BOTH = (Channel.EMAIL, Channel.SMS)
_ORDER, _VISIT, _PLAN = Traits(MessageGroup.ORDERS), Traits(MessageGroup.VISITS), Traits(MessageGroup.PLANS)
_TO_OFFICE = Traits(MessageGroup.OFFICE, Audience.OFFICE)
_SECURITY = Traits(MessageGroup.ACCOUNT, is_security=True)
_LETS_IN = Traits(MessageGroup.ACCOUNT, is_security=True, is_secret=True)

KINDS: Mapping[MessageKind, Traits] = {
    MessageKind.ORDER_RECEIVED: _ORDER,
    MessageKind.ORDER_CONFIRMED: _ORDER,
    # Whoever waits at home for somebody who won't come has to hear of it.
    MessageKind.ORDER_CANCELLED: Traits(MessageGroup.ORDERS, channels=_BOTH),
    MessageKind.ORDER_CHANGED: _ORDER,
    MessageKind.ORDER_COMPLETED: _ORDER,
    MessageKind.CHANGE_REQUESTED: _TO_OFFICE,
    MessageKind.CHANGE_APPROVED: _ORDER,
    MessageKind.CHANGE_REJECTED: _ORDER,
    MessageKind.CHANGE_WITHDRAWN: _ORDER,
    # Whoever asks for a link gets it, muted or not.
    MessageKind.TRACKING_LINK: Traits(MessageGroup.ORDERS, is_security=True),
    MessageKind.PLAN_LINK: Traits(MessageGroup.PLANS, is_security=True),
    MessageKind.APPOINTMENT_BOOKED: _VISIT,
    MessageKind.APPOINTMENT_CONFIRMED: _VISIT,
    MessageKind.APPOINTMENT_MOVED: Traits(MessageGroup.VISITS, channels=_BOTH),
    MessageKind.APPOINTMENT_CANCELLED: Traits(MessageGroup.VISITS, channels=_BOTH),
    MessageKind.APPOINTMENT_ON_THE_WAY: Traits(MessageGroup.REMINDERS, channels=_BOTH, is_momentary=True),
    MessageKind.APPOINTMENT_STARTED: Traits(MessageGroup.REMINDERS, channels=_BOTH, is_momentary=True),
    MessageKind.APPOINTMENT_COMPLETED: _VISIT,
    MessageKind.REMINDER_DAY: Traits(MessageGroup.REMINDERS, channels=_BOTH),
    MessageKind.REMINDER_HOURS: Traits(MessageGroup.REMINDERS, channels=_BOTH),
    MessageKind.PLAN_CREATED: _PLAN,
    MessageKind.PLAN_CONFIRMED: _PLAN,
    MessageKind.PLAN_PAUSED: _PLAN,
    MessageKind.PLAN_RESUMED: _PLAN,
    MessageKind.PLAN_CANCELLED: _PLAN,
    MessageKind.PLAN_COMPLETED: _PLAN,
    MessageKind.VISIT_PLACED: _PLAN,
    MessageKind.VISIT_SKIPPED: _PLAN,
    MessageKind.VISIT_UNPLACED: _TO_OFFICE,
    MessageKind.VISIT_CHANGE_REQUESTED: _TO_OFFICE,
    MessageKind.VISIT_CHANGE_APPROVED: _PLAN,
    MessageKind.VISIT_CHANGE_REJECTED: _PLAN,
    MessageKind.CALENDAR_BROKEN: Traits(MessageGroup.ACCOUNT),
    MessageKind.WEBHOOK_PAUSED: _TO_OFFICE,
    MessageKind.DIGEST: _TO_OFFICE,
    MessageKind.VERIFY_EMAIL: _LETS_IN,
    MessageKind.WELCOME: _SECURITY,
    MessageKind.REGISTERED_AGAIN: _SECURITY,
    MessageKind.RESET_PASSWORD: _LETS_IN,
    MessageKind.PASSWORD_CHANGED: _SECURITY,
    MessageKind.INVITATION: _LETS_IN,
}

SECRET_KINDS = frozenset(kind for kind, traits in KINDS.items() if traits.is_secret)
"""Messages whose link lets in whoever has it."""

OPTIONAL_GROUPS = tuple(
    group for group in MessageGroup if any(each.group is group and each.is_optional for each in KINDS.values())
)
"""What a person may do without, all of it or by one way."""
