"""Telling people: each handler writes messages into the log, `send_email` hands one over."""

from datetime import datetime

import dramatiq

from backend.core import clock
from backend.events.rules import Happened
from backend.notifications import actions
from backend.notifications.gateway import ConfiguredGateway, DjangoMailer
from backend.notifications.rules import MessageKind
from workers.broker import QUEUE, broker, handler


@handler
def order_received(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered: we have it."""
    actions.tell_of_order(kind=MessageKind.ORDER_RECEIVED, event=event, now=now)


@handler
def order_confirmed(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered: these are the visits."""
    actions.tell_of_order(kind=MessageKind.ORDER_CONFIRMED, event=event, now=now)


@handler
def order_cancelled(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered: it won't happen."""
    actions.tell_of_order(kind=MessageKind.ORDER_CANCELLED, event=event, now=now)


@handler
def order_changed(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered, where it was the office: this is how your order stands now."""
    actions.tell_news_of_office(kind=MessageKind.ORDER_CHANGED, event=event, now=now)


@handler
def tracking_link_requested(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered, if it was they who asked: the link to it, made anew where it has run out."""
    actions.tell_tracking_link(event=event, now=now)


@handler
def change_requested(event: Happened, /, *, now: datetime) -> None:
    """To the office: somebody asks for another time."""
    actions.tell_office_of_order(kind=MessageKind.CHANGE_REQUESTED, event=event, now=now)


@handler
def change_approved(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered: you have the other time."""
    actions.tell_of_order(kind=MessageKind.CHANGE_APPROVED, event=event, now=now)


@handler
def change_rejected(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered: it stays as it was, and why."""
    actions.tell_of_order(kind=MessageKind.CHANGE_REJECTED, event=event, now=now)


@handler
def change_withdrawn(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered, where it was the office: your wish is off the table."""
    actions.tell_news_of_office(kind=MessageKind.CHANGE_WITHDRAWN, event=event, now=now)


@handler
def appointment_booked(event: Happened, /, *, now: datetime) -> None:
    """To whoever booked a visit directly: it is booked, or waits for the office."""
    actions.tell_of_booking(kind=MessageKind.APPOINTMENT_BOOKED, event=event, now=now)


@handler
def appointment_confirmed(event: Happened, /, *, now: datetime) -> None:
    """To whoever booked a visit directly: the office has confirmed it."""
    actions.tell_of_booking(kind=MessageKind.APPOINTMENT_CONFIRMED, event=event, now=now)


@handler
def appointment_moved(event: Happened, /, *, now: datetime) -> None:
    """To whoever a visit is for: it has another time, or somebody else comes."""
    actions.tell_of_booking(kind=MessageKind.APPOINTMENT_MOVED, event=event, now=now)


@handler
def appointment_cancelled(event: Happened, /, *, now: datetime) -> None:
    """To whoever a visit is for: it won't happen."""
    actions.tell_of_booking(kind=MessageKind.APPOINTMENT_CANCELLED, event=event, now=now)


@handler
def appointment_on_the_way(event: Happened, /, *, now: datetime) -> None:
    """To whoever a visit is for: somebody is on the way."""
    actions.tell_of_booking(kind=MessageKind.APPOINTMENT_ON_THE_WAY, event=event, now=now)


@handler
def appointment_started(event: Happened, /, *, now: datetime) -> None:
    """To whoever a visit is for: we are at it."""
    actions.tell_of_booking(kind=MessageKind.APPOINTMENT_STARTED, event=event, now=now)


@handler
def appointment_completed(event: Happened, /, *, now: datetime) -> None:
    """To whoever a visit is for: it is done. An order tells it of all its visits at once."""
    actions.tell_of_booking(kind=MessageKind.APPOINTMENT_COMPLETED, event=event, now=now)


@handler
def order_completed(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered: all is done."""
    actions.tell_of_order(kind=MessageKind.ORDER_COMPLETED, event=event, now=now)


@handler
def plan_created(event: Happened, /, *, now: datetime) -> None:
    """To whoever a plan is for: we have it, or it is set up."""
    actions.tell_of_plan(kind=MessageKind.PLAN_CREATED, event=event, now=now)


@handler
def plan_confirmed(event: Happened, /, *, now: datetime) -> None:
    """To whoever a plan is for: the office took it on, and these are the visits."""
    actions.tell_of_plan(kind=MessageKind.PLAN_CONFIRMED, event=event, now=now)


@handler
def plan_link_requested(event: Happened, /, *, now: datetime) -> None:
    """To whoever a plan is for, if it was they who asked: the link to it, made anew where it has run out."""
    actions.tell_plan_link(event=event, now=now)


@handler
def plan_paused(event: Happened, /, *, now: datetime) -> None:
    """To whoever a plan is for: nobody comes for a while."""
    actions.tell_of_plan(kind=MessageKind.PLAN_PAUSED, event=event, now=now)


@handler
def plan_resumed(event: Happened, /, *, now: datetime) -> None:
    """To whoever a plan is for: it goes on."""
    actions.tell_of_plan(kind=MessageKind.PLAN_RESUMED, event=event, now=now)


@handler
def plan_cancelled(event: Happened, /, *, now: datetime) -> None:
    """To whoever a plan is for: it is off."""
    actions.tell_of_plan(kind=MessageKind.PLAN_CANCELLED, event=event, now=now)


@handler
def plan_completed(event: Happened, /, *, now: datetime) -> None:
    """To whoever a plan is for: that was the last visit."""
    actions.tell_of_plan(kind=MessageKind.PLAN_COMPLETED, event=event, now=now)


@handler
def visit_placed(event: Happened, /, *, now: datetime) -> None:
    """To whoever a plan is for: the visit that had no time has one."""
    actions.tell_of_plan_visit(kind=MessageKind.VISIT_PLACED, event=event, now=now)


@handler
def visit_skipped(event: Happened, /, *, now: datetime) -> None:
    """To whoever a plan is for: a visit is left out."""
    actions.tell_of_skipped_visit(event=event, now=now)


@handler
def visit_unplaced(event: Happened, /, *, now: datetime) -> None:
    """To the office: a visit needs a time."""
    actions.tell_office_of_plan_visit(kind=MessageKind.VISIT_UNPLACED, event=event, now=now)


@handler
def visit_change_requested(event: Happened, /, *, now: datetime) -> None:
    """To the office: somebody asks for another time of a visit."""
    actions.tell_office_of_plan_visit(kind=MessageKind.VISIT_CHANGE_REQUESTED, event=event, now=now)


@handler
def visit_change_approved(event: Happened, /, *, now: datetime) -> None:
    """To whoever a plan is for: you have the other time."""
    actions.tell_of_plan_visit(kind=MessageKind.VISIT_CHANGE_APPROVED, event=event, now=now)


@handler
def visit_change_rejected(event: Happened, /, *, now: datetime) -> None:
    """To whoever a plan is for: the visit stays as it was, and why."""
    actions.tell_of_plan_visit(kind=MessageKind.VISIT_CHANGE_REJECTED, event=event, now=now)


@handler
def calendar_broken(event: Happened, /, *, now: datetime) -> None:
    """To the owner of a calendar: it lets us in no more."""
    actions.tell_calendar_broken(event=event, now=now)


@handler
def webhook_paused(event: Happened, /, *, now: datetime) -> None:
    """To the office: an endpoint of a partner failed for too long."""
    actions.tell_webhook_paused(event=event, now=now)


@handler
def registered(event: Happened, /, *, now: datetime) -> None:
    """To a new account: prove your e-mail, or welcome."""
    actions.tell_registered(event=event, now=now)


@handler
def registered_again(event: Happened, /, *, now: datetime) -> None:
    """To the owner of an account: somebody tried to register with your e-mail."""
    actions.tell_account(kind=MessageKind.REGISTERED_AGAIN, event=event, now=now)


@handler
def verification_requested(event: Happened, /, *, now: datetime) -> None:
    """To an account: the link that proves your e-mail, again."""
    actions.tell_account(kind=MessageKind.VERIFY_EMAIL, event=event, now=now)


@handler
def password_reset_requested(event: Happened, /, *, now: datetime) -> None:
    """To the owner of an account: the link that sets a new password."""
    actions.tell_account(kind=MessageKind.RESET_PASSWORD, event=event, now=now)


@handler
def password_changed(event: Happened, /, *, now: datetime) -> None:
    """To the owner of an account: your password is another."""
    actions.tell_account(kind=MessageKind.PASSWORD_CHANGED, event=event, now=now)


@handler
def invitation_sent(event: Happened, /, *, now: datetime) -> None:
    """To somebody without an account: make one in this role."""
    actions.tell_invited(event=event, now=now)


@dramatiq.actor(actor_name="notifications.send_email", queue_name=QUEUE, broker=broker)
def send_email(email_id: int, **_: object) -> None:
    """Hand one mail over to the mail server."""
    actions.send_email(email_id=email_id, mailer=DjangoMailer(), now=clock.now())


@dramatiq.actor(actor_name="notifications.send_sms", queue_name=QUEUE, broker=broker)
def send_sms(sms_id: int, **_: object) -> None:
    """Hand one short message over to the provider."""
    actions.send_sms(sms_id=sms_id, gateway=ConfiguredGateway(), now=clock.now())
