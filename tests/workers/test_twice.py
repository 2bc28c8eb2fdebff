"""Every handler of the routing table, told the same twice: the second time changes nothing at all."""

from datetime import date, time
from typing import Any

import pytest

from backend.accounts.models import Invitation
from backend.core.viewer import Role
from backend.events.actions import lease_deliveries, route_events
from backend.events.models import Delivery
from backend.notifications.models import EmailLog
from backend.orders.models import ChangeRequest
from backend.subscriptions.models import SubscriptionAppointmentChangeRequest
from tests import factories
from tests.factories.business import NOW
from tests.factories.events import event
from tests.world import digest
from workers.actors import broker
from workers.routing import ROUTES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london", "at_now")]


def facts(kind: str) -> dict[str, Any]:
    """Columns and data that an event of this kind could have, about rows that are there."""
    service = factories.service(name="Deep clean")
    staff = factories.staff_member(service, name="Anna")
    start = {"start": "2027-03-01T09:00:00Z", "end": "2027-03-01T10:00:00Z", "status": "CONFIRMED"}
    if kind.startswith("order."):
        order = factories.confirmed_order(service, staff=staff)
        wish = ChangeRequest.objects.create(
            order=order, requested_date=date(2027, 3, 2), requested_time=time(10), created_at=NOW
        )
        return {
            "order_id": order.pk,
            "data": {"change_request_id": wish.pk, "by_office": True, "fields": ["items"], "reason": ""},
        }
    if kind.startswith(("subscription.", "visit.")):
        plan = factories.active_plan(service, staff=staff)
        visit = plan.visits.get(sequence=1)
        if kind == "visit.skipped":
            visit = factories.unplaced_visit(plan)
        wanted = SubscriptionAppointmentChangeRequest.objects.create(
            visit=visit, requested_date=date(2027, 3, 2), requested_time=time(10), created_at=NOW
        )
        data = {"subscription_id": plan.pk, "visit_id": visit.pk, "sequence": visit.sequence, "status": "ACTIVE"}
        if visit.appointment_id:
            data["appointment_id"] = visit.appointment_id
        return {"data": data | {"change_request_id": wanted.pk, "reason": "", "cancelled": 1, "planned": 1}}
    if kind.startswith(("user.", "calendar.")):
        user = factories.user(Role.CUSTOMER)
        return {"data": {"user_id": user.pk, "verified": False, "provider": "GOOGLE", "reason": "revoked"}}
    if kind == "webhook.paused":
        return {"data": {"partner_id": 1, "endpoint_id": 1, "automatic": True, "reason": "HTTP 500"}}
    if kind.startswith("invitation."):
        row = Invitation.objects.create(
            email="new@example.com", role="STAFF", token="t", created_at=NOW, expires_at=NOW.replace(year=2028)
        )
        return {"data": {"invitation_id": row.pk}}
    booked = factories.direct_booking(service, staff=staff)
    return {
        "appointment_id": booked.pk,
        "staff_id": staff.pk,
        "data": start | {"previous": start | {"staff_id": staff.pk}, "reason": ""},
    }


ALL = [(kind, handler) for kind, handlers in ROUTES.items() for handler in handlers]


@pytest.mark.parametrize(("kind", "handler"), ALL, ids=[f"{kind}-{handler}" for kind, handler in ALL])
def test_told_twice_it_acts_once(kind: str, handler: str) -> None:
    row = event(kind, **facts(kind))
    route_events(routes={kind: (handler,)}, limit=10, now=NOW)
    [leased] = lease_deliveries(limit=10, now=NOW)
    run = broker.get_actor(leased.handler).fn
    before = EmailLog.objects.count()
    run(event_id=row.pk)
    done = Delivery.objects.get()
    assert (done.status, done.last_error) == ("DONE", "")
    if handler.startswith("notifications."):
        assert EmailLog.objects.count() == before + 1, "the event was one that somebody is told of"
    after_once = digest()
    for _ in range(2):
        run(event_id=row.pk, later="argument")
    assert digest() == after_once
