"""createService, updateService and deactivateService."""

from typing import Any

import pytest

from backend.catalogue.models import Service, ServiceExtra
from backend.events.models import Event
from tests import factories
from tests.client import gid
from tests.personas import NAMES, Personas
from tests.rows import snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

EXTRA = {"name": "Oven", "price": "25.00", "durationMinutes": 45}


def new_service(**change: Any) -> dict[str, Any]:
    given = {"name": "Deep clean", "price": "90.00", "durationMinutes": 120, "bufferMinutes": 30, "extras": [EXTRA]}
    if "categoryId" not in change:
        given["categoryId"] = gid(factories.category())
    return given | change


def test_the_same_key_makes_one_service_with_one_set_of_extras(personas: Personas) -> None:
    given = new_service(idempotencyKey="k")
    first = personas["admin"].mutate("createService", given, "service { id extras { id } }")
    assert personas["admin"].mutate("createService", given, "service { id extras { id } }") == first
    assert (Service.objects.count(), ServiceExtra.objects.count()) == (1, 1)
    assert Event.objects.filter(kind="service.changed").count() == 1


def test_what_is_given_changes_and_the_rest_stays(personas: Personas) -> None:
    service = factories.service()
    before = Service.objects.values().get()
    payload = personas["admin"].mutate(
        "updateService", {"serviceId": gid(service), "price": "12.00"}, "service { price { amount } }"
    )
    assert payload == {"service": {"price": {"amount": "12.00"}}, "userErrors": []}
    after = Service.objects.values().get()
    assert str(after["price"]) == "12.00"
    assert after == before | {"price": after["price"]}


def test_a_list_of_extras_replaces_the_old_one_which_old_orders_still_name(personas: Personas) -> None:
    service = factories.service()
    kept, dropped = factories.extra(service, name="Oven"), factories.extra(service, name="Fridge")
    extras = [{"name": "Attic", "price": "5.00"}, {"id": gid(kept), "name": "Big oven", "price": "30.00"}]
    payload = personas["admin"].mutate(
        "updateService", {"serviceId": gid(service), "extras": extras}, "service { extras { name durationMinutes } }"
    )
    assert payload["service"]["extras"] == [
        {"name": "Attic", "durationMinutes": 0},
        {"name": "Big oven", "durationMinutes": 0},
    ]
    dropped.refresh_from_db()
    assert (dropped.is_active, dropped.name) == (False, "Fridge")


def test_deactivating_twice_is_no_error_and_told_once(personas: Personas) -> None:
    service = factories.service()
    for _ in range(2):
        payload = personas["admin"].mutate("deactivateService", {"serviceId": gid(service)}, "service { isActive }")
        assert payload == {"service": {"isActive": False}, "userErrors": []}
    assert Event.objects.filter(kind="service.changed").count() == 1


BAD: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "no name": ({"name": " "}, [("REQUIRED", "name")]),
    "control characters": ({"description": "\x1b"}, [("INVALID_INPUT", "description")]),
    "unknown category": ({"categoryId": "Q2F0ZWdvcnk6OTk5OTk5"}, [("NOT_FOUND", "categoryId")]),
    "negative price": ({"price": "-1.00"}, [("OUT_OF_RANGE", "price")]),
    "huge price": ({"price": "100000.00"}, [("OUT_OF_RANGE", "price")]),
    "half a penny": ({"price": "1.005"}, [("INVALID_INPUT", "price")]),
    "no time": ({"durationMinutes": 0}, [("OUT_OF_RANGE", "durationMinutes")]),
    "more than a day": ({"durationMinutes": 1441}, [("OUT_OF_RANGE", "durationMinutes")]),
    "negative pause": ({"bufferMinutes": -1}, [("OUT_OF_RANGE", "bufferMinutes")]),
    "an extra of another service": (
        {"extras": [EXTRA | {"id": "U2VydmljZUV4dHJhOjk5OTk5OQ=="}]},
        [("NOT_FOUND", "extras.0.id")],
    ),
    "several of an extra": (
        {"extras": [EXTRA, {"name": "", "price": "-1", "durationMinutes": -1}]},
        [
            ("REQUIRED", "extras.1.name"),
            ("OUT_OF_RANGE", "extras.1.price"),
            ("OUT_OF_RANGE", "extras.1.durationMinutes"),
        ],
    ),
    "several everywhere": (
        {"name": "", "description": "\x1b", "price": "-1", "bufferMinutes": -1, "extras": [EXTRA | {"price": "-1"}]},
        [
            ("REQUIRED", "name"),
            ("INVALID_INPUT", "description"),
            ("OUT_OF_RANGE", "bufferMinutes"),
            ("OUT_OF_RANGE", "price"),
            ("OUT_OF_RANGE", "extras.0.price"),
        ],
    ),
    "too many extras": ({"extras": [EXTRA] * 51}, [("OUT_OF_RANGE", "extras")]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_by_field_and_changes_nothing(personas: Personas, case: str) -> None:
    change, expected = BAD[case]
    given, service = new_service(**change), factories.service()
    before = snapshot()
    made = personas["admin"].mutate("createService", given, "service { id }")
    assert made == {"service": None, "userErrors": expected}
    changed = personas["admin"].mutate("updateService", {"serviceId": gid(service)} | change, "service { id }")
    assert changed == {"service": None, "userErrors": expected}
    assert snapshot() == before


def test_an_extra_named_twice_is_refused(personas: Personas) -> None:
    service = factories.service()
    extra = EXTRA | {"id": gid(factories.extra(service))}
    before = snapshot()
    given = {"serviceId": gid(service), "extras": [extra, extra]}
    payload = personas["admin"].mutate("updateService", given, "service { id }")
    assert payload == {"service": None, "userErrors": [("INVALID_INPUT", "extras.1.id")]}
    assert snapshot() == before


NOT_THEIRS = [
    (mutation, name)
    for mutation in ("createService", "updateService", "deactivateService")
    for name in NAMES
    if name != "admin" and (mutation != "createService" or "staff" not in name)
]


@pytest.mark.parametrize(("mutation", "name"), NOT_THEIRS)
def test_nobody_but_an_admin_may_except_that_staff_propose(personas: Personas, mutation: str, name: str) -> None:
    given = new_service() if mutation == "createService" else {"serviceId": gid(factories.service())}
    before = snapshot()
    kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
    answer = personas[name](f"mutation($i: {kind}) {{ {mutation}(input: $i) {{ userErrors {{ code }} }} }}", i=given)
    assert answer.codes == ["UNAUTHENTICATED" if name in ("anonymous", "guest") else "FORBIDDEN"]
    assert snapshot() == before
