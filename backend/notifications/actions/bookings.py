"""What is told about single visits, to whoever they are for."""

from datetime import datetime
from typing import Any

from backend.core.business import business
from backend.core.transactions import step
from backend.events.queries import told_together
from backend.events.rules import Happened
from backend.notifications.actions.invites import address_line, attached
from backend.notifications.actions.voice import Voice, rows
from backend.notifications.actions.writing import tell, voice_for
from backend.notifications.queries import Person, person
from backend.notifications.rules import MessageKind, Phrase
from backend.orders.queries import ends_its_order, order_of_visit
from backend.scheduling.queries.bookings import booking_for_message
from backend.scheduling.rules import AppointmentType, Party, objection_to_cancelling, objection_to_rescheduling
from backend.subscriptions.queries import plan_of_visit

_WITH_CALENDAR = frozenset(
    {
        MessageKind.APPOINTMENT_BOOKED,
        MessageKind.APPOINTMENT_CONFIRMED,
        MessageKind.APPOINTMENT_MOVED,
        MessageKind.APPOINTMENT_CANCELLED,
    }
)

_TOLD_BY_WHOLE = frozenset({MessageKind.APPOINTMENT_BOOKED, MessageKind.APPOINTMENT_CONFIRMED})
"""What an order or a plan tells of its visits itself, always."""

_TELLS_OF_VISITS = frozenset(
    {
        "order.confirmed",
        "order.cancelled",
        "order.changed",
        "order.change_approved",
        "order.completed",
        "subscription.created",
        "subscription.confirmed",
        "subscription.paused",
        "subscription.resumed",
        "subscription.cancelled",
        "visit.change_approved",
        "visit.placed",
        "visit.skipped",
    }
)
"""Facts whose own messages say what became of the visits of an order or plan."""


@step
def tell_of_booking(*, kind: MessageKind, event: Happened, now: datetime) -> None:
    """Tell whoever a visit is for. What was moved is told as it stood after that move, however late it is written.

    A visit of an order or a plan is told of by itself only where nothing else that happened in the same transaction
    tells of it: a cancelled order is one message, a visit that went to a colleague is one, too.
    """
    if event.appointment_id is None:
        raise ValueError(f"event {event.event_id} ({event.kind}) names no visit")
    booking = booking_for_message(event.appointment_id)
    if booking is None:
        return
    if _is_told_elsewhere(kind, event, AppointmentType(booking.appointment.type)):
        return
    visit, to = booking.appointment, person_of(booking)
    voice = voice_for(to)
    start, end = (datetime.fromisoformat(event.data[name]) for name in ("start", "end"))
    previous = event.data["previous"] and datetime.fromisoformat(event.data["previous"]["start"])
    arrives_at = event.data.get("arrives_at")
    values = visit_values(booking, voice, start, end, now=now) | {
        "waits": "yes" if event.data["status"] == "PENDING" else "",
        "previous": voice.moment(previous) if previous else "",
        "arrival": voice.time_of(datetime.fromisoformat(arrives_at)) if arrives_at else "",
        "reason": event.data.get("reason", ""),
    }
    tell(
        kind=kind,
        person=to,
        values=values,
        about=str(event.event_id),
        event_id=event.event_id,
        link=link_of(booking),
        calendar=attached([visit], to, place=address_line(booking), now=now) if kind in _WITH_CALENDAR else None,
        # Whoever expects somebody at the old time has to hear of the move before that.
        visit_start=min((at for at in (previous, start) if at and at > now), default=None),
        appointment_id=visit.pk,
        now=now,
    )


def _is_told_elsewhere(kind: MessageKind, event: Happened, type_: AppointmentType) -> bool:
    """Whether an order or a plan tells of its visit itself, or something else in the same transaction does."""
    if type_ is AppointmentType.SINGLE:
        return False
    if kind in _TOLD_BY_WHOLE or told_together(event.event_id, _TELLS_OF_VISITS, order_id=event.order_id):
        return True
    if kind is MessageKind.APPOINTMENT_COMPLETED:
        return type_ is AppointmentType.ORDER_ITEM  # the order tells, once all of it is done
    # Where the whole order is off with this visit, that is one message, and the order's.
    return kind is MessageKind.APPOINTMENT_CANCELLED and ends_its_order(event.appointment_id or 0)


def person_of(booking: Any) -> Person:
    """Whom a visit is for: a customer is reached where it is now, a guest where it was when it booked."""
    customer, language = booking.customer, booking.contact_language
    if customer is None:
        name, email, phone = booking.contact_name, booking.contact_email, booking.contact_phone
        return person(name=name, email=email, phone=phone, language=language)
    return person(
        name=customer.name, email=customer.email, phone=customer.phone, user_id=customer.user_id, language=language
    )


def link_of(booking: Any) -> str:
    """The client's page of the visit, or of the order or plan that it belongs to."""
    base = business().public_url
    if booking.tracking_token:
        return f"{base}/visits/{booking.tracking_token}"
    order = order_of_visit(booking.appointment_id)
    if order is not None:
        return f"{base}/track/{order.tracking_token}"
    plan = plan_of_visit(booking.appointment_id)
    return base if plan is None else f"{base}/plans/{plan.tracking_token}"


def visit_values(booking: Any, voice: Voice, start: datetime, end: datetime, *, now: datetime) -> dict[str, str]:
    """What messages about a visit tell from. Until when it can be changed is empty where it can't be, or no more."""
    agreed = booking.agreement
    may_cancel = objection_to_cancelling(agreed, party=Party.OWNER, now=now) is None
    may_move = objection_to_rescheduling(agreed, party=Party.OWNER, now=now) is None
    visit = booking.appointment
    service = ", ".join([visit.service.name, *(extra["name"] for extra in booking.extras)])
    when = voice.span(start, end)
    address, price = address_line(booking), voice.amount(booking.price, booking.currency)
    return {
        "when": when,
        "start": voice.moment(start),
        "time": voice.time_of(start),
        "service": service,
        "staff": visit.staff.name,
        "address": address,
        "price": price,
        "visit": rows([voice.say(Phrase.WITH, what=f"{when}: {service}", who=visit.staff.name), address, price]),
        "cancel_until": voice.moment(booking.cancellation_deadline) if may_cancel else "",
        "move_until": voice.moment(booking.reschedule_deadline) if may_move else "",
        **dict.fromkeys(("arrival", "previous", "reason", "waits"), ""),
    }
