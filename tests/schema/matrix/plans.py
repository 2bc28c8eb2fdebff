"""Plans, their visits, and the changes wanted of them: the customer's own, those that staff have a visit of, what the
manager manages."""

from typing import Any

from tests.schema.matrix.words import (
    CUSTOMERS,
    EVERYONE,
    FORBIDDEN,
    MANAGED_ORDERS,
    MANAGERS,
    NOBODY,
    NOT_FOUND,
    NULL,
    OK,
    SEES,
    UNAUTHENTICATED,
    Row,
    given,
    listing,
    mutation,
    node,
    order_input,
)
from tests.world import World

OWN_PLAN = {NOBODY: UNAUTHENTICATED, "staff": FORBIDDEN, "customer manager admin": OK, "*": NOT_FOUND}
ANOTHER_TIME = {"requestedDate": "2027-04-07", "requestedTime": "10:30"}
MONTH = {"frequency": "WEEKLY", "durationMonths": 1, "startDate": "2027-03-01", "preferredTime": "15:00"}


def plan_input(world: World, who: str) -> dict[str, Any]:
    """A plan of a month by a customer for itself, by everyone else for a guest."""
    order = order_input(world, who)
    kept = {key: order[key] for key in ("address", "guest") if key in order}
    return {"serviceId": world.id("service")} | MONTH | kept


ROWS: tuple[Row, ...] = (
    node("SubscriptionPlan", "plan", {"customer staff manager admin": OK, "*": NULL}),
    node("SubscriptionPlan", "guest plan", {"other_staff admin": OK, "*": NULL}),
    node("SubscriptionPlan", "pending plan", {"customer manager admin": OK, "*": NULL}),
    node("Visit", "plan visit", {"customer staff manager admin": OK, "*": NULL}),
    node("VisitChangeRequest", "visit change", {"customer manager admin": OK, "*": NULL}),
    listing(
        "subscriptions",
        {
            "*": SEES(),
            "customer manager": SEES("plan", "pending plan", "paused plan"),
            "staff": SEES("plan"),
            "other_staff": SEES("guest plan"),
            "admin": SEES("plan", "pending plan", "paused plan", "guest plan"),
        },
    ),
    Row(
        "Query.subscription",
        "query($id: ID!) { subscription(id: $id) { status } }",
        {"customer staff manager admin": OK, "*": NULL},
        lambda world, who: {"id": world.id("plan")},
    ),
    Row(
        "Query.trackSubscription",
        "query($token: String!) { trackSubscription(trackingToken: $token) { subscriptionNumber } }",
        EVERYONE,
        lambda world, who: {"token": world.token("guest plan")},
    ),
    Row(
        "Query.trackSubscription",
        '{ trackSubscription(trackingToken: "wrong") { subscriptionNumber } }',
        {"*": NULL},
        case="wrong token",
    ),
    Row(
        "Query.previewSubscription",
        "query($input: SubscriptionPlanInput!) "
        "{ previewSubscription(input: $input) { totalVisits userErrors { code } } }",
        EVERYONE,
        given(serviceId="id:service", postcode="SW1A", **MONTH),
    ),
    listing(
        "planHealth",
        {NOBODY: UNAUTHENTICATED, "*": FORBIDDEN, MANAGERS: SEES(), "admin": SEES("unplaced visit")},
    ),
    mutation(
        "createSubscription", "subscription { id }", EVERYONE, lambda world, who: {"input": plan_input(world, who)}
    ),
    mutation("confirmSubscription", "subscription { id }", MANAGED_ORDERS, given(subscriptionId="id:pending plan")),
    mutation("pauseSubscription", "subscription { id }", OWN_PLAN, given(subscriptionId="id:plan")),
    mutation(
        "pauseSubscription", "subscription { id }", EVERYONE, given(trackingToken="token:guest plan"), case="by token"
    ),
    mutation(
        "resumeSubscription",
        "subscription { id }",
        OWN_PLAN | {"staff": NOT_FOUND},
        given(subscriptionId="id:paused plan"),
    ),
    mutation("cancelSubscription", "subscription { id }", OWN_PLAN, given(subscriptionId="id:plan", reason="Moved")),
    mutation(
        "cancelSubscription", "subscription { id }", EVERYONE, given(trackingToken="token:guest plan"), case="by token"
    ),
    mutation(
        "linkGuestSubscription",
        "subscription { id }",
        {NOBODY: UNAUTHENTICATED, CUSTOMERS: "EMAIL_NOT_VERIFIED", "*": FORBIDDEN},
        given(trackingToken="token:guest plan"),
    ),
    mutation(
        "generateVisits",
        "subscription { id }",
        {NOBODY: UNAUTHENTICATED, MANAGERS: NOT_FOUND, "admin": OK, "*": FORBIDDEN},
        given(subscriptionId="id:guest plan"),
    ),
    mutation("skipVisit", "visit { id }", OWN_PLAN, given(visitId="id:plan visit")),
    mutation(
        "skipVisit", "visit { id }", EVERYONE, given(trackingToken="token:guest plan", sequence=1), case="by token"
    ),
    mutation(
        "completeVisit", "visit { id }", OWN_PLAN | {"customer": FORBIDDEN, "staff": OK}, given(visitId="id:plan visit")
    ),
    mutation(
        "placeVisit",
        "visit { id }",
        {NOBODY: UNAUTHENTICATED, MANAGERS: NOT_FOUND, "admin": OK, "*": FORBIDDEN},
        given(visitId="id:unplaced visit", start="2027-04-14T10:00:00Z"),
    ),
    mutation(
        "changeVisits",
        "subscription { id }",
        MANAGED_ORDERS,
        given(visitId="id:plan visit", scope="THIS_AND_LATER", time="13:00"),
    ),
    listing("visitChangeRequests", {"customer manager admin": SEES("visit change"), "*": SEES()}),
    mutation(
        "requestVisitChange", "changeRequest { id }", OWN_PLAN, given(visitId="id:other plan visit", **ANOTHER_TIME)
    ),
    mutation(
        "requestVisitChange",
        "changeRequest { id }",
        EVERYONE,
        given(trackingToken="token:guest plan", sequence=1, **ANOTHER_TIME),
        case="by token",
    ),
    mutation("withdrawVisitChange", "changeRequest { id }", OWN_PLAN, given(visitId="id:plan visit")),
    mutation(
        "approveVisitChange",
        "changeRequest { id }",
        MANAGED_ORDERS,
        given(changeRequestId="id:visit change"),
        "ReviewChangeInput",
    ),
    mutation(
        "rejectVisitChange",
        "changeRequest { id }",
        MANAGED_ORDERS,
        given(changeRequestId="id:visit change", note="No"),
        "ReviewChangeInput",
    ),
)
