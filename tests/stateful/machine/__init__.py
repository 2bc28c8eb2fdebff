"""Office, customers, staff and the clock, in any order: what each does is done in the database and in the model."""

from tests.stateful.machine.doing import DONE
from tests.stateful.machine.orders import Orders
from tests.stateful.machine.plans import Plans
from tests.stateful.machine.shop import Shop
from tests.stateful.machine.visits import Visits

__all__ = ["DONE", "Office", "Seasons"]


class Office(Shop, Orders, Visits):
    """A business from its first morning on."""


class Seasons(Shop, Visits, Plans):
    """A business that lives on plans: without orders, so that more becomes of each plan."""
