"""The dead-letter list and `sendAgain` through the API, and who may use them."""

from datetime import datetime
from typing import Any

import pytest

from backend.events.models import Delivery
from tests.client import gid
from tests.factories.business import NOW
from tests.factories.events import delivery, event
from tests.personas import NAMES, Personas
from tests.statements import assert_same_statements

pytestmark = pytest.mark.django_db

SEND = "mutation($id: ID!) { sendAgain(input: {deliveryId: $id}) { delivery { id } } }"
LIST = """query { deadLetters(first: 50) { totalCount edges { node {
  id handler status attempts lastError event { kind requestId occurredAt } } } } }"""


def dead(**given: Any) -> Delivery:
    return delivery(event("order.placed", request_id="request-42"), status="DEAD", attempts=8, **given)


def test_an_admin_sees_the_dead_and_only_the_dead(personas: Personas) -> None:
    row = dead(last_error="Traceback: broken")
    delivery()
    delivery(status="DONE", done_at=NOW)
    assert personas["admin"](LIST).data["deadLetters"] == {
        "totalCount": 1,
        "edges": [
            {
                "node": {
                    "id": gid(row),
                    "handler": "probe.count",
                    "status": "DEAD",
                    "attempts": 8,
                    "lastError": "Traceback: broken",
                    "event": {
                        "kind": "order.placed",
                        "requestId": "request-42",
                        "occurredAt": "2027-02-01T08:00:00+00:00",
                    },
                }
            }
        ],
    }


def test_an_admin_sends_one_again(personas: Personas, at_now: datetime) -> None:
    row = dead()
    payload = personas["admin"].mutate("sendAgain", {"deliveryId": gid(row)}, "delivery { id status attempts dueAt }")
    assert payload == {
        "delivery": {"id": gid(row), "status": "PENDING", "attempts": 0, "dueAt": "2027-02-01T08:00:00+00:00"},
        "userErrors": [],
    }


def test_what_is_not_dead_is_an_invalid_transition(personas: Personas) -> None:
    payload = personas["admin"].mutate("sendAgain", {"deliveryId": gid(delivery())}, "delivery { id }")
    assert payload == {"delivery": None, "userErrors": [("INVALID_TRANSITION", "deliveryId")]}


@pytest.mark.parametrize("given", ["nonsense", "RGVsaXZlcnk6MQ==", "VXNlcjox"])
def test_an_unknown_id_is_not_found(personas: Personas, given: str) -> None:
    payload = personas["admin"].mutate("sendAgain", {"deliveryId": given}, "delivery { id }")
    assert payload == {"delivery": None, "userErrors": [("NOT_FOUND", "deliveryId")]}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "admin"])
def test_nobody_else_sees_or_sends(personas: Personas, name: str) -> None:
    row = dead()
    code = "UNAUTHENTICATED" if name in ("anonymous", "guest") else "FORBIDDEN"
    assert personas[name](LIST).codes == [code]
    again = personas[name](
        "mutation($id: ID!) { sendAgain(input: {deliveryId: $id}) { delivery { id } } }", id=gid(row)
    )
    assert again.codes == [code]
    assert personas[name]("query($id: ID!) { node(id: $id) { id } }", id=gid(row)).data["node"] is None
    row.refresh_from_db()
    assert (row.status, row.attempts) == ("DEAD", 8)


@pytest.mark.usefixtures("at_now")
def test_fifty_cost_the_statements_of_one(personas: Personas) -> None:
    assert_same_statements(personas["admin"], LIST, add=dead, at_most=4)
