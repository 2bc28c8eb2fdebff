"""cancelAppointment: a visit called off, its time free again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from backend.events.models import Event
from backend.scheduling.models import Appointment, Claim
from tests import factories
from tests.client import Api, gid
from tests.personas import Personas
from tests.rows import snapshot
from tests.schema.scheduling.booking import Shop, open_shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

DEADLINE = datetime(2027, 2, 28, 9, tzinfo=UTC)
RETURNING = "appointment { id status version canCancel }"


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def visit(shop: Shop) -> Appointment:
    return factories.direct_booking(shop.service, staff=shop.staff)


def cancel(api: Api, row: Appointment, **given: Any) -> dict[str, Any]:
    wanted = {"trackingToken": row.booking.tracking_token} | given
    return api.mutate("cancelAppointment", wanted, RETURNING)


def cancel_by_id(api: Api, row: Appointment, **given: Any) -> dict[str, Any]:
    return api.mutate("cancelAppointment", {"appointmentId": gid(row)} | given, RETURNING)


def test_a_guest_cancels_and_the_time_is_free_again(api: Api, shop: Shop, visit: Appointment) -> None:
    payload = cancel(api, visit, reason="  Flood ")
    assert payload == {
        "appointment": {"id": gid(visit), "status": "CANCELLED", "version": 2, "canCancel": False},
        "userErrors": [],
    }
    assert Claim.objects.count() == 0
    event = Event.objects.get()
    assert (event.kind, event.data["reason"], event.data["previous"]["status"]) == (
        "appointment.cancelled",
        "Flood",
        "CONFIRMED",
    )
    assert shop.book(api, staffId=gid(shop.staff))["userErrors"] == []


def test_the_deadline_itself_is_in_time_and_a_second_later_is_not(
    api: Api, visit: Appointment, personas: Personas
) -> None:
    before = snapshot()
    with time_machine.travel(DEADLINE + timedelta(seconds=1), tick=False):
        assert cancel(api, visit)["userErrors"] == [("TOO_LATE", "")]
        assert snapshot() == before
    with time_machine.travel(DEADLINE, tick=False):
        assert cancel(api, visit)["userErrors"] == []


def test_the_office_cancels_at_any_time_with_a_reason(visit: Appointment, personas: Personas) -> None:
    with time_machine.travel(DEADLINE + timedelta(hours=23), tick=False):
        assert cancel_by_id(personas["admin"], visit)["userErrors"] == [("REQUIRED", "reason")]
        assert cancel_by_id(personas["admin"], visit, reason="x" * 501)["userErrors"] == [("TOO_LONG", "reason")]
        assert cancel_by_id(personas["admin"], visit, reason="Ill")["userErrors"] == []


def test_its_customer_cancels_the_visit_of_an_order_too(shop: Shop, personas: Personas) -> None:
    order = factories.confirmed_order(shop.service, staff=shop.staff, customer=personas.customer)
    row = Appointment.objects.get(order_item__order=order)
    assert cancel_by_id(personas["customer"], row)["userErrors"] == []
    assert Event.objects.get().order_id == order.pk


@pytest.mark.parametrize(
    ("status", "of_guest", "of_office"),
    [
        ("PENDING", [], []),
        ("IN_PROGRESS", [("INVALID_TRANSITION", "")], []),
        ("COMPLETED", [("INVALID_TRANSITION", "")], [("INVALID_TRANSITION", "")]),
        ("CANCELLED", [("INVALID_TRANSITION", "")], [("INVALID_TRANSITION", "")]),
        ("NO_SHOW", [("INVALID_TRANSITION", "")], [("INVALID_TRANSITION", "")]),
    ],
)
def test_only_what_is_open_is_cancelled_and_work_that_has_begun_by_the_office_alone(
    api: Api,
    visit: Appointment,
    personas: Personas,
    status: str,
    of_guest: list[tuple[str, str]],
    of_office: list[tuple[str, str]],
) -> None:
    Appointment.objects.update(status=status)
    assert cancel(api, visit)["userErrors"] == of_guest
    Appointment.objects.update(status=status)
    assert cancel_by_id(personas["admin"], visit, reason="Ill")["userErrors"] == of_office


def test_staff_and_strangers_cancel_nothing(shop: Shop, personas: Personas) -> None:
    row = factories.direct_booking(shop.service, staff=personas.staff, customer=personas.customer)
    query = "mutation($id: ID!) { cancelAppointment(input: { appointmentId: $id }) { userErrors { code } } }"
    before = snapshot()
    assert personas["staff"](query, id=gid(row)).codes == ["FORBIDDEN"]
    assert personas["anonymous"](query, id=gid(row)).codes == ["UNAUTHENTICATED"]
    for stranger in ("other_customer", "other_staff", "other_manager"):
        assert cancel_by_id(personas[stranger], row, reason="x")["userErrors"] == [("NOT_FOUND", "appointmentId")]
    assert snapshot() == before


def test_a_stale_version_is_refused(api: Api, visit: Appointment) -> None:
    Appointment.objects.update(version=2)
    assert cancel(api, visit, version=1)["userErrors"] == [("STALE_VERSION", "version")]
    assert cancel(api, visit, version=2)["userErrors"] == []
