"""What is told about orders, to whoever placed them and to the office."""

from datetime import datetime
from typing import Any

from backend.core.business import business
from backend.core.transactions import step
from backend.events.rules import Happened
from backend.notifications.actions.invites import address_line, attached
from backend.notifications.actions.voice import Voice, rows
from backend.notifications.actions.writing import tell, voice_for
from backend.notifications.queries import Person, person, the_office
from backend.notifications.rules import MessageKind, Phrase
from backend.orders.actions import renew_link
from backend.orders.queries import change_for_message, order_for_message

_WITH_CALENDAR = frozenset(
    {
        MessageKind.ORDER_CONFIRMED,
        MessageKind.ORDER_CANCELLED,
        MessageKind.ORDER_CHANGED,
        MessageKind.CHANGE_APPROVED,
    }
)
"""What changes visits, and so the calendars that they stand in."""


@step
def tell_of_order(*, kind: MessageKind, event: Happened, now: datetime) -> None:
    """Tell whoever placed the order. Once per event, kind and person."""
    order = _order(event)
    customer = order.customer
    to = person(
        name=order.contact_name,
        email=order.contact_email,
        phone=order.contact_phone,
        user_id=None if customer is None else customer.user_id,
        language=order.guest_language,
    )
    _tell(kind, to, order, event, link=f"{business().public_url}/track/{order.tracking_token}", now=now)


@step
def tell_news_of_office(*, kind: MessageKind, event: Happened, now: datetime) -> None:
    """Tell whoever placed an order what the office did to it; nothing of what they did themselves.

    Nor of what the office notes for itself.
    """
    if event.data["by_office"] and event.data.get("fields") != ["internal_notes"]:
        tell_of_order(kind=kind, event=event, now=now)


@step
def tell_tracking_link(*, event: Happened, now: datetime) -> None:
    """Send the link to an order to whoever placed it; nothing where the asked number and e-mail opened none."""
    if event.order_id is not None:
        renew_link(order_id=event.order_id, now=now)
        tell_of_order(kind=MessageKind.TRACKING_LINK, event=event, now=now)


@step
def tell_office_of_order(*, kind: MessageKind, event: Happened, now: datetime) -> None:
    """Tell the office about an order, at the business's own address."""
    page = f"{business().public_url}/admin/orders/changerequest/{event.data['change_request_id']}/change/"
    _tell(kind, the_office(), _order(event), event, link=page, now=now)


def _order(event: Happened) -> Any:
    if event.order_id is None:
        raise ValueError(f"event {event.event_id} ({event.kind}) names no order")
    return order_for_message(event.order_id)


def _tell(kind: MessageKind, to: Person, order: Any, event: Happened, *, link: str, now: datetime) -> None:
    voice = voice_for(to)
    values = _values(order, voice, now)
    if (change_id := event.data.get("change_request_id")) is not None:
        change = change_for_message(change_id)
        values |= {
            "wanted": voice.wall(change.requested_date, change.requested_time),
            "reason": change.reason,
            "review_note": change.review_note,
        }
    tell(
        kind=kind,
        person=to,
        values=values,
        about=str(event.event_id),
        event_id=event.event_id,
        link=link,
        calendar=attached(_visits(order), to, place=address_line(order), now=now) if kind in _WITH_CALENDAR else None,
        visit_start=_soonest(order, now),
        now=now,
    )


def _soonest(order: Any, now: datetime) -> datetime | None:
    """The next time at which somebody is, or was to be, expected; None where nobody is any more, or ever was."""
    return min((visit.start for visit in _visits(order) if visit.start > now), default=None)


def _visits(order: Any) -> list[Any]:
    """Those that it has, the soonest first."""
    return sorted((each.appointment for each in order.items.all() if each.appointment), key=lambda row: row.start)


def _values(order: Any, voice: Voice, now: datetime) -> dict[str, str]:
    lines = [
        voice.say(Phrase.WITH, what=f"{voice.span(row.start, row.end)}: {row.service.name}", who=row.staff.name)
        for row in _visits(order)
    ]
    return {
        "number": order.order_number,
        "when": voice.wall(order.scheduled_date, order.scheduled_time),
        "address": address_line(order),
        "items": rows(_lines(order, voice)),
        "visits": rows(lines),
        "deadline": voice.moment(order.cancellation_deadline) if order.cancellation_deadline > now else "",
        "notes": order.notes,
        "reason": order.cancellation_reason,
        "customer": order.contact_name,
    }


def _lines(order: Any, voice: Voice) -> list[str]:
    lines = []
    for item in order.items.all():
        what = ", ".join([item.service.name, *(extra.name for extra in item.extras.all())])
        line = f"{item.quantity} × {what}: {voice.amount(item.total_price)}"
        lines.append(voice.say(Phrase.CALLED_OFF, what=line) if item.is_called_off else line)
    if order.discount:
        lines.append(f"{voice.say(Phrase.DISCOUNT)}: −{voice.amount(order.discount)}")
    return [*lines, f"{voice.say(Phrase.TOTAL)}: {voice.amount(order.total, order.currency)}"]
