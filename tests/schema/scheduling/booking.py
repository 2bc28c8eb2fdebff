"""What the tests of direct booking share: a shop with one of everything, and what a visitor's browser sends."""

from dataclasses import dataclass
from typing import Any

from backend.catalogue.models import Service, ServiceExtra
from backend.staff.models import Staff
from tests import factories
from tests.client import Api, gid

RETURNING = """appointment {
  id type status start end version notes price { amount currency } extras { name durationMinutes }
  cancellationDeadline rescheduleDeadline canCancel canReschedule trackingToken
  staff { name } service { name } customer { name email phone } address { line1 city postcode }
}
alternatives { start end staff { id name } }"""
SHORT = "appointment { id start staff { name } } alternatives { start end staff { id name } }"


@dataclass
class Shop:
    """A cleaning of an hour at 50.00 with an oven (15.00, 30 minutes), done by Anna, who comes to SW1A."""

    service: Service
    extra: ServiceExtra
    staff: Staff

    def booking(self, **given: Any) -> dict[str, Any]:
        """A guest's booking with anyone, for a Monday in a month at 09:00; what is given replaces it."""
        return {
            "serviceId": gid(self.service),
            "start": "2027-03-01T09:00:00Z",
            "guest": {"name": "Ada King", "email": "Ada@Example.com", "phone": "+44 20 7946 0958"},
            "address": self.address(),
        } | given

    @staticmethod
    def address(**given: Any) -> dict[str, Any]:
        return {"line1": "10 Downing Street", "city": "London", "postcode": "sw1a2aa", "country": "GB"} | given

    def book(self, api: Api, returning: str = SHORT, **given: Any) -> dict[str, Any]:
        """The payload of a booking. What is given replaces the usual; None leaves it out."""
        wanted = {key: value for key, value in self.booking(**given).items() if value is not None}
        return api.mutate("bookAppointment", wanted, returning)


def open_shop() -> Shop:
    """The shop and the places that it knows."""
    factories.add_postcodes()
    service = factories.service(name="Cleaning")
    extra = factories.extra(service, name="Oven")
    return Shop(service, extra, factories.staff_member(service, name="Anna"))
