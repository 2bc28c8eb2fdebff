"""trackOrder: whoever holds the token sees that order, and nothing else."""

from datetime import datetime

import pytest
import time_machine

from backend.core.throttle import Bucket
from backend.orders.models import Order
from backend.scheduling.models import Appointment
from tests import factories
from tests.client import Api
from tests.personas import Personas

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

TRACK = """query($token: String!) { trackOrder(trackingToken: $token) {
  orderNumber status scheduledDate scheduledTime canCancel cancellationDeadline guestEmail trackingToken
  customer { name email }
  items { service { name } appointment { status start end staff { name email phone } internalNotes } } } }"""


@pytest.fixture
def order() -> Order:
    service = factories.service(name="Cleaning")
    anna = factories.staff_member(service, name="Anna", phone="+442079460001")
    order = factories.confirmed_order(service, staff=anna)
    Appointment.objects.update(internal_notes="Beware of the dog")
    return order


def test_a_guest_follows_its_order_and_sees_nothing_of_the_office(api: Api, order: Order) -> None:
    assert api(TRACK, token=order.tracking_token).data["trackOrder"] == {
        "orderNumber": order.order_number,
        "status": "CONFIRMED",
        "scheduledDate": "2027-03-01",
        "scheduledTime": "09:00",
        "canCancel": True,
        "cancellationDeadline": "2027-02-28T09:00:00+00:00",
        "guestEmail": "ada@example.com",
        "trackingToken": order.tracking_token,
        "customer": None,
        "items": [
            {
                "service": {"name": "Cleaning"},
                "appointment": {
                    "status": "CONFIRMED",
                    "start": "2027-03-01T09:00:00+00:00",
                    "end": "2027-03-01T10:00:00+00:00",
                    "staff": {"name": "Anna", "email": None, "phone": None},
                    "internalNotes": None,
                },
            }
        ],
    }


def test_a_token_does_not_open_the_customer_behind_the_order(api: Api, personas: Personas) -> None:
    order = factories.pending_order(factories.service(), customer=personas.customer)
    found = api(TRACK, token=order.tracking_token).data["trackOrder"]
    assert (found["orderNumber"], found["customer"]) == (order.order_number, None)


def test_after_the_deadline_a_guest_can_not_cancel(api: Api, order: Order) -> None:
    with time_machine.travel(datetime.fromisoformat("2027-02-28T09:00:01Z"), tick=False):
        assert api(TRACK, token=order.tracking_token).data["trackOrder"]["canCancel"] is False


@pytest.mark.parametrize("token", ["wrong", "", "\x00", "%", "x" * 5000])
def test_a_wrong_token_gives_null(api: Api, order: Order, token: str) -> None:
    assert api(TRACK, token=token).data == {"trackOrder": None}


def test_guessing_tokens_is_slowed_down(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket("tracking-token", capacity=3, per_second=0.001)
    monkeypatch.setattr("backend.core.tracking.TOKEN_LOOKUPS", bucket)
    answers = [api(TRACK, token="wrong") for _ in range(4)]
    assert [answer.codes for answer in answers] == [[], [], [], ["RATE_LIMITED"]]
