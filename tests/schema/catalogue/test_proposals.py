"""Services that staff propose: createService, approveService, rejectService, withdrawService, proposeServiceAgain."""

from decimal import Decimal
from typing import Any

import pytest

from backend.accounts.models import Manager
from backend.catalogue.models import Service
from backend.catalogue.rules import ApprovalStatus
from backend.events.models import Event
from tests import factories
from tests.client import gid
from tests.factories.business import NOW
from tests.personas import NAMES, Personas
from tests.rows import snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

STATE = "service { id approvalStatus rejectionReason }"
ONE = """query($id: ID!) { node(id: $id) { ... on Service { name rejectionReason proposedBy { id } } }
  services(filters: {approvalStatus: PENDING_APPROVAL}) { totalCount } }"""


def proposed(personas: Personas, **given: Any) -> Service:
    return factories.service(approval_status="PENDING_APPROVAL", created_by_staff=personas.staff, **given)


def act(personas: Personas, name: str, mutation: str, service: Service, **more: Any) -> dict[str, Any]:
    kind = "RejectServiceInput!" if mutation == "rejectService" else "ServiceInput!"
    return personas[name].mutate(mutation, {"serviceId": gid(service), **more}, STATE, input_type=kind)


def kinds() -> list[str]:
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


def test_what_staff_make_waits_for_the_office_and_is_told(personas: Personas) -> None:
    given = {
        "categoryId": gid(factories.category()),
        "name": "Bird cage",
        "price": "9.00",
        "durationMinutes": 30,
        "extras": [{"name": "Perch", "price": "1.00"}],
    }
    payload = personas["staff"].mutate(
        "createService", given, "service { approvalStatus proposedBy { id } extras { name } }"
    )
    assert payload["service"] == {
        "approvalStatus": "PENDING_APPROVAL",
        "proposedBy": {"id": gid(personas.staff)},
        "extras": [{"name": "Perch"}],
    }
    assert kinds() == ["service.changed", "service.proposed"]
    event = Event.objects.get(kind="service.proposed")
    assert (event.staff_id, event.data) == (personas.staff.pk, {"service_id": Service.objects.get().pk})


@pytest.mark.parametrize("name", NAMES)
def test_a_proposal_is_seen_by_who_made_it_and_who_decides(personas: Personas, name: str) -> None:
    service = proposed(personas)
    data = personas[name](ONE, id=gid(service)).data
    if name in ("staff", "manager", "other_manager", "admin"):
        node = {"name": service.name, "rejectionReason": "", "proposedBy": {"id": gid(personas.staff)}}
        assert data == {"node": node, "services": {"totalCount": 1}}
    else:
        assert data == {"node": None, "services": {"totalCount": 0}}


def test_a_manager_who_may_not_approve_sees_no_proposals_and_decides_nothing(personas: Personas) -> None:
    Manager.objects.update(can_approve_services=False)
    service = proposed(personas)
    assert personas["manager"](ONE, id=gid(service)).data["node"] is None
    query = "mutation($i: ServiceInput!) { approveService(input: $i) { userErrors { code } } }"
    assert personas["manager"](query, i={"serviceId": gid(service)}).codes == ["FORBIDDEN"]
    service.refresh_from_db()
    assert service.approval_status == "PENDING_APPROVAL"


def test_an_approved_proposal_can_be_booked_by_everyone_and_its_proposer_edits_it_no_more(personas: Personas) -> None:
    service = proposed(personas)
    payload = act(personas, "manager", "approveService", service)
    assert payload["service"] == {"id": gid(service), "approvalStatus": "APPROVED", "rejectionReason": ""}
    again = act(personas, "admin", "approveService", service)
    assert again["userErrors"] == []
    assert kinds() == ["service.approved"]
    service.refresh_from_db()
    assert (service.reviewed_by, service.reviewed_at) == (personas.manager.user, NOW)
    seen = personas["anonymous"](ONE, id=gid(service)).data["node"]
    assert seen == {"name": service.name, "rejectionReason": None, "proposedBy": None}
    query = "mutation($i: UpdateServiceInput!) { updateService(input: $i) { userErrors { code } } }"
    assert personas["staff"](query, i={"serviceId": gid(service), "price": "1.00"}).codes == ["FORBIDDEN"]


def test_a_rejected_proposal_says_why_is_changed_and_proposed_again(personas: Personas) -> None:
    service = proposed(personas)
    payload = act(personas, "manager", "rejectService", service, reason="Too dear")
    assert payload["service"] == {"id": gid(service), "approvalStatus": "REJECTED", "rejectionReason": "Too dear"}
    personas["staff"].mutate("updateService", {"serviceId": gid(service), "price": "5.00"}, "service { id }")
    assert act(personas, "staff", "proposeServiceAgain", service)["service"]["approvalStatus"] == "PENDING_APPROVAL"
    service.refresh_from_db()
    assert service.price == Decimal("5.00")
    assert kinds() == ["service.rejected", "service.changed", "service.proposed"]


def test_a_rejection_needs_its_reason(personas: Personas) -> None:
    service = proposed(personas)
    before = snapshot()
    assert act(personas, "admin", "rejectService", service, reason=" ")["userErrors"] == [("REQUIRED", "reason")]
    assert snapshot() == before


def test_a_proposal_is_withdrawn_and_nobody_approves_it_then(personas: Personas) -> None:
    service = proposed(personas)
    assert act(personas, "staff", "withdrawService", service)["service"]["approvalStatus"] == "WITHDRAWN"
    assert act(personas, "admin", "approveService", service)["userErrors"] == [("INVALID_TRANSITION", "")]
    assert act(personas, "staff", "proposeServiceAgain", service)["service"]["approvalStatus"] == "PENDING_APPROVAL"
    assert kinds() == ["service.withdrawn", "service.proposed"]


IMPOSSIBLE = [
    ("rejectService", "APPROVED"),
    ("rejectService", "REJECTED"),
    ("rejectService", "WITHDRAWN"),
    ("withdrawService", "APPROVED"),
    ("withdrawService", "REJECTED"),
    ("withdrawService", "WITHDRAWN"),
    ("proposeServiceAgain", "APPROVED"),
    ("proposeServiceAgain", "PENDING_APPROVAL"),
    ("approveService", "WITHDRAWN"),
]


@pytest.mark.parametrize(("mutation", "status"), IMPOSSIBLE)
def test_any_other_step_is_none(personas: Personas, mutation: str, status: str) -> None:
    service = factories.service(approval_status=ApprovalStatus(status), created_by_staff=personas.staff)
    before = snapshot()
    who = "staff" if mutation in ("withdrawService", "proposeServiceAgain") else "admin"
    more = {"reason": "No"} if mutation == "rejectService" else {}
    assert act(personas, who, mutation, service, **more)["userErrors"] == [("INVALID_TRANSITION", "")]
    assert snapshot() == before


def test_a_proposal_is_in_no_quote(personas: Personas) -> None:
    query = "query($id: ID!) { quoteOrder(items: [{serviceId: $id}]) { userErrors { code } } }"
    codes = personas["anonymous"](query, id=gid(proposed(personas))).data["quoteOrder"]["userErrors"]
    assert codes == [{"code": "NOT_FOUND"}]
