"""cancelOrder: by token, by the customer, by the office."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from backend.core.throttle import Bucket
from backend.events.models import Event
from backend.orders.models import Order
from backend.scheduling.models import Appointment, Claim
from tests import factories
from tests.client import Api, gid
from tests.personas import Personas
from tests.world import digest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london", "at_now")]

RETURNING = """order { id status version trackingToken cancelledAt cancellationReason canCancel
  items { appointment { status } } }"""
DEADLINE = datetime.fromisoformat("2027-02-28T09:00:00Z")
TOKEN_QUERY = "mutation($t: String!) { cancelOrder(input: {trackingToken: $t}) { userErrors { code field } } }"
ID_QUERY = 'mutation($id: ID!) { cancelOrder(input: {orderId: $id, reason: "x"}) { userErrors { code field } } }'


@pytest.fixture
def order() -> Order:
    """A guest's, confirmed, of two visits."""
    service = factories.service()
    return factories.confirmed_order(service, service, staff=factories.staff_member(service))


def cancel(api: Api, **given: Any) -> dict[str, Any]:
    return api.mutate("cancelOrder", given, RETURNING)


def test_a_guest_cancels_by_token_and_the_time_is_free_again(api: Api, order: Order) -> None:
    payload = cancel(api, trackingToken=order.tracking_token, reason="Flight moved")
    assert payload == {
        "order": {
            "id": gid(order),
            "status": "CANCELLED",
            "version": 3,
            "trackingToken": order.tracking_token,
            "cancelledAt": "2027-02-01T08:00:00+00:00",
            "cancellationReason": "Flight moved",
            "canCancel": False,
            "items": [{"appointment": {"status": "CANCELLED"}}, {"appointment": {"status": "CANCELLED"}}],
        },
        "userErrors": [],
    }
    assert Claim.objects.count() == 0


def test_a_pending_order_is_cancelled_as_well(api: Api) -> None:
    order = factories.pending_order(factories.service())
    assert cancel(api, trackingToken=order.tracking_token)["order"]["status"] == "CANCELLED"


def test_the_cancellation_of_order_and_visits_is_told_as_events(api: Api, order: Order) -> None:
    cancel(api, trackingToken=order.tracking_token, reason="Flight moved")
    told = Event.objects.order_by("pk").values_list("kind", "order_id", "actor_id")
    assert list(told) == [
        ("appointment.cancelled", order.pk, None),
        ("appointment.cancelled", order.pk, None),
        ("order.cancelled", order.pk, None),
    ]
    assert Event.objects.get(kind="order.cancelled").data == {"reason": "Flight moved", "was_confirmed": True}


def test_the_deadline_itself_is_in_time_and_a_moment_later_is_too_late(api: Api, order: Order) -> None:
    with time_machine.travel(DEADLINE + timedelta(microseconds=1), tick=False):
        before = digest()
        assert cancel(api, trackingToken=order.tracking_token)["userErrors"] == [("TOO_LATE", "")]
        assert digest() == before
    with time_machine.travel(DEADLINE, tick=False):
        assert cancel(api, trackingToken=order.tracking_token)["userErrors"] == []


def test_a_customer_cancels_its_own_and_no_other(personas: Personas) -> None:
    service = factories.service()
    mine = factories.pending_order(service, customer=personas.customer)
    other = factories.pending_order(service, customer=personas.other_customer)
    assert cancel(personas["customer"], orderId=gid(mine))["order"]["status"] == "CANCELLED"
    before = digest()
    assert cancel(personas["customer"], orderId=gid(other))["userErrors"] == [("NOT_FOUND", "orderId")]
    assert digest() == before


def test_a_customer_too_has_to_come_in_time(personas: Personas) -> None:
    service = factories.service()
    mine = factories.confirmed_order(service, staff=factories.staff_member(service), customer=personas.customer)
    with time_machine.travel(DEADLINE + timedelta(seconds=1), tick=False):
        assert cancel(personas["customer"], orderId=gid(mine))["userErrors"] == [("TOO_LATE", "")]


def test_the_office_cancels_at_any_time_and_has_to_say_why(personas: Personas, order: Order) -> None:
    with time_machine.travel(DEADLINE + timedelta(hours=1), tick=False):
        before = digest()
        assert cancel(personas["admin"], orderId=gid(order), reason=" ")["userErrors"] == [("REQUIRED", "reason")]
        assert digest() == before
        assert cancel(personas["admin"], orderId=gid(order), reason="Flood")["order"]["status"] == "CANCELLED"


def test_visits_that_are_done_stay_done(personas: Personas, order: Order) -> None:
    done = Appointment.objects.order_by("start")[0]
    Appointment.objects.filter(pk=done.pk).update(status="COMPLETED")
    Order.objects.update(status="IN_PROGRESS")
    payload = cancel(personas["admin"], orderId=gid(order), reason="Flood")
    assert [item["appointment"]["status"] for item in payload["order"]["items"]] == ["COMPLETED", "CANCELLED"]


@pytest.mark.parametrize("status", ["COMPLETED", "CANCELLED"])
def test_what_is_over_can_not_be_cancelled(personas: Personas, order: Order, status: str) -> None:
    Order.objects.update(status=status)
    before = digest()
    payload = cancel(personas["admin"], orderId=gid(order), reason="Flood")
    assert payload["userErrors"] == [("INVALID_TRANSITION", "")]
    assert digest() == before


def test_a_stale_version_is_refused(api: Api, order: Order) -> None:
    payload = cancel(api, trackingToken=order.tracking_token, version=1)
    assert payload["userErrors"] == [("STALE_VERSION", "version")]


def test_a_wrong_token_finds_nothing_whatever_it_holds(api: Api, order: Order) -> None:
    before = digest()
    for token in ("wrong", "", "\x00", order.tracking_token[:-1], order.order_number, "x" * 5000):
        assert cancel(api, trackingToken=token)["userErrors"] == [("NOT_FOUND", "trackingToken")]
    assert digest() == before


def test_the_order_is_named_by_id_or_by_token_but_not_by_both(api: Api, order: Order) -> None:
    assert cancel(api)["userErrors"] == [("REQUIRED", "orderId")]
    both = cancel(api, orderId=gid(order), trackingToken=order.tracking_token)
    assert both["userErrors"] == [("REQUIRED", "orderId")]


def test_a_reason_has_its_bounds(api: Api, order: Order) -> None:
    payload = cancel(api, trackingToken=order.tracking_token, reason="x" * 501)
    assert payload["userErrors"] == [("TOO_LONG", "reason")]


def test_staff_see_their_order_and_may_not_cancel_it(personas: Personas) -> None:
    service = factories.service()
    order = factories.confirmed_order(service, staff=personas.staff)
    before = digest()
    assert personas["staff"](ID_QUERY, id=gid(order)).codes == ["FORBIDDEN"]
    assert personas["anonymous"](ID_QUERY, id=gid(order)).codes == ["UNAUTHENTICATED"]
    assert digest() == before


def test_guessing_tokens_is_slowed_down(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket("tracking-token", capacity=3, per_second=0.001)
    monkeypatch.setattr("backend.core.tracking.TOKEN_LOOKUPS", bucket)
    answers = [api(TOKEN_QUERY, t="wrong") for _ in range(4)]
    assert [answer.codes for answer in answers] == [[], [], [], ["RATE_LIMITED"]]
