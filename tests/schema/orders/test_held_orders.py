"""placeOrder with a held time: it is kept until the office confirms, and goes with whatever changes the order."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from backend.orders.models import Order
from backend.scheduling.models import Claim, Hold
from backend.staff.models import ScheduleException
from tests import factories
from tests.client import Api, gid
from tests.personas import Personas
from tests.schema.orders.checkout import Shop, open_shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    return open_shop()


@pytest.fixture
def held(shop: Shop) -> Hold:
    """Anna's hour from nine."""
    return factories.held_slot(shop.staff, shop.service, NINE)


def place(api: Api, shop: Shop, **given: Any) -> dict[str, Any]:
    return api.mutate("placeOrder", shop.order(holdToken="held") | given, "order { id items { staff { name } } }")


def test_the_time_waits_for_the_office_which_confirms_with_whom_was_held(
    personas: Personas, shop: Shop, held: Hold, now: datetime
) -> None:
    payload = place(personas["anonymous"], shop)
    assert payload["order"]["items"] == [{"staff": {"name": "Anna"}}]
    assert Claim.objects.get(hold=held).expires_at == now + timedelta(hours=24)
    order = Order.objects.get()
    assert order.hold_id == held.pk
    answer = personas["admin"].mutate("confirmOrder", {"orderId": gid(order)}, "order { status }")
    assert answer == {"order": {"status": "CONFIRMED"}, "userErrors": []}
    assert (Order.objects.get().hold_id, Hold.objects.count(), Claim.objects.get().kind) == (None, 0, "APPOINTMENT")


def test_a_cancelled_order_lets_the_time_go(personas: Personas, shop: Shop, held: Hold) -> None:
    place(personas["anonymous"], shop)
    given = {"trackingToken": Order.objects.get().tracking_token}
    answer = personas["anonymous"].mutate("cancelOrder", given, "order { status }")
    assert answer == {"order": {"status": "CANCELLED"}, "userErrors": []}
    assert (Hold.objects.count(), Claim.objects.count(), Order.objects.get().hold_id) == (0, 0, None)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"holdToken": "another"}, "HOLD_EXPIRED"),
        ({"scheduledTime": "09:15"}, "INVALID_INPUT"),
        ({"address": Shop.address(postcode="N1 1AA")}, "INVALID_INPUT"),
    ],
)
def test_a_hold_is_good_for_its_own_time_and_place_alone(
    api: Api, shop: Shop, held: Hold, given: dict[str, Any], code: str
) -> None:
    assert place(api, shop, **given) == {"order": None, "userErrors": [(code, "holdToken")]}
    assert (Order.objects.count(), Hold.objects.count()) == (0, 1)


def test_another_time_than_the_refused_may_lie_in_what_the_order_itself_holds(
    personas: Personas, shop: Shop, held: Hold
) -> None:
    place(personas["anonymous"], shop)
    ScheduleException.objects.create(staff=shop.staff, date=NINE.date(), start=time(9, 15), end=time(17))
    given = {"orderId": gid(Order.objects.get())}
    refused = personas["admin"].mutate("confirmOrder", given, "alternatives { start }")
    assert refused["userErrors"] == [("NOT_WORKING", "items.0")]
    assert refused["alternatives"][0] == {"start": "2027-03-01T09:15:00+00:00"}
    assert Claim.objects.get().hold == held
