"""The nine who ask: one of each kind, and a stranger beside each."""

from dataclasses import dataclass

from backend.accounts.models import Manager
from backend.core.viewer import Role
from backend.customers.models import Customer
from backend.staff.models import Staff
from tests import factories
from tests.client import Api

NAMES = (
    "anonymous",
    "guest",
    "customer",
    "other_customer",
    "staff",
    "other_staff",
    "manager",
    "other_manager",
    "admin",
)


@dataclass
class Personas:
    """The people and their clients. `manager` manages `staff` and `customer`; `other_manager` manages nobody.

    The guest has no account: it is known by the tracking token of whatever the test gives it.
    """

    customer: Customer
    other_customer: Customer
    staff: Staff
    other_staff: Staff
    manager: Manager
    other_manager: Manager
    apis: dict[str, Api]

    def __getitem__(self, name: str) -> Api:
        return self.apis[name]


def make_personas() -> Personas:
    """All nine, signed in where they have an account."""
    admin = factories.user(Role.ADMIN)
    customer, other_customer = factories.customer(), factories.customer()
    staff, other_staff = factories.staff_member(with_user=True), factories.staff_member(with_user=True)
    manager, other_manager = factories.manager(), factories.manager()
    manager.managed_staff.add(staff)
    manager.managed_customers.add(customer)
    accounts = {
        "customer": customer.user,
        "other_customer": other_customer.user,
        "staff": staff.user,
        "other_staff": other_staff.user,
        "manager": manager.user,
        "other_manager": other_manager.user,
        "admin": admin,
    }
    apis = {name: Api(factories.token_for(user)) for name, user in accounts.items() if user is not None}
    apis |= {"anonymous": Api(), "guest": Api()}
    return Personas(customer, other_customer, staff, other_staff, manager, other_manager, apis)
