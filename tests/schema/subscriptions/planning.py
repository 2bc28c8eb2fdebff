"""What the tests of plans share: a shop with one of everything, and a plan as a visitor's browser sends it."""

from dataclasses import dataclass
from typing import Any

from backend.catalogue.models import Service, ServiceExtra
from backend.staff.models import Staff
from tests import factories
from tests.client import Api, gid

VISITS = "visits { id sequence nominalDate status moved reason appointment { start status staff { name } } }"
RETURNING = f"""subscription {{
  id subscriptionNumber trackingToken status version frequency durationMonths startDate endDate totalAppointments
  completedAppointments nextAppointmentDate pricePerAppointment {{ amount currency }}
  subtotal {{ amount }} discount {{ amount }} total {{ amount }} couponCode visitTime staff {{ name }} {VISITS}
}}"""


@dataclass
class Shop:
    """A cleaning of an hour at 50.00 with an oven at 15.00, done by Anna, who comes to SW1A from 9 to 17."""

    service: Service
    extra: ServiceExtra
    anna: Staff

    def plan(self, **given: Any) -> dict[str, Any]:
        """A guest's weekly plan of a month, on Mondays at 09:00; what is given replaces it."""
        return {
            "serviceId": gid(self.service),
            "frequency": "WEEKLY",
            "durationMonths": 1,
            "startDate": "2027-03-01",
            "preferredTime": "09:00",
            "guest": {"name": "Ada King", "email": "ada@example.com", "phone": "+44 20 7946 0958"},
            "address": {"line1": "10 Downing Street", "city": "London", "postcode": "SW1A 2AA"},
        } | given


def open_shop() -> Shop:
    """The shop and the places that it knows."""
    factories.add_postcodes()
    service = factories.service(name="Cleaning")
    extra = factories.extra(service, name="Oven")
    return Shop(service, extra, factories.staff_member(service, name="Anna"))


def create(api: Api, shop: Shop, **given: Any) -> dict[str, Any]:
    """Make a plan; its payload."""
    return api.mutate("createSubscription", shop.plan(**given), RETURNING)


def shown(visits: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Each visit as (start or status, who, moved, why)."""
    return [
        (
            each["appointment"]["start"][:16] if each["appointment"] else each["status"],
            each["appointment"]["staff"]["name"] if each["appointment"] else None,
            each["moved"],
            each["reason"],
        )
        for each in visits
    ]
