"""completeOrder: the work is done."""

from typing import Any

import pytest

from backend.events.models import Event
from backend.orders.models import Order
from backend.scheduling.models import Appointment, Claim
from tests import factories
from tests.client import Api, gid
from tests.personas import Personas
from tests.world import digest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

RETURNING = "order { status version paymentStatus completedAt items { appointment { status } } }"


@pytest.fixture
def order() -> Order:
    service = factories.service()
    return factories.confirmed_order(service, service, staff=factories.staff_member(service))


def complete(api: Api, order: Order, **given: Any) -> dict[str, Any]:
    return api.mutate("completeOrder", {"orderId": gid(order)} | given, RETURNING)


def test_completing_finishes_what_is_left_and_what_was_not_paid_is_due(personas: Personas, order: Order) -> None:
    first = Appointment.objects.order_by("start")[0]
    Appointment.objects.filter(pk=first.pk).update(status="NO_SHOW")
    Claim.objects.filter(appointment=first.pk).delete()
    assert complete(personas["admin"], order) == {
        "order": {
            "status": "COMPLETED",
            "version": 3,
            "paymentStatus": "DUE",
            "completedAt": "2027-02-01T08:00:00+00:00",
            "items": [{"appointment": {"status": "NO_SHOW"}}, {"appointment": {"status": "COMPLETED"}}],
        },
        "userErrors": [],
    }
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["appointment.completed", "order.completed"]


@pytest.mark.parametrize("paid", ["PAID", "REFUNDED"])
def test_what_was_paid_stays_paid(personas: Personas, order: Order, paid: str) -> None:
    Order.objects.update(payment_status=paid)
    assert complete(personas["admin"], order)["order"]["paymentStatus"] == paid


@pytest.mark.parametrize("status", ["PENDING", "COMPLETED", "CANCELLED"])
def test_only_a_confirmed_order_is_completed(personas: Personas, order: Order, status: str) -> None:
    Order.objects.update(status=status)
    before = digest()
    assert complete(personas["admin"], order)["userErrors"] == [("INVALID_TRANSITION", "")]
    assert digest() == before


def test_a_stale_version_is_refused(personas: Personas, order: Order) -> None:
    assert complete(personas["admin"], order, version=1)["userErrors"] == [("STALE_VERSION", "version")]


def test_a_stranger_manager_finds_no_such_order(personas: Personas, order: Order) -> None:
    assert complete(personas["other_manager"], order)["userErrors"] == [("NOT_FOUND", "orderId")]
