"""Who may do what: every root field of the schema against the nine personas, in one table.

A row is one operation on the world of `tests/world.py`, and what each persona gets:

* `OK`: it is done, or answered (for a mutation: and something changed);
* `SEES(…)`: a list of exactly these rows of the world;
* `NULL`: an answer that tells nothing;
* a code: refused, by a GraphQL error or by `userErrors`.

Whatever is not OK changes nothing at all. `"*"` stands for those that a row does not name; the last that names a
persona counts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.accounts.queries import VERIFICATION, link_token
from backend.events.queries import Cursor
from schema.cursors import encode_cursor
from tests.factories.business import PASSWORD
from tests.personas import NAMES
from tests.world import World

OK = "OK"
NULL = "NULL"
UNAUTHENTICATED = "UNAUTHENTICATED"
FORBIDDEN = "FORBIDDEN"
NOT_FOUND = "NOT_FOUND"
INVALID_CREDENTIALS = "INVALID_CREDENTIALS"

NOBODY = "anonymous guest"
CUSTOMERS = "customer other_customer"
STAFF = "staff other_staff"
MANAGERS = "manager other_manager"


def SEES(*names: str) -> str:
    """A list of exactly these rows of the world."""
    return "SEES " + (", ".join(sorted(names)) or "nothing")


Variables = Callable[[World, str], dict[str, Any]]


@dataclass(frozen=True)
class Row:
    """One root field, `Mutation.confirmOrder`, by one operation; `case` tells several rows of a field apart."""

    field: str
    operation: str
    expected: Mapping[str, str]
    variables: Variables = lambda world, who: {}
    case: str = ""

    @property
    def name(self) -> str:
        return self.field.split(".")[1]

    def expects(self, persona: str) -> str:
        named = [outcome for names, outcome in self.expected.items() if persona in names.split()]
        return named[-1] if named else self.expected["*"]

    def __post_init__(self) -> None:
        named = [name for names in self.expected for name in names.split() if name != "*"]
        assert set(named) <= set(NAMES), f"{self.field}: no such persona"
        assert "*" in self.expected or set(named) == set(NAMES), f"{self.field}: a persona is missing"

    def __str__(self) -> str:
        return f"{self.field}{f' ({self.case})' if self.case else ''}"


EVERYONE = {"*": OK}
THEIR_OWN_STAFF = {"staff manager admin": OK, "*": NULL}
MANAGED_STAFF = {NOBODY: UNAUTHENTICATED, "manager admin": OK, "*": FORBIDDEN}
OWN_VISIT = {NOBODY: UNAUTHENTICATED, "customer": FORBIDDEN, "staff manager admin": OK, "*": NOT_FOUND}
MANAGED_ORDERS = {NOBODY: UNAUTHENTICATED, "manager admin": OK, "other_manager": NOT_FOUND, "*": FORBIDDEN}
OWN_ORDER = {NOBODY: UNAUTHENTICATED, "customer manager admin": OK, "*": NOT_FOUND}
ADMINS = {NOBODY: UNAUTHENTICATED, "*": FORBIDDEN, "admin": OK}
SIGNED_IN = {NOBODY: UNAUTHENTICATED, "*": OK}
OFFICE = {NOBODY: UNAUTHENTICATED, f"{MANAGERS} admin": OK, "*": FORBIDDEN}
REPORTS = {NOBODY: UNAUTHENTICATED, "*": FORBIDDEN}
OWN_CUSTOMER = {NOBODY: UNAUTHENTICATED, "customer manager admin": OK, "*": NOT_FOUND}
MANAGED_CUSTOMERS = {NOBODY: UNAUTHENTICATED, "customer": FORBIDDEN, "manager admin": OK, "*": NOT_FOUND}

ANOTHER_TIME = {"requestedDate": "2027-03-03", "requestedTime": "10:30"}
HOME = {"line1": "1 Abbey Road", "city": "London", "postcode": "N1 1AA"}
COUPON = {"code": "SPRING", "discountType": "PERCENTAGE", "discountValue": "10"}


def given(**values: Any) -> Variables:
    """The same input for everyone; a text like `id:service` is the id of that row of the world."""
    return lambda world, who: {"input": resolved(world, values)}


def resolved(world: World, value: Any) -> Any:
    """`value` with every `id:name` replaced with the id of that row, and `token:name` with its tracking token."""
    if isinstance(value, dict):
        return {key: resolved(world, each) for key, each in value.items()}
    if isinstance(value, list):
        return [resolved(world, each) for each in value]
    if isinstance(value, str) and value.startswith("id:"):
        return world.id(value[3:])
    if isinstance(value, str) and value.startswith("token:"):
        return world.token(value[6:])
    return value


def mutation(
    name: str, returning: str, expected: Mapping[str, str], variables: Variables, kind: str = "", case: str = ""
) -> Row:
    """A mutation, whose input type has the usual name where `kind` does not say another."""
    kind = kind or f"{name[0].upper()}{name[1:]}Input"
    operation = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {returning} userErrors {{ code field }} }} }}"
    return Row(f"Mutation.{name}", operation, expected, variables, case)


def node(kind: str, row: str, expected: Mapping[str, str]) -> Row:
    """Fetching a row by its id: null for those who may not see it."""
    return Row(
        "Query.node",
        f"query($id: ID!) {{ node(id: $id) {{ id ... on {kind} {{ __typename }} }} }}",
        expected,
        lambda world, who: {"id": world.id(row)},
        case=row,
    )


def unverified(who: str) -> str:
    """An e-mail that is not proven yet, one for each persona."""
    return f"{who}@unverified.example"


def verification(world: World) -> str:
    """The token of the customer's verification link."""
    user = world.personas.customer.user
    assert user is not None
    return link_token(VERIFICATION, user)


def order_input(world: World, who: str) -> dict[str, Any]:
    """An order by a customer for itself, by everyone else for a guest."""
    order: dict[str, Any] = {
        "items": [{"serviceId": world.id("service")}],
        "address": {"line1": "10 Downing Street", "city": "London", "postcode": "SW1A 2AA"},
        "scheduledDate": "2027-03-01",
        "scheduledTime": "09:00",
    }
    if who not in CUSTOMERS.split():
        order["guest"] = {"name": "Ada King", "email": "ada@example.com"}
    return order


def listing(name: str, expected: Mapping[str, str], arguments: str = "") -> Row:
    """A connection: which rows each persona finds in it."""
    return Row(f"Query.{name}", f"{{ {name}{arguments} {{ totalCount edges {{ node {{ id }} }} }} }}", expected)


SERVICES = ("service",)
ALL_SERVICES = ("service", "hidden service", "proposal", "rejected proposal")
PROPOSED = {"*": SEES(*SERVICES), "staff": SEES("service", "proposal", "rejected proposal")}
OWN_PROPOSAL = {NOBODY: UNAUTHENTICATED, "staff": OK, "other_staff": NOT_FOUND, "*": FORBIDDEN}
EDITED_PROPOSAL = OWN_PROPOSAL | {"admin": OK}

ROWS: tuple[Row, ...] = (
    # Public, or public in part
    node("Category", "category", EVERYONE),
    node("Service", "service", EVERYONE),
    node("Service", "hidden service", {"*": NULL, f"{MANAGERS} admin": OK}),
    node("Service", "proposal", {"*": NULL, f"staff {MANAGERS} admin": OK}),
    node("ServiceExtra", "extra", EVERYONE),
    Row(
        "Query.nodes",
        "query($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        {**PROPOSED, f"{MANAGERS} admin": SEES(*ALL_SERVICES)},
        lambda world, who: {"ids": [world.id(name) for name in ALL_SERVICES]},
    ),
    Row("Query.categories", "{ categories { id } }", {"*": SEES("category", "empty category")}),
    listing("services", {**PROPOSED, f"{MANAGERS} admin": SEES(*ALL_SERVICES)}),
    Row(
        "Mutation.signIn",
        'mutation { signIn(input: {email: "nobody@example.com", password: "wrong"}) { userErrors { code } } }',
        {"*": INVALID_CREDENTIALS},
    ),
    Row(
        "Mutation.signOut",
        "mutation { signOut { userErrors { code } } }",
        {NOBODY: UNAUTHENTICATED, "*": OK},
    ),
    # Catalogue
    mutation("createCategory", "category { id }", ADMINS, given(name="Gardening")),
    mutation("updateCategory", "category { id }", ADMINS, given(categoryId="id:category", name="Tidying")),
    mutation(
        "createService",
        "service { id }",
        {NOBODY: UNAUTHENTICATED, f"{STAFF} admin": OK, "*": FORBIDDEN},
        given(categoryId="id:category", name="Windows", durationMinutes=60, price="30.00"),
    ),
    mutation("updateService", "service { id }", ADMINS, given(serviceId="id:service", name="Deeper clean")),
    mutation(
        "updateService",
        "service { id }",
        EDITED_PROPOSAL,
        given(serviceId="id:proposal", name="Bird bath"),
        case="proposed",
    ),
    mutation("deactivateService", "service { id }", ADMINS, given(serviceId="id:service")),
    mutation("moveCategory", "category { id }", ADMINS, given(categoryId="id:empty category", parentId="id:category")),
    mutation("reorderCategories", "categories { id }", ADMINS, given(categoryIds=["id:empty category"])),
    mutation("deleteCategory", "deletedId", ADMINS, given(categoryId="id:empty category")),
    mutation(
        "reorderServices",
        "category { id }",
        ADMINS,
        given(categoryId="id:category", serviceIds=["id:hidden service"]),
    ),
    mutation(
        "addServiceExtra",
        "extra { id }",
        EDITED_PROPOSAL,
        given(serviceId="id:proposal", name="Attic", price="5.00"),
    ),
    mutation("updateServiceExtra", "extra { id }", ADMINS, given(extraId="id:extra", name="Attic")),
    mutation("deactivateServiceExtra", "extra { id }", ADMINS, given(extraId="id:extra")),
    mutation("reorderServiceExtras", "service { id }", ADMINS, given(serviceId="id:service", extraIds=["id:extra"])),
    mutation("approveService", "service { id }", OFFICE, given(serviceId="id:proposal"), "ServiceInput"),
    mutation("rejectService", "service { id }", OFFICE, given(serviceId="id:proposal", reason="No")),
    mutation("withdrawService", "service { id }", OWN_PROPOSAL, given(serviceId="id:proposal"), "ServiceInput"),
    mutation(
        "proposeServiceAgain",
        "service { id }",
        OWN_PROPOSAL,
        given(serviceId="id:rejected proposal"),
        "ServiceInput",
    ),
    # Staff: the name on the door is public, the rest is for the person and whoever manages it
    listing("staffMembers", {"*": SEES("staff", "other staff")}),
    node("Staff", "staff", EVERYONE),
    node("StaffService", "offer", THEIR_OWN_STAFF),
    node("ServiceArea", "area", THEIR_OWN_STAFF),
    node("ScheduleException", "exception", THEIR_OWN_STAFF),
    node("TimeOff", "time off", THEIR_OWN_STAFF),
    mutation(
        "createStaffMember",
        "staff { id }",
        {NOBODY: UNAUTHENTICATED, f"{MANAGERS} admin": OK, "*": FORBIDDEN},
        given(name="New", email="new@example.com"),
    ),
    mutation("updateStaffMember", "staff { id }", MANAGED_STAFF, given(staffId="id:staff", name="Anna")),
    mutation("deactivateStaffMember", "staff { id }", MANAGED_STAFF, given(staffId="id:staff")),
    mutation(
        "setWorkingHours",
        "staff { id }",
        MANAGED_STAFF,
        given(staffId="id:staff", hours=[{"dayOfWeek": "MONDAY", "start": "08:00", "end": "12:00"}]),
    ),
    mutation(
        "setScheduleException",
        "scheduleException { id }",
        MANAGED_STAFF,
        given(staffId="id:staff", date="2027-02-09"),
    ),
    mutation(
        "removeScheduleException",
        "staff { id }",
        MANAGED_STAFF | {"other_manager": NOT_FOUND},
        given(exceptionId="id:exception"),
    ),
    mutation(
        "assignService",
        "assignment { id }",
        MANAGED_STAFF,
        given(staffId="id:staff", serviceId="id:service", priceOverride="40.00"),
    ),
    mutation("unassignService", "staff { id }", MANAGED_STAFF, given(staffId="id:staff", serviceId="id:service")),
    mutation(
        "addServiceArea",
        "area { id }",
        MANAGED_STAFF,
        given(staffId="id:staff", postcode="N1", radiusMiles=3),
    ),
    mutation(
        "removeServiceArea", "staff { id }", MANAGED_STAFF | {"other_manager": NOT_FOUND}, given(areaId="id:area")
    ),
    mutation(
        "addTimeOff",
        "timeOff { id }",
        MANAGED_STAFF,
        given(staffId="id:staff", start="2027-03-08T00:00:00Z", end="2027-03-09T00:00:00Z"),
    ),
    mutation(
        "removeTimeOff",
        "staff { id }",
        MANAGED_STAFF | {"other_manager": NOT_FOUND},
        given(timeOffId="id:time off"),
    ),
    # Time: bookable for everyone; visits for the customer, the member of staff, and whoever manages either
    Row(
        "Query.availability",
        'query($id: ID!) { availability(serviceId: $id, postcode: "SW1A", from: "2027-03-01", to: "2027-03-02") '
        "{ date slots { staff { id } } } }",
        EVERYONE,
        lambda world, who: {"id": world.id("service")},
    ),
    node("Appointment", "visit", {"customer staff manager admin": OK, "*": NULL}),
    listing("appointments", {"customer staff manager admin": SEES("visit"), "*": SEES()}),
    Row(
        "Query.schedule",
        '{ schedule(from: "2027-03-01T00:00:00Z", to: "2027-03-08T00:00:00Z") { cursor appointments { id } } }',
        {NOBODY: UNAUTHENTICATED, CUSTOMERS: FORBIDDEN, "*": OK},
    ),
    Row(
        "Query.schedule",
        'query($id: ID!) { schedule(from: "2027-03-01T00:00:00Z", to: "2027-03-08T00:00:00Z", staffId: $id) '
        "{ appointments { id } } }",
        {NOBODY: UNAUTHENTICATED, CUSTOMERS: FORBIDDEN, "staff manager admin": OK, "*": NOT_FOUND},
        lambda world, who: {"id": world.id("staff")},
        case="of one member of staff",
    ),
    mutation("startAppointment", "appointment { id }", OWN_VISIT, given(appointmentId="id:visit")),
    mutation("completeAppointment", "appointment { id }", OWN_VISIT, given(appointmentId="id:visit")),
    mutation("markNoShow", "appointment { id }", OWN_VISIT, given(appointmentId="id:visit")),
    mutation("addInternalNote", "appointment { id }", OWN_VISIT, given(appointmentId="id:visit", text="Dog")),
    # The back office
    Row("Query.business", "{ business { name } }", EVERYONE),
    listing("deadLetters", {NOBODY: UNAUTHENTICATED, "*": FORBIDDEN, "admin": SEES("dead letter")}),
    node("Delivery", "dead letter", {"*": NULL, "admin": OK}),
    mutation("sendAgain", "delivery { id }", ADMINS, given(deliveryId="id:dead letter")),
    node("User", "account", {"customer admin": OK, "*": NULL}),
    Row("Query.viewer", "{ viewer { user { id } } }", {NOBODY: NULL, "*": OK}),
    listing(
        "customers",
        {
            NOBODY: UNAUTHENTICATED,
            "*": FORBIDDEN,
            "manager": SEES("customer"),
            "other_manager": SEES(),
            "admin": SEES("customer", "other customer", "stray customer"),
        },
    ),
    # Orders: the customer's own, those that staff have a visit of, what the manager manages
    node("Customer", "customer", {"customer manager admin": OK, "*": NULL}),
    node("Address", "address", {"customer manager admin": OK, "*": NULL}),
    node("Order", "order", {"customer manager admin": OK, "*": NULL}),
    node("Order", "guest order", {"admin": OK, "*": NULL}),
    node("Order", "confirmed order", {"customer staff manager admin": OK, "*": NULL}),
    node("OrderItem", "item", {"customer manager admin": OK, "*": NULL}),
    node("OrderItemExtra", "chosen extra", {"customer manager admin": OK, "*": NULL}),
    listing(
        "orders",
        {
            "*": SEES(),
            "customer manager": SEES("order", "confirmed order"),
            "staff": SEES("confirmed order"),
            "admin": SEES("order", "confirmed order", "guest order"),
        },
    ),
    Row(
        "Query.quoteOrder",
        "query($id: ID!) { quoteOrder(items: [{serviceId: $id}]) { total { amount } userErrors { code } } }",
        EVERYONE,
        lambda world, who: {"id": world.id("service")},
    ),
    Row(
        "Query.trackOrder",
        "query($token: String!) { trackOrder(trackingToken: $token) { orderNumber } }",
        EVERYONE,
        lambda world, who: {"token": world.token("guest order")},
    ),
    Row(
        "Query.trackOrder",
        '{ trackOrder(trackingToken: "wrong") { orderNumber } }',
        {"*": NULL},
        case="wrong token",
    ),
    mutation("placeOrder", "order { id }", EVERYONE, lambda world, who: {"input": order_input(world, who)}),
    mutation("updateOrder", "order { id }", OWN_ORDER, given(orderId="id:order", notes="Ring twice")),
    mutation(
        "updateOrder",
        "order { id }",
        EVERYONE,
        given(trackingToken="token:guest order", notes="Ring twice"),
        case="by token",
    ),
    mutation(
        "updateOrder",
        "order { id }",
        OWN_ORDER | {"customer": FORBIDDEN, "staff": FORBIDDEN},
        given(orderId="id:confirmed order", internalNotes="Pays late"),
        case="internal notes",
    ),
    mutation(
        "updateOrder",
        "order { id }",
        {"*": FORBIDDEN},
        given(trackingToken="token:guest order", internalNotes="Pays late"),
        case="internal notes by token",
    ),
    mutation("addOrderItem", "order { id }", OWN_ORDER, given(orderId="id:order", item={"serviceId": "id:service"})),
    mutation(
        "addOrderItem",
        "order { id }",
        EVERYONE,
        given(trackingToken="token:guest order", item={"serviceId": "id:service"}),
        case="by token",
    ),
    mutation("updateOrderItem", "order { id }", OWN_ORDER, given(orderItemId="id:item", quantity=2)),
    mutation(
        "updateOrderItem",
        "order { id }",
        EVERYONE,
        given(trackingToken="token:guest order", orderItemId="id:guest item", quantity=2),
        case="by token",
    ),
    mutation("removeOrderItem", "order { id }", OWN_ORDER, given(orderItemId="id:second item")),
    mutation(
        "removeOrderItem",
        "order { id }",
        EVERYONE,
        given(trackingToken="token:guest order", orderItemId="id:guest item"),
        case="by token",
    ),
    mutation(
        "assignStaff",
        "orderItem { id }",
        MANAGED_ORDERS,
        given(orderItemId="id:item", staffId="id:staff"),
    ),
    mutation("confirmOrder", "order { id }", MANAGED_ORDERS, given(orderId="id:order")),
    mutation(
        "cancelOrder",
        "order { id }",
        {
            NOBODY: UNAUTHENTICATED,
            "staff": FORBIDDEN,
            "customer manager admin": OK,
            "*": NOT_FOUND,
        },
        given(orderId="id:confirmed order", reason="Flood"),
    ),
    mutation("cancelOrder", "order { id }", EVERYONE, given(trackingToken="token:guest order"), case="by token"),
    node("ChangeRequest", "change", {"customer manager admin": OK, "*": NULL}),
    listing("changeRequests", {"customer manager admin": SEES("change"), "*": SEES()}),
    mutation("requestChange", "changeRequest { id }", OWN_ORDER, given(orderId="id:order", **ANOTHER_TIME)),
    mutation(
        "requestChange",
        "changeRequest { id }",
        EVERYONE,
        given(trackingToken="token:guest order", **ANOTHER_TIME),
        case="by token",
    ),
    mutation(
        "withdrawChange",
        "changeRequest { id }",
        OWN_ORDER | {"staff": FORBIDDEN},
        given(orderId="id:confirmed order"),
    ),
    mutation(
        "withdrawChange",
        "changeRequest { id }",
        EVERYONE,
        given(trackingToken="token:confirmed order"),
        case="by token",
    ),
    mutation(
        "approveChange",
        "changeRequest { id }",
        MANAGED_ORDERS,
        given(changeRequestId="id:change"),
        "ReviewChangeInput",
    ),
    mutation(
        "rejectChange",
        "changeRequest { id }",
        MANAGED_ORDERS,
        given(changeRequestId="id:change", note="No"),
        "ReviewChangeInput",
    ),
    mutation(
        "linkGuestOrder",
        "order { id }",
        {NOBODY: UNAUTHENTICATED, CUSTOMERS: "EMAIL_NOT_VERIFIED", "*": FORBIDDEN},
        given(trackingToken="token:guest order"),
    ),
    mutation("completeOrder", "order { id }", MANAGED_ORDERS, given(orderId="id:confirmed order")),
    Row(
        "Subscription.scheduleEvents",
        "subscription($staffId: ID, $after: String) { scheduleEvents(staffId: $staffId, after: $after) { cursor } }",
        {NOBODY: UNAUTHENTICATED, CUSTOMERS: FORBIDDEN, "staff manager admin": OK, "*": NOT_FOUND},
        lambda world, who: {"staffId": world.id("staff"), "after": encode_cursor(Cursor(1, 0))},
    ),
    # Accounts: for everybody, for oneself, for admins
    mutation(
        "register",
        "user { id email }",
        EVERYONE,
        lambda world, who: {
            "input": {"email": f"{who}@new.example.com", "password": "a-long-and-winding-road", "name": "New"}
        },
    ),
    mutation("verifyEmail", "user { id }", EVERYONE, lambda world, who: {"input": {"token": verification(world)}}),
    mutation("verifyEmail", "user { id }", {"*": "INVALID_TOKEN"}, given(token="wrong"), case="wrong link"),
    mutation("resendVerification", "accepted", EVERYONE, lambda world, who: {"input": {"email": unverified(who)}}),
    mutation("requestPasswordReset", "accepted", EVERYONE, lambda world, who: {"input": {"email": unverified(who)}}),
    mutation(
        "resetPassword", "user { email }", {"*": "INVALID_TOKEN"}, given(token="wrong", password="a-long-winding-road")
    ),
    mutation(
        "changePassword",
        "user { id }",
        SIGNED_IN,
        given(currentPassword=PASSWORD, newPassword="a-long-and-winding-road"),
    ),
    mutation("updateProfile", "user { id }", SIGNED_IN, given(phone="020 7946 0123")),
    Row("Query.sessions", "{ sessions { totalCount } }", SIGNED_IN),
    node("Session", "session", {"customer admin": OK, "*": NULL}),
    mutation(
        "revokeSession",
        "session { revokedAt }",
        {NOBODY: UNAUTHENTICATED, "customer admin": OK, "*": NOT_FOUND},
        given(sessionId="id:session"),
    ),
    mutation("revokeAllSessions", "revoked", SIGNED_IN, given(keepThis=False)),
    Row("Query.users", "{ users { totalCount } }", ADMINS),
    mutation("updateUserRole", "user { role }", ADMINS, given(userId="id:account", role="STAFF")),
    mutation("deactivateUser", "user { id }", ADMINS, given(userId="id:account")),
    listing("invitations", {**ADMINS, "admin": SEES("invitation")}),
    node("Invitation", "invitation", {"admin": OK, "*": NULL}),
    mutation("sendInvitation", "invitation { id }", ADMINS, given(email="new@example.com", role="STAFF")),
    mutation("resendInvitation", "invitation { id }", ADMINS, given(invitationId="id:invitation"), "InvitationInput"),
    mutation("deleteInvitation", "deletedId", ADMINS, given(invitationId="id:invitation"), "InvitationInput"),
    listing("managers", {**ADMINS, "admin": SEES("manager", "other manager")}),
    node("Manager", "manager", {"manager admin": OK, "*": NULL}),
    mutation("updateManager", "manager { id }", ADMINS, given(managerId="id:manager", canManageAll=True)),
    # Customers: for the office that manages them; addresses also for themselves
    mutation("createCustomer", "customer { id }", OFFICE, given(name="Ada King", email="ada@example.com")),
    mutation("updateCustomer", "customer { id }", MANAGED_CUSTOMERS, given(customerId="id:customer", name="Ada")),
    mutation("archiveCustomer", "customer { id }", MANAGED_CUSTOMERS, given(customerId="id:customer"), "CustomerInput"),
    mutation("restoreCustomer", "customer { id }", MANAGED_CUSTOMERS, given(customerId="id:customer"), "CustomerInput"),
    mutation(
        "mergeCustomers",
        "customer { id }",
        ADMINS,
        given(customerId="id:customer", mergedCustomerId="id:stray customer"),
    ),
    mutation("eraseCustomer", "customer { id }", ADMINS, given(customerId="id:stray customer"), "CustomerInput"),
    Row(
        "Query.customerData",
        "query($id: ID!) { customerData(customerId: $id) }",
        OWN_CUSTOMER,
        lambda world, who: {"id": world.id("customer")},
    ),
    mutation("addAddress", "address { id }", OWN_CUSTOMER, given(customerId="id:customer", address=HOME)),
    mutation("updateAddress", "address { id }", OWN_CUSTOMER, given(addressId="id:address", address=HOME)),
    mutation("setDefaultAddress", "address { id }", OWN_CUSTOMER, given(addressId="id:address"), "AddressIdInput"),
    mutation("deleteAddress", "deletedId", OWN_CUSTOMER, given(addressId="id:address"), "AddressIdInput"),
    # Coupons: customers type codes and see none
    listing("coupons", {**REPORTS, f"{MANAGERS} admin": SEES("coupon", "idle coupon")}),
    listing("couponUsages", {**REPORTS, f"{MANAGERS} admin": SEES("coupon use")}),
    node("Coupon", "coupon", {f"{MANAGERS} admin": OK, "*": NULL}),
    node("CouponUsage", "coupon use", {f"{MANAGERS} admin": OK, "*": NULL}),
    mutation("createCoupon", "coupon { id }", ADMINS, given(**COUPON)),
    mutation("updateCoupon", "coupon { id }", ADMINS, given(couponId="id:coupon", **COUPON)),
    mutation("deactivateCoupon", "coupon { id }", ADMINS, given(couponId="id:coupon")),
    mutation("activateCoupon", "coupon { id }", ADMINS, given(couponId="id:idle coupon")),
)
