"""What people were told, by which ways they want to be told, and when not."""

from datetime import time
from typing import Any

import strawberry
import strawberry_django
from django.db.models import Q, QuerySet

from backend.core.viewer import Viewer
from backend.notifications import actions, queries
from backend.notifications.actions import GroupWish, PreferenceChanges
from backend.notifications.models import EmailLog, NotificationPreference, SmsLog
from backend.notifications.rules import (
    KINDS,
    OPTIONAL_GROUPS,
    SECRET_KINDS,
    Channel,
    Failure,
    MessageGroup,
    MessageKind,
    MessageStatus,
)
from schema.connections import Connection
from schema.context import Info
from schema.enums import declare
from schema.nodes import VisibleNode
from schema.payloads import Payload, mutation

declare(
    MessageKind,
    name="MessageKind",
    description="What a message tells.",
    values={
        MessageKind.ORDER_RECEIVED: "We have the order; the office has not confirmed it yet.",
        MessageKind.ORDER_CONFIRMED: "The order has its visits.",
        MessageKind.ORDER_CANCELLED: "The order was called off.",
        MessageKind.ORDER_CHANGED: "The office changed the order.",
        MessageKind.ORDER_COMPLETED: "The work of the order is done.",
        MessageKind.CHANGE_REQUESTED: "To the office: another time was asked for.",
        MessageKind.CHANGE_APPROVED: "The order has the time that was asked for.",
        MessageKind.CHANGE_REJECTED: "The order stays at its time.",
        MessageKind.CHANGE_WITHDRAWN: "The request for another time was taken back.",
        MessageKind.TRACKING_LINK: "The link to an order, because it was asked for.",
        MessageKind.APPOINTMENT_BOOKED: "The visit is booked, or waits for the office.",
        MessageKind.APPOINTMENT_CONFIRMED: "The office has confirmed the visit.",
        MessageKind.APPOINTMENT_MOVED: "The visit has another time, or somebody else comes.",
        MessageKind.APPOINTMENT_CANCELLED: "The visit was called off.",
        MessageKind.APPOINTMENT_ON_THE_WAY: "Whoever comes is on the way.",
        MessageKind.APPOINTMENT_STARTED: "The work has begun.",
        MessageKind.APPOINTMENT_COMPLETED: "The work is done.",
        MessageKind.REMINDER_DAY: "The visit is tomorrow: 24 hours before it.",
        MessageKind.REMINDER_HOURS: "The visit is soon: 2 hours before it.",
        MessageKind.PLAN_CREATED: "The plan is made, or waits for the office.",
        MessageKind.PLAN_CONFIRMED: "The office has taken the plan on, and placed its visits.",
        MessageKind.PLAN_PAUSED: "Nobody comes for a while.",
        MessageKind.PLAN_RESUMED: "The plan goes on.",
        MessageKind.PLAN_CANCELLED: "The plan was ended early.",
        MessageKind.PLAN_COMPLETED: "The plan's last visit is done.",
        MessageKind.PLAN_LINK: "The link to a plan, because it was asked for.",
        MessageKind.VISIT_PLACED: "A visit of a plan has found its time.",
        MessageKind.VISIT_SKIPPED: "A visit of a plan is left out.",
        MessageKind.VISIT_UNPLACED: "To the office: a visit of a plan found no time.",
        MessageKind.VISIT_CHANGE_REQUESTED: "To the office: another time of one visit of a plan was asked for.",
        MessageKind.VISIT_CHANGE_APPROVED: "The visit has the time that was asked for.",
        MessageKind.VISIT_CHANGE_REJECTED: "The visit stays at its time.",
        MessageKind.CALENDAR_BROKEN: "To its owner: a connected calendar lets us in no more.",
        MessageKind.WEBHOOK_PAUSED: "To the office: a partner's endpoint is no longer sent to.",
        MessageKind.DIGEST: "To the office: its day, in the morning.",
        MessageKind.VERIFY_EMAIL: "A link that proves an e-mail address.",
        MessageKind.WELCOME: "An account was made.",
        MessageKind.REGISTERED_AGAIN: "Somebody tried to register an e-mail that has an account.",
        MessageKind.RESET_PASSWORD: "A link that sets a new password.",
        MessageKind.PASSWORD_CHANGED: "The password is another now.",
        MessageKind.INVITATION: "A link to register as staff, manager or admin.",
    },
)
declare(
    MessageGroup,
    name="MessageGroup",
    description="Messages that can be switched on and off together.",
    values={
        MessageGroup.ORDERS: "What happens to orders.",
        MessageGroup.VISITS: "Bookings, moves and cancellations of visits.",
        MessageGroup.REMINDERS: "Reminders before visits, and that somebody comes.",
        MessageGroup.PLANS: "What happens to plans and their visits.",
        MessageGroup.ACCOUNT: "Account and connected calendars.",
        MessageGroup.OFFICE: "What waits for the office.",
    },
)
declare(
    MessageStatus,
    name="MessageStatus",
    description="Where a message stands.",
    values={
        MessageStatus.QUEUED: "Waits until it is due, and to be handed over.",
        MessageStatus.SENDING: "Is being handed over.",
        MessageStatus.SENT: "The mail server or SMS provider has taken it.",
        MessageStatus.FAILED: "Was given up; its failure says why.",
        MessageStatus.DROPPED: "Was no longer true when its time came: nobody got it.",
    },
)
declare(
    Failure,
    name="MessageFailure",
    description="What the last failure of a message means.",
    values={
        Failure.PASSING: "Nobody answered, or not now: it is tried again.",
        Failure.PERMANENT: "Refused for good: the same message would be refused again.",
    },
)


@strawberry.type
class Message(VisibleNode):
    """What mails and short messages have in common."""

    recipient: strawberry.auto
    recipient_name: strawberry.auto
    language: strawberry.auto
    attempts: strawberry.auto
    created_at: strawberry.auto
    due_at: strawberry.auto
    sent_at: strawberry.auto

    @strawberry_django.field(only=["kind"], description="What it tells.")
    def kind(self) -> MessageKind:
        return MessageKind(self.kind)

    @strawberry_django.field(only=["status"], description="Where it stands.")
    def status(self) -> MessageStatus:
        return MessageStatus(self.status)

    @strawberry_django.field(only=["failure"], description="What its last failure means; null for none.")
    def failure(self) -> Failure | None:
        return Failure(self.failure) if self.failure else None

    @strawberry_django.field(
        only=["kind", "text"], description="What it says; null where it lets in whoever has it: only its reader has it."
    )
    def text(self) -> str | None:
        return None if self.kind in SECRET_KINDS else self.text


@strawberry_django.order_type(EmailLog, description="The order of mails.")
class EmailOrder:
    created_at: strawberry.auto
    due_at: strawberry.auto


@strawberry_django.filter_type(EmailLog, description="Which mails. Values of one filter must all be met.")
class EmailFilter:
    recipient: strawberry.auto = strawberry_django.filter_field(description="To whom, exactly.")

    @strawberry_django.filter_field(description="Of this kind.")
    def kind(self, value: MessageKind, prefix: str) -> Q:
        return Q((f"{prefix}kind", value.value))

    @strawberry_django.filter_field(description="That stand so.")
    def status(self, value: MessageStatus, prefix: str) -> Q:
        return Q((f"{prefix}status", value.value))


@strawberry_django.type(EmailLog, ordering=EmailOrder, filters=EmailFilter, description="One mail to one person.")
class EmailMessage(Message):
    subject: strawberry.auto

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.emails_visible_to(viewer)


@strawberry_django.order_type(SmsLog, description="The order of short messages.")
class SmsOrder:
    created_at: strawberry.auto
    due_at: strawberry.auto


@strawberry_django.type(SmsLog, ordering=SmsOrder, description="One short message to one phone.")
class SmsMessage(Message):
    segments: strawberry.auto

    @classmethod
    def visible(cls, viewer: Viewer) -> QuerySet[Any]:
        return queries.sms_visible_to(viewer)


@strawberry.type(description="By which ways a group of messages comes.")
class GroupPreference:
    group: MessageGroup = strawberry.field(description="Which messages.")
    email: bool = strawberry.field(description="Whether by e-mail.")
    sms: bool | None = strawberry.field(description="Whether by SMS; null where none of them ever does.")


@strawberry.type(description="Hours in which nothing comes but what must be told at once.")
class QuietHours:
    start: time = strawberry.field(name="from", description="Since when, on the person's wall.")
    end: time = strawberry.field(name="until", description="Until when; over midnight where it is earlier.")


@strawberry.type(description="How somebody wants to be told. What concerns the safety of the account is always sent.")
class NotificationPreferences:
    groups: list[GroupPreference] = strawberry.field(description="By which ways, for each group.")
    quiet_hours: QuietHours | None = strawberry.field(description="When not; null for never.")

    @classmethod
    def of(cls, wishes: queries.Wishes) -> "NotificationPreferences":
        return cls(
            groups=[
                GroupPreference(
                    group=group,
                    email=wishes.wants(Channel.EMAIL, group),
                    sms=wishes.wants(Channel.SMS, group) if _texts(group) else None,
                )
                for group in OPTIONAL_GROUPS
            ],
            quiet_hours=QuietHours(start=wishes.quiet.start, end=wishes.quiet.end) if wishes.quiet else None,
        )


def _texts(group: MessageGroup) -> bool:
    return any(traits.group is group and Channel.SMS in traits.channels for traits in KINDS.values())


@strawberry.input(description="By which ways a group of messages may come. What is left out stays.")
class GroupPreferenceInput:
    group: MessageGroup = strawberry.field(description="Which messages.")
    email: bool | None = strawberry.field(default=None, description="Whether by e-mail.")
    sms: bool | None = strawberry.field(default=None, description="Whether by SMS.")


@strawberry.input(description="Hours in which nothing comes; both null for none.")
class QuietHoursInput:
    start: time | None = strawberry.field(name="from", default=None, description="Since when, on the person's wall.")
    end: time | None = strawberry.field(name="until", default=None, description="Until when.")


@strawberry.input(description="Changes to how one is told. What is left out stays.")
class UpdateNotificationPreferencesInput:
    groups: list[GroupPreferenceInput] = strawberry.field(default_factory=list, description="By which ways.")
    quiet_hours: QuietHoursInput | None = strawberry.field(default=None, description="When not.")


@strawberry.type(description="Answer with the preferences as they are now.")
class NotificationPreferencesPayload(Payload):
    @strawberry.field(description="The preferences as they are now.")
    def preferences(self) -> NotificationPreferences | None:
        row = self.row
        return NotificationPreferences.of(queries.wishes_in(row)) if isinstance(row, NotificationPreference) else None


@strawberry.type
class MessagesQuery:
    @strawberry_django.connection(
        Connection[EmailMessage],
        description="Mails, the newest first: all for admins, those of managed customers for managers, else one's own.",
    )
    def email_messages(self, info: Info) -> QuerySet[EmailLog]:
        return queries.emails_for(info.context.viewer)

    @strawberry_django.connection(
        Connection[SmsMessage],
        description="Short messages, the newest first: all for admins, those of managed customers for managers, else "
        "one's own.",
    )
    def sms_messages(self, info: Info) -> QuerySet[SmsLog]:
        return queries.sms_list_for(info.context.viewer)

    @strawberry.field(description="How one wants to be told. Signed-in users.")
    def notification_preferences(self, info: Info) -> NotificationPreferences:
        return NotificationPreferences.of(queries.own_wishes(info.context.viewer))


@strawberry.type
class MessagesMutation:
    @mutation(description="Change how one is told. Signed-in users.")
    def update_notification_preferences(
        self, info: Info, input: UpdateNotificationPreferencesInput
    ) -> NotificationPreferencesPayload:
        quiet = input.quiet_hours
        changes = PreferenceChanges(
            groups=[GroupWish(group=each.group, email=each.email, sms=each.sms) for each in input.groups],
            sets_quiet=quiet is not None,
            quiet_from=quiet.start if quiet else None,
            quiet_until=quiet.end if quiet else None,
        )
        row = actions.update_preferences(viewer=info.context.viewer, changes=changes, now=info.context.now)
        return NotificationPreferencesPayload(row=row)
