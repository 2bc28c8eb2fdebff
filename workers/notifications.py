"""Telling people: each handler writes a mail into the log, `send_email` hands one over."""

from datetime import datetime

import dramatiq

from backend.core import clock
from backend.events.rules import Happened
from backend.notifications import actions
from backend.notifications.gateway import DjangoMailer
from backend.notifications.rules import EmailKind
from workers.broker import QUEUE, broker, handler


@handler
def order_received(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered: we have it."""
    actions.write_order_email(kind=EmailKind.ORDER_RECEIVED, event=event, now=now)


@handler
def order_confirmed(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered: these are the visits."""
    actions.write_order_email(kind=EmailKind.ORDER_CONFIRMED, event=event, now=now)


@handler
def order_cancelled(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered: it won't happen."""
    actions.write_order_email(kind=EmailKind.ORDER_CANCELLED, event=event, now=now)


@handler
def order_changed(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered, where it was the office: this is how your order stands now."""
    actions.write_news_of_office(kind=EmailKind.ORDER_CHANGED, event=event, now=now)


@handler
def tracking_link_requested(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered, if it was they who asked: the link to it, made anew where it has run out."""
    actions.write_tracking_email(event=event, now=now)


@handler
def change_requested(event: Happened, /, *, now: datetime) -> None:
    """To the office: somebody asks for another time."""
    actions.write_office_email(kind=EmailKind.CHANGE_REQUESTED, event=event, now=now)


@handler
def change_approved(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered: you have the other time."""
    actions.write_order_email(kind=EmailKind.CHANGE_APPROVED, event=event, now=now)


@handler
def change_rejected(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered: it stays as it was, and why."""
    actions.write_order_email(kind=EmailKind.CHANGE_REJECTED, event=event, now=now)


@handler
def change_withdrawn(event: Happened, /, *, now: datetime) -> None:
    """To whoever ordered, where it was the office: your wish is off the table."""
    actions.write_news_of_office(kind=EmailKind.CHANGE_WITHDRAWN, event=event, now=now)


@handler
def appointment_booked(event: Happened, /, *, now: datetime) -> None:
    """To whoever booked a visit directly: it is booked, or waits for the office."""
    actions.write_booking_email(kind=EmailKind.APPOINTMENT_BOOKED, event=event, now=now)


@handler
def appointment_confirmed(event: Happened, /, *, now: datetime) -> None:
    """To whoever booked a visit directly: the office has confirmed it."""
    actions.write_booking_email(kind=EmailKind.APPOINTMENT_CONFIRMED, event=event, now=now)


@handler
def appointment_moved(event: Happened, /, *, now: datetime) -> None:
    """To whoever booked a visit directly: it has another time, or somebody else comes."""
    actions.write_booking_email(kind=EmailKind.APPOINTMENT_MOVED, event=event, now=now)


@handler
def appointment_cancelled(event: Happened, /, *, now: datetime) -> None:
    """To whoever booked a visit directly: it won't happen."""
    actions.write_booking_email(kind=EmailKind.APPOINTMENT_CANCELLED, event=event, now=now)


@handler
def registered(event: Happened, /, *, now: datetime) -> None:
    """To a new account: prove your e-mail, or welcome."""
    actions.write_registered_email(event=event, now=now)


@handler
def registered_again(event: Happened, /, *, now: datetime) -> None:
    """To the owner of an account: somebody tried to register with your e-mail."""
    actions.write_account_email(kind=EmailKind.REGISTERED_AGAIN, event=event, now=now)


@handler
def verification_requested(event: Happened, /, *, now: datetime) -> None:
    """To an account: the link that proves your e-mail, again."""
    actions.write_account_email(kind=EmailKind.VERIFY_EMAIL, event=event, now=now)


@handler
def password_reset_requested(event: Happened, /, *, now: datetime) -> None:
    """To the owner of an account: the link that sets a new password."""
    actions.write_account_email(kind=EmailKind.RESET_PASSWORD, event=event, now=now)


@handler
def password_changed(event: Happened, /, *, now: datetime) -> None:
    """To the owner of an account: your password is another."""
    actions.write_account_email(kind=EmailKind.PASSWORD_CHANGED, event=event, now=now)


@handler
def invitation_sent(event: Happened, /, *, now: datetime) -> None:
    """To somebody without an account: make one in this role."""
    actions.write_invitation_email(event=event, now=now)


@dramatiq.actor(actor_name="notifications.send_email", queue_name=QUEUE, broker=broker)
def send_email(email_id: int, **_: object) -> None:
    """Hand one mail over to the mail server."""
    actions.send_email(email_id=email_id, mailer=DjangoMailer(), now=clock.now())
