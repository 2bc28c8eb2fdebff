"""What the tests of checkout share: a shop with one of everything, and an order as a visitor's browser sends it."""

from dataclasses import dataclass
from typing import Any

from backend.catalogue.models import Service, ServiceExtra
from backend.staff.models import Staff
from tests import factories
from tests.client import gid

RETURNING = """order {
  id orderNumber trackingToken status version isGuestOrder scheduledDate scheduledTime notes
  guestName guestEmail guestPhone customer { name }
  address { line1 line2 city postcode country }
  subtotal { amount currency } discount { amount } total { amount } couponCode
  cancellationDeadline canCancel
  items { quantity service { name } extras { name } unitPrice { amount } totalPrice { amount } staff { name }
    appointment { id } }
}"""


@dataclass
class Shop:
    """A cleaning at 50.00 with an oven at 15.00, done by Anna, who comes to SW1A."""

    service: Service
    extra: ServiceExtra
    staff: Staff

    def order(self, **given: Any) -> dict[str, Any]:
        """A guest's order for a Monday in a month; what is given replaces it."""
        return {
            "items": [self.item()],
            "guest": {"name": "Ada King", "email": "ada@example.com", "phone": "+44 20 7946 0958"},
            "address": self.address(),
            "scheduledDate": "2027-03-01",
            "scheduledTime": "09:00",
        } | given

    def item(self, **given: Any) -> dict[str, Any]:
        return {"serviceId": gid(self.service), "quantity": 1} | given

    @staticmethod
    def address(**given: Any) -> dict[str, Any]:
        return {"line1": "10 Downing Street", "city": "London", "postcode": "SW1A 2AA", "country": "GB"} | given


def open_shop() -> Shop:
    """The shop and the places that it knows."""
    factories.add_postcodes()
    service = factories.service(name="Cleaning")
    extra = factories.extra(service, name="Oven")
    return Shop(service, extra, factories.staff_member(service, name="Anna"))
