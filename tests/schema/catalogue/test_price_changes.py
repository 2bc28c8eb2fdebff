"""What was ordered and booked keeps its price and its length, whatever becomes of the catalogue."""

from typing import Any

import pytest

from backend.orders.models import Order, OrderItem, OrderItemExtra
from backend.scheduling.models import Appointment, Claim, CustomerAppointment
from tests import factories
from tests.client import gid
from tests.personas import Personas

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "london")]


def booked() -> dict[str, Any]:
    """All that an order and its visits say, row by row."""
    tables = (Order, OrderItem, OrderItemExtra, Appointment, CustomerAppointment, Claim)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in tables}


def test_price_duration_and_extras_of_what_is_confirmed_stay_when_the_catalogue_changes(personas: Personas) -> None:
    service = factories.service(price="50.00", duration_minutes=60, buffer_minutes=15)
    extra = factories.extra(service, price="15.00", duration_minutes=30)
    factories.offers(personas.staff, service)
    order = {
        "items": [{"serviceId": gid(service), "extraIds": [gid(extra)]}],
        "guest": {"name": "Ada King", "email": "ada@example.com"},
        "address": {"line1": "10 Downing Street", "city": "London", "postcode": "SW1A 2AA"},
        "scheduledDate": "2027-03-01",
        "scheduledTime": "09:00",
    }
    placed = personas["anonymous"].mutate("placeOrder", order, "order { id }")
    named = {"orderId": placed["order"]["id"]}
    confirmed = personas["admin"].mutate("confirmOrder", named, "order { total { amount } }")
    assert confirmed == {"order": {"total": {"amount": "65.00"}}, "userErrors": []}
    before = booked()
    assert len(before["Claim"]) == 1

    admin = personas["admin"]
    changes = {"price": "99.00", "durationMinutes": 180, "bufferMinutes": 90, "name": "Dearer"}
    admin.mutate("updateService", {"serviceId": gid(service)} | changes, "service { id }")
    dearer = {"extraId": gid(extra), "price": "77.00", "durationMinutes": 5, "name": "x"}
    admin.mutate("updateServiceExtra", dearer, "extra { id }")
    terms = {"staffId": gid(personas.staff), "serviceId": gid(service), "priceOverride": "1.00"}
    admin.mutate("assignService", terms | {"durationOverrideMinutes": 10}, "assignment { id }")
    admin.mutate("deactivateServiceExtra", {"extraId": gid(extra)}, "extra { id }")
    admin.mutate("deactivateService", {"serviceId": gid(service)}, "service { id }")
    admin.mutate("unassignService", {"staffId": gid(personas.staff), "serviceId": gid(service)}, "staff { id }")

    assert booked() == before
    completed = admin.mutate("completeOrder", named, "order { total { amount } status }")
    assert completed["order"] == {"total": {"amount": "65.00"}, "status": "COMPLETED"}
