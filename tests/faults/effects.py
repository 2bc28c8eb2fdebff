"""For every handler and every periodic job: a world in which it has something to do."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session

from backend.accounts.models import AccessToken, Profile
from backend.audit.models import Change
from backend.core.models import IdempotencyKey
from backend.core.viewer import Role
from backend.events.models import Event
from backend.notifications.models import EmailLog
from backend.partners.models import WebhookDelivery
from backend.scheduling.models import Appointment, Claim
from tests import factories
from tests.factories.bookings import MONDAY_NINE
from tests.factories.business import NOW
from tests.factories.events import delivery, event
from tests.happenings import facts
from workers.routing import ROUTES

DAY = timedelta(days=1)
LONG_AGO = NOW - timedelta(days=5_000)


def kind_for(handler: str) -> str:
    """The first kind of event that the handler hears of."""
    return next(kind for kind, handlers in ROUTES.items() if handler in handlers)


def something_for(handler: str) -> Event:
    """An event about which the handler has something to do."""
    arrange = {
        "orders.follow_visits": _a_visit_of_an_order_began,
        "subscriptions.follow_appointment": _a_visit_of_a_plan_was_done,
        "subscriptions.offer_freed_time": _time_was_freed,
        "subscriptions.resume_if_due": _a_pause_ends,
        "subscriptions.place_if_possible": _a_visit_has_no_place,
        "calendars.visit_changed": _a_visit_with_a_calendar,
    }.get(handler)
    if arrange is not None:
        return event(kind_for(handler), **arrange())
    if handler == "partners.deliver":
        factories.endpoint(created_at=NOW - DAY)
    return event(kind_for(handler), **facts(kind_for(handler)))


def _about(visit: Appointment | None) -> dict[str, Any]:
    assert visit is not None
    data = {"start": visit.start.isoformat(), "end": visit.end.isoformat(), "status": visit.status, "previous": None}
    return {"appointment_id": visit.pk, "staff_id": visit.staff_id, "data": data | {"reason": ""}}


def _a_visit_of_an_order_began() -> dict[str, Any]:
    service = factories.service()
    order = factories.confirmed_order(service, staff=factories.staff_member(service))
    visit = order.items.get().appointment
    Appointment.objects.filter(order_item__order=order).update(status="IN_PROGRESS")
    return _about(visit)


def _a_visit_of_a_plan_was_done() -> dict[str, Any]:
    service = factories.service()
    plan = factories.active_plan(service, staff=factories.staff_member(service))
    visit = plan.visits.get(sequence=1).appointment
    Appointment.objects.filter(visit__subscription=plan, visit__sequence=1).update(status="COMPLETED")
    return _about(visit)


def _plan_with_a_gap() -> Any:
    service = factories.service()
    plan = factories.active_plan(service, staff=factories.staff_member(service))
    return plan, factories.unplaced_visit(plan)


def _time_was_freed() -> dict[str, Any]:
    _, visit = _plan_with_a_gap()
    start = datetime.combine(visit.nominal_date, datetime.min.time(), UTC) + timedelta(hours=9)
    data = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat(), "previous": None}
    return {"data": data}


def _a_visit_has_no_place() -> dict[str, Any]:
    plan, _ = _plan_with_a_gap()
    return {"data": {"subscription_id": plan.pk}}


def _a_pause_ends() -> dict[str, Any]:
    service = factories.service()
    plan = factories.paused_plan(service, staff=factories.staff_member(service), resume_on=NOW.date())
    return {"data": {"subscription_id": plan.pk}}


def _a_visit_with_a_calendar() -> dict[str, Any]:
    service = factories.service()
    staff = factories.staff_member(service, with_user=True)
    assert staff.user is not None
    factories.connected_calendar(staff.user)
    return _about(factories.direct_booking(service, staff=staff))


def something_for_job(name: str) -> None:
    """Let the job have something to do at NOW."""
    made: dict[str, Any] = {
        "forget_old_idempotency_keys": lambda: IdempotencyKey.objects.create(
            scope="s", operation="o", key="k", created_at=LONG_AGO
        ),
        "forget_ended_access_tokens": _an_old_token,
        "resume_plans": _a_pause_ends,
        "place_visits_of_plans": _a_visit_has_no_place,
        "forget_done_deliveries": lambda: delivery(status="DONE", done_at=LONG_AGO),
        "forget_old_changes": _an_old_change,
        "forget_ended_holds": _an_ended_hold,
        "forget_old_webhooks": lambda: WebhookDelivery.objects.filter(
            pk=factories.webhook(factories.endpoint()).pk
        ).update(created_at=LONG_AGO),
        "forget_old_events": lambda: event(occurred_at=LONG_AGO, routed_at=LONG_AGO),
        "forget_ended_sessions": lambda: Session.objects.create(session_key="k", session_data="", expire_date=LONG_AGO),
        "replan_calendars": lambda: factories.connected_calendar(factories.user()),
        "read_busy_times": lambda: factories.connected_calendar(factories.user(), settings={"busy_blocks": True}),
        "forget_unanswered_calendars": lambda: factories.connected_calendar(
            factories.user(), state="AUTHORIZING", awaited_until=LONG_AGO
        ),
        "forget_old_messages": lambda: EmailLog.objects.create(
            kind="WELCOME", recipient="a@example.com", status="SENT", due_at=LONG_AGO, created_at=LONG_AGO
        ),
        "write_digests": lambda: Profile.objects.get_or_create(user=factories.user(Role.ADMIN)),
        "remind": _a_visit_tomorrow,
    }
    made[name]()


def _an_old_token() -> None:
    AccessToken.objects.create(
        user=factories.user(), token_hash="t", created_at=LONG_AGO, last_used_at=LONG_AGO, expires_at=LONG_AGO
    )


def _an_old_change() -> None:
    row = Change(model="orders.Order", object_id=1, pgh_label="CREATE")
    row.pgh_created_at = LONG_AGO
    row.save(force_insert=True)


def _an_ended_hold() -> None:
    service = factories.service()
    hold = factories.held_slot(factories.staff_member(service), service, MONDAY_NINE)
    Claim.objects.filter(hold=hold).update(expires_at=NOW)


def _a_visit_tomorrow() -> None:
    service = factories.service()
    visit = factories.direct_booking(service, staff=factories.staff_member(service), start=NOW + DAY)
    Appointment.objects.filter(pk=visit.pk).update(created_at=NOW - DAY)
