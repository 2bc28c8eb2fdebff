"""Who may do what: every root field of the schema against the nine personas, in one table.

A row is one operation on the world of `tests/world.py`, and what each persona gets:

* `OK`: it is done, or answered (for a mutation: and something changed);
* `SEES(…)`: a list of exactly these rows of the world;
* `NULL`: an answer that tells nothing;
* a code: refused, by a GraphQL error or by `userErrors`.

Whatever is not OK changes nothing at all. `"*"` stands for those that a row does not name; the last that names a
persona counts.
"""

from backend.events.queries import Cursor, log_end
from schema.cursors import encode_cursor
from tests.factories.business import PASSWORD
from tests.schema.matrix.bookings import ROWS as BOOKINGS
from tests.schema.matrix.calendars import ROWS as CALENDARS
from tests.schema.matrix.catalogue import ROWS as CATALOGUE_AND_STAFF
from tests.schema.matrix.partners import ROWS as PARTNERS
from tests.schema.matrix.plans import ROWS as PLANS
from tests.schema.matrix.words import (
    ADMINS,
    ANOTHER_TIME,
    COUPON,
    CUSTOMERS,
    EVERYONE,
    FORBIDDEN,
    HOME,
    MANAGED_CUSTOMERS,
    MANAGED_ORDERS,
    MANAGERS,
    NOBODY,
    NOT_FOUND,
    NULL,
    OFFICE,
    OK,
    OWN_CUSTOMER,
    OWN_ORDER,
    OWN_VISIT,
    REPORTS,
    SEES,
    SIGNED_IN,
    UNAUTHENTICATED,
    Row,
    a_picture,
    given,
    listing,
    mutation,
    node,
    order_input,
    unverified,
    verification,
)

__all__ = ["NULL", "OK", "ROWS", "SEES", "Row"]

PLAN_VISITS = ("plan appointment 1", "plan appointment 2")

ROWS: tuple[Row, ...] = (
    *CATALOGUE_AND_STAFF,
    *BOOKINGS,
    *CALENDARS,
    *PLANS,
    *PARTNERS,
    # Time: bookable for everyone; visits for the customer, the member of staff, and whoever manages either
    Row(
        "Query.availability",
        'query($id: ID!) { availability(serviceId: $id, postcode: "SW1A", from: "2027-03-01", to: "2027-03-02") '
        "{ date slots { staff { id } } } }",
        EVERYONE,
        lambda world, who: {"id": world.id("service")},
    ),
    Row(
        "Query.cartAvailability",
        'query($id: ID!) { cartAvailability(items: [{serviceId: $id}], postcode: "SW1A", from: "2027-03-01", '
        'to: "2027-03-02") { date times { start } } }',
        EVERYONE,
        lambda world, who: {"id": world.id("service")},
    ),
    Row(
        "Query.nextAvailable",
        'query($id: ID!) { nextAvailable(serviceId: $id, postcode: "SW1A", count: 2) { staff { id } } }',
        EVERYONE,
        lambda world, who: {"id": world.id("service")},
    ),
    node("Appointment", "visit", {"customer staff manager admin": OK, "*": NULL}),
    listing(
        "appointments",
        {
            "*": SEES(),
            "customer staff manager": SEES("visit", "booking", "missed visit", "done visit", *PLAN_VISITS),
            "other_staff": SEES("guest booking", "guest appointment"),
            "admin": SEES(
                "visit", "booking", "missed visit", "done visit", "guest booking", "guest appointment", *PLAN_VISITS
            ),
        },
    ),
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
    mutation(
        "holdSlot",
        "hold { token }",
        EVERYONE,
        given(serviceId="id:service", start="2027-03-01T09:00:00Z", postcode="SW1A 2AA"),
    ),
    mutation("releaseSlot", "released", EVERYONE, given(token="held")),
    mutation("announceArrival", "appointment { id }", OWN_VISIT, given(appointmentId="id:missed visit", minutes=10)),
    mutation("startAppointment", "appointment { id }", OWN_VISIT, given(appointmentId="id:visit")),
    mutation("completeAppointment", "appointment { id }", OWN_VISIT, given(appointmentId="id:visit")),
    mutation("markNoShow", "appointment { id }", OWN_VISIT, given(appointmentId="id:missed visit")),
    mutation("addInternalNote", "appointment { id }", OWN_VISIT, given(appointmentId="id:visit", text="Dog")),
    node("CompletionPhoto", "photo", {"customer staff manager admin": OK, "*": NULL}),
    mutation(
        "uploadCompletionPhotos",
        "appointment { id }",
        OWN_VISIT,
        lambda world, who: {"input": {"appointmentId": world.id("done visit"), "photos": [a_picture()]}},
    ),
    mutation("deleteCompletionPhoto", "appointment { id }", MANAGED_ORDERS, given(photoId="id:photo")),
    # The back office
    Row("Query.business", "{ business { name } }", EVERYONE),
    listing("deadLetters", {NOBODY: UNAUTHENTICATED, "*": FORBIDDEN, "admin": SEES("dead letter")}),
    node("Delivery", "dead letter", {"*": NULL, "admin": OK}),
    Row("Query.auditLog", "{ auditLog { totalCount } }", ADMINS),
    node("AuditEntry", "audit entry", {"*": NULL, "admin": OK}),
    mutation("sendAgain", "delivery { id }", ADMINS, given(deliveryId="id:dead letter")),
    listing(
        "emailMessages",
        {NOBODY: UNAUTHENTICATED, "*": SEES(), "customer manager admin": SEES("mail")},
    ),
    node("EmailMessage", "mail", {"customer manager admin": OK, "*": NULL}),
    listing(
        "smsMessages",
        {NOBODY: UNAUTHENTICATED, "*": SEES(), "customer manager admin": SEES("text message")},
    ),
    node("SmsMessage", "text message", {"customer manager admin": OK, "*": NULL}),
    Row("Query.notificationPreferences", "{ notificationPreferences { groups { group email } } }", SIGNED_IN),
    mutation(
        "updateNotificationPreferences",
        "preferences { groups { group } }",
        SIGNED_IN,
        given(groups=[{"group": "REMINDERS", "email": False}]),
    ),
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
    mutation(
        "resendTrackingLink",
        "accepted",
        EVERYONE,
        # Each asks for an e-mail of its own, since links are limited by e-mail.
        lambda world, who: {"input": {"number": str(world.rows["guest order"]), "email": f"{who}@example.com"}},
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
        lambda world, who: {"staffId": world.id("staff"), "after": encode_cursor(Cursor(1, 0, log_end().epoch))},
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
    mutation("reactivateUser", "user { id }", ADMINS, given(userId="id:former account")),
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
    Row("Query.guestData", '{ guestData(email: "ada@example.com") }', ADMINS),
    mutation("eraseGuest", "rows", ADMINS, given(email="nobody.ever@example.com")),
    mutation("addAddress", "address { id }", OWN_CUSTOMER, given(customerId="id:customer", address=HOME)),
    mutation("updateAddress", "address { id }", OWN_CUSTOMER, given(addressId="id:address", address=HOME)),
    mutation("setDefaultAddress", "address { id }", OWN_CUSTOMER, given(addressId="id:address"), "AddressIdInput"),
    mutation("deleteAddress", "deletedId", OWN_CUSTOMER, given(addressId="id:address"), "AddressIdInput"),
    # Coupons: customers type codes and see none
    listing("coupons", {**REPORTS, f"{MANAGERS} admin": SEES("coupon", "idle coupon")}),
    listing("couponUsages", {**REPORTS, f"{MANAGERS} admin": SEES("coupon use")}),
    listing("couponReport", {**REPORTS, f"{MANAGERS} admin": SEES("coupon report line")}),
    node("CouponReportLine", "coupon report line", {f"{MANAGERS} admin": OK, "*": NULL}),
    node("Coupon", "coupon", {f"{MANAGERS} admin": OK, "*": NULL}),
    node("CouponUsage", "coupon use", {f"{MANAGERS} admin": OK, "*": NULL}),
    mutation("createCoupon", "coupon { id }", ADMINS, given(**COUPON)),
    mutation("updateCoupon", "coupon { id }", ADMINS, given(couponId="id:coupon", **COUPON)),
    mutation("deactivateCoupon", "coupon { id }", ADMINS, given(couponId="id:coupon")),
    mutation("activateCoupon", "coupon { id }", ADMINS, given(couponId="id:idle coupon")),
)
