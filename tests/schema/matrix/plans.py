"""Plans, their visits, and the changes wanted of them: the customer's own, those that staff have a visit of, what the
manager manages."""

from typing import Any

from tests.schema.matrix.words import (
    EVERYONE,
    FORBIDDEN,
    MANAGED_ORDERS,
    MANAGERS,
    NOBODY,
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
            "customer manager": SEES("plan", "pending plan"),
            "staff": SEES("plan"),
            "other_staff": SEES("guest plan"),
            "admin": SEES("plan", "pending plan", "guest plan"),
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
)
