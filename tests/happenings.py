"""Something that could have happened, of every kind that is in the routing table, about rows that are there."""

from datetime import date, time
from typing import Any

from backend.accounts.models import Invitation
from backend.core.viewer import Role
from backend.orders.models import ChangeRequest
from backend.subscriptions.models import SubscriptionAppointmentChangeRequest
from tests import factories
from tests.factories.business import NOW


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
