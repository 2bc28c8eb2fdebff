"""addServiceExtra, updateServiceExtra, deactivateServiceExtra and reorderServiceExtras."""

from typing import Any

import pytest

from backend.catalogue.models import ServiceExtra
from backend.events.models import Event
from tests import factories
from tests.client import gid
from tests.personas import Personas
from tests.rows import snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

EXTRA = "extra { name price { amount } durationMinutes isActive }"
NEW = {"name": "Attic", "price": "5.00", "durationMinutes": 10}


def names(personas: Personas, service: Any) -> list[str]:
    query = "query($id: ID!) { node(id: $id) { ... on Service { extras { name } } } }"
    return [each["name"] for each in personas["anonymous"](query, id=gid(service)).data["node"]["extras"]]


def test_an_extra_is_added_at_the_end_once_for_each_key(personas: Personas) -> None:
    service = factories.service()
    factories.extra(service, name="Oven", position=3)
    given = NEW | {"serviceId": gid(service), "idempotencyKey": "k"}
    for _ in range(2):
        payload = personas["admin"].mutate("addServiceExtra", given, EXTRA)
        expected = {"name": "Attic", "price": {"amount": "5.00"}, "durationMinutes": 10, "isActive": True}
        assert payload == {"extra": expected, "userErrors": []}
    assert names(personas, service) == ["Oven", "Attic"]
    assert Event.objects.filter(kind="service.changed").count() == 1


def test_an_extra_is_changed_taken_away_and_brought_back(personas: Personas) -> None:
    service = factories.service()
    extra = factories.extra(service, name="Oven")
    changed = personas["admin"].mutate("updateServiceExtra", {"extraId": gid(extra), "price": "7.50"}, EXTRA)
    assert changed["extra"] == {"name": "Oven", "price": {"amount": "7.50"}, "durationMinutes": 30, "isActive": True}
    for _ in range(2):
        personas["admin"].mutate("deactivateServiceExtra", {"extraId": gid(extra)}, EXTRA)
    assert names(personas, service) == []
    assert Event.objects.filter(kind="service.changed").count() == 2
    personas["admin"].mutate("updateServiceExtra", {"extraId": gid(extra), "isActive": True}, EXTRA)
    assert names(personas, service) == ["Oven"]


def test_extras_are_put_in_order_and_those_left_out_follow(personas: Personas) -> None:
    service = factories.service()
    one, two, three = (factories.extra(service, name=name, position=0) for name in ("1", "2", "3"))
    given = {"serviceId": gid(service), "extraIds": [gid(three), gid(one)]}
    payload = personas["admin"].mutate("reorderServiceExtras", given, "service { extras { name } }")
    assert payload["service"]["extras"] == [{"name": "3"}, {"name": "1"}, {"name": "2"}]
    stray = {"serviceId": gid(service), "extraIds": [gid(two), gid(two), gid(factories.extra(factories.service()))]}
    before = snapshot()
    payload = personas["admin"].mutate("reorderServiceExtras", stray, "service { id }")
    assert payload["userErrors"] == [("INVALID_INPUT", "extraIds.1"), ("NOT_FOUND", "extraIds.2")]
    assert snapshot() == before


def test_everything_wrong_is_named_at_once(personas: Personas) -> None:
    extra = factories.extra(factories.service())
    bad = {"name": "", "price": "0.001", "durationMinutes": -1}
    errors = [("REQUIRED", "name"), ("INVALID_INPUT", "price"), ("OUT_OF_RANGE", "durationMinutes")]
    before = snapshot()
    made = personas["admin"].mutate("addServiceExtra", bad | {"serviceId": gid(extra.service)}, EXTRA)
    changed = personas["admin"].mutate("updateServiceExtra", bad | {"extraId": gid(extra)}, EXTRA)
    assert (made["userErrors"], changed["userErrors"]) == (errors, errors)
    assert snapshot() == before


def test_a_service_has_at_most_fifty_that_can_be_chosen(personas: Personas) -> None:
    service = factories.service()
    first, *_ = [factories.extra(service) for _ in range(50)]
    given = NEW | {"serviceId": gid(service)}
    assert personas["admin"].mutate("addServiceExtra", given, EXTRA)["userErrors"] == [("OUT_OF_RANGE", "serviceId")]
    ServiceExtra.objects.filter(pk=first.pk).update(is_active=False)
    assert personas["admin"].mutate("addServiceExtra", given, EXTRA)["userErrors"] == []
    back = personas["admin"].mutate("updateServiceExtra", {"extraId": gid(first), "isActive": True}, EXTRA)
    assert back["userErrors"] == [("OUT_OF_RANGE", "extraId")]
