"""Plans as their viewers read them: by token, in lists, in somebody's day; and what that costs."""

import pytest

from tests import factories
from tests.client import Api, gid
from tests.personas import Personas
from tests.schema.subscriptions.planning import Shop
from tests.statements import assert_same_statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def test_staff_see_which_visit_of_which_plan_is_in_their_day(personas: Personas, shop: Shop) -> None:
    plan = factories.active_plan(shop.service, staff=personas.staff, visits=1)
    query = """{ schedule(from: "2027-03-01T00:00:00Z", to: "2027-03-02T00:00:00Z") {
      appointments { type visit { sequence subscription { subscriptionNumber trackingToken guestEmail } } } } }"""
    assert personas["staff"](query).data["schedule"]["appointments"] == [
        {
            "type": "SUBSCRIPTION",
            "visit": {
                "sequence": 1,
                "subscription": {
                    "subscriptionNumber": plan.subscription_number,
                    "trackingToken": None,
                    "guestEmail": None,
                },
            },
        }
    ]


def test_whoever_holds_the_token_sees_all_of_the_plan(api: Api, shop: Shop) -> None:
    plan = factories.active_plan(shop.service, staff=shop.anna, visits=2)
    query = """query($t: String!) { trackSubscription(trackingToken: $t) {
      guestEmail trackingToken visits { sequence canCancel cancellationDeadline } } }"""
    assert api(query, t=plan.tracking_token).data["trackSubscription"] == {
        "guestEmail": "ada@example.com",
        "trackingToken": plan.tracking_token,
        "visits": [
            {"sequence": 1, "canCancel": True, "cancellationDeadline": "2027-02-28T09:00:00+00:00"},
            {"sequence": 2, "canCancel": True, "cancellationDeadline": "2027-03-07T09:00:00+00:00"},
        ],
    }


def test_health_lists_what_has_no_time_and_what_was_moved_with_reasons(personas: Personas, shop: Shop) -> None:
    plan = factories.active_plan(shop.service, staff=personas.staff, visits=2)
    plan.visits.filter(sequence=2).update(is_moved=True, reason="TIME_OFF")
    factories.unplaced_visit(plan)
    query = "{ planHealth(first: 1) { totalCount edges { node { sequence status moved reason } } } }"
    found = personas["manager"](query).data["planHealth"]
    assert found["totalCount"] == 2
    assert found["edges"][0]["node"] == {"sequence": 2, "status": "SCHEDULED", "moved": True, "reason": "TIME_OFF"}
    assert personas["other_manager"](query).data["planHealth"]["totalCount"] == 0


def test_a_list_of_fifty_plans_costs_what_a_list_of_one_costs(personas: Personas, shop: Shop) -> None:
    query = """{ subscriptions(first: 100) { edges { node { subscriptionNumber status service { name } staff { name }
      total { amount } customer { name }
      visits { sequence status canCancel changeRequests { status } appointment { start status staff { name } } }
    } } } }"""

    def add() -> None:
        staff = factories.staff_member(shop.service)
        factories.active_plan(shop.service, staff=staff, visits=2, customer=factories.customer())

    assert_same_statements(personas["admin"], query, add=add, at_most=10, many=12)


def test_a_plan_is_found_by_number_state_and_customer(personas: Personas, shop: Shop) -> None:
    mine = factories.active_plan(shop.service, staff=shop.anna, visits=1, customer=personas.customer)
    factories.pending_plan(shop.service)

    def found(filters: str) -> list[str]:
        query = f"{{ subscriptions(filters: {filters}) {{ edges {{ node {{ subscriptionNumber }} }} }} }}"
        edges = personas["admin"](query).data["subscriptions"]["edges"]
        return [edge["node"]["subscriptionNumber"] for edge in edges]

    for filters in (
        f'{{search: "{mine.subscription_number}"}}',
        "{status: ACTIVE}",
        f'{{customer: "{gid(personas.customer)}"}}',
    ):
        assert found(filters) == [mine.subscription_number]
