"""What is told about plans and their visits, to whoever they are for and to the office."""

from datetime import date, datetime
from typing import Any

from backend.core.business import business
from backend.core.transactions import step
from backend.events.queries import told_together
from backend.events.rules import Happened
from backend.notifications.actions.invites import address_line, attached
from backend.notifications.actions.voice import Voice, rows
from backend.notifications.actions.writing import tell, voice_for
from backend.notifications.queries import Person, person, the_office
from backend.notifications.rules import CalendarFile, MessageKind, Phrase
from backend.subscriptions.actions import renew_plan_link
from backend.subscriptions.queries import plan_for_message, visit_change_for_message, visit_for_message
from backend.subscriptions.rules import Frequency, VisitStatus

_NEXT = 5
"""So many visits are listed, and the rest counted."""
_RHYTHMS = {
    Frequency.WEEKLY: Phrase.WEEKLY,
    Frequency.BIWEEKLY: Phrase.BIWEEKLY,
    Frequency.MONTHLY: Phrase.MONTHLY,
}

_WITH_CALENDAR = frozenset(
    {
        MessageKind.PLAN_CREATED,
        MessageKind.PLAN_CONFIRMED,
        MessageKind.PLAN_PAUSED,
        MessageKind.PLAN_RESUMED,
        MessageKind.PLAN_CANCELLED,
        MessageKind.VISIT_PLACED,
        MessageKind.VISIT_SKIPPED,
        MessageKind.VISIT_CHANGE_APPROVED,
    }
)
"""What changes visits, and so the calendars that they stand in."""


@step
def tell_of_plan(*, kind: MessageKind, event: Happened, now: datetime) -> None:
    """Tell whoever a plan is for. Once per event."""
    plan = plan_for_message(event.data["subscription_id"])
    to = _person(plan)
    voice = voice_for(to)
    values = _values(plan, voice, now)
    resume_on = event.data.get("resume_on")
    values |= {
        "waits": "yes" if event.data.get("status") == "PENDING" else "",
        "reason": event.data.get("reason", ""),
        "resume_on": voice.day(date.fromisoformat(resume_on)) if resume_on else "",
        "cancelled": str(event.data.get("cancelled", "")),
        "planned": str(event.data.get("planned", "")),
    }
    ahead = [row.start for row in _ahead(plan, now)]
    calendar = _calendar(kind, plan, to, now)
    _tell(kind, to, values, event, link=_page(plan), calendar=calendar, soonest=min(ahead, default=None), now=now)


@step
def tell_plan_link(*, event: Happened, now: datetime) -> None:
    """Send the link to a plan to whoever it is for; nothing where the asked number and e-mail opened none."""
    subscription_id = event.data["subscription_id"]
    if subscription_id is not None:
        renew_plan_link(subscription_id=subscription_id, now=now)
        tell_of_plan(kind=MessageKind.PLAN_LINK, event=event, now=now)


@step
def tell_of_plan_visit(*, kind: MessageKind, event: Happened, now: datetime) -> None:
    """Tell whoever a plan is for about one of its visits."""
    plan = plan_for_message(event.data["subscription_id"])
    to = _person(plan)
    visit = visit_for_message(event.data["visit_id"])
    calendar = None
    if kind in _WITH_CALENDAR and visit.appointment is not None:
        calendar = attached([visit.appointment], to, place=address_line(plan), now=now)
    values = _visit_values(plan, event, voice_for(to), now)
    soonest = visit.appointment.start if visit.appointment else None
    _tell(kind, to, values, event, link=_page(plan), calendar=calendar, soonest=soonest, now=now)


@step
def tell_of_skipped_visit(*, event: Happened, now: datetime) -> None:
    """Tell whoever a plan is for that a visit is left out; not where its calling off was told of before that."""
    has_time = visit_for_message(event.data["visit_id"]).appointment_id is not None
    if not has_time or told_together(event.event_id, {"appointment.cancelled"}, order_id=None):
        tell_of_plan_visit(kind=MessageKind.VISIT_SKIPPED, event=event, now=now)


@step
def tell_office_of_plan_visit(*, kind: MessageKind, event: Happened, now: datetime) -> None:
    """Tell the office about a visit of a plan that it has to do something about."""
    plan, to = plan_for_message(event.data["subscription_id"]), the_office()
    table, row = "subscriptionappointment", event.data["visit_id"]
    if "change_request_id" in event.data:
        table, row = "subscriptionappointmentchangerequest", event.data["change_request_id"]
    page = f"{business().public_url}/admin/subscriptions/{table}/{row}/change/"
    _tell(kind, to, _visit_values(plan, event, voice_for(to), now), event, link=page, now=now)


def _tell(
    kind: MessageKind,
    to: Person,
    values: dict[str, str],
    event: Happened,
    *,
    link: str,
    calendar: CalendarFile | None = None,
    soonest: datetime | None = None,
    now: datetime,
) -> None:
    tell(
        kind=kind,
        person=to,
        values=values,
        about=str(event.event_id),
        event_id=event.event_id,
        link=link,
        calendar=calendar,
        visit_start=soonest,
        now=now,
    )


def _calendar(kind: MessageKind, plan: Any, to: Person, now: datetime) -> CalendarFile | None:
    """The visits ahead as they stand, those that were called off among them: so they leave calendars, too."""
    if kind not in _WITH_CALENDAR:
        return None
    return attached(_ahead(plan, now), to, place=address_line(plan), now=now)


def _ahead(plan: Any, now: datetime) -> list[Any]:
    """The visits ahead, those that were called off among them."""
    return [each.appointment for each in plan.visits.all() if each.appointment and each.appointment.start > now]


def _person(plan: Any) -> Person:
    customer = plan.customer
    return person(
        name=plan.contact_name,
        email=plan.contact_email,
        phone=plan.contact_phone,
        user_id=None if customer is None else customer.user_id,
        language=plan.guest_language,
    )


def _page(plan: Any) -> str:
    return f"{business().public_url}/plans/{plan.tracking_token}"


def _values(plan: Any, voice: Voice, now: datetime) -> dict[str, str]:
    visits = list(plan.visits.all())
    ahead = [
        each.appointment
        for each in visits
        if each.status == VisitStatus.SCHEDULED and each.appointment and each.appointment.start > now
    ]
    ahead.sort(key=lambda row: row.start)
    lines = [voice.say(Phrase.WITH, what=voice.span(row.start, row.end), who=row.staff.name) for row in ahead[:_NEXT]]
    unplaced = sum(each.status == VisitStatus.UNPLACED for each in visits)
    return {
        "number": plan.subscription_number,
        "service": ", ".join([plan.service.name, *(extra["name"] for extra in plan.extras)]),
        "rhythm": voice.say(_RHYTHMS[Frequency(plan.frequency)]),
        "visits": rows(lines),
        "more": str(len(ahead) - _NEXT) if len(ahead) > _NEXT else "",
        "unplaced": str(unplaced) if unplaced else "",
        "total": voice.amount(plan.total, plan.currency),
        "address": address_line(plan),
        "customer": plan.contact_name,
        **dict.fromkeys(("reason", "resume_on", "cancelled", "planned", "waits"), ""),
    }


def _visit_values(plan: Any, event: Happened, voice: Voice, now: datetime) -> dict[str, str]:
    visit = visit_for_message(event.data["visit_id"])
    values = _values(plan, voice, now) | {
        "sequence": str(visit.sequence),
        "date": voice.day(visit.nominal_date),
        "when": voice.span(visit.appointment.start, visit.appointment.end) if visit.appointment else "",
        "reason": event.data.get("reason", ""),
        "wanted": "",
        "review_note": "",
    }
    if (change_id := event.data.get("change_request_id")) is not None:
        change = visit_change_for_message(change_id)
        values |= {
            "wanted": voice.wall(change.requested_date, change.requested_time),
            "reason": change.reason,
            "review_note": change.review_note,
        }
    return values
