"""assignService, unassignService, addServiceArea and removeServiceArea."""

from decimal import Decimal
from typing import Any

import pytest

from backend.events.models import Event
from backend.staff.models import StaffArea, StaffService
from tests import factories
from tests.client import gid
from tests.personas import Personas
from tests.rows import snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "london")]

ASSIGNMENT = "assignment { id service { id } priceOverride { amount currency } durationOverrideMinutes }"
AREA = "area { id postcode radiusMiles latitude longitude }"


def test_a_service_is_given_with_own_terms_and_again_without(personas: Personas) -> None:
    service = factories.service()
    given = {"staffId": gid(personas.staff), "serviceId": gid(service)}
    own = {"priceOverride": "42.50", "durationOverrideMinutes": 90}
    payload = personas["manager"].mutate("assignService", given | own, ASSIGNMENT)
    offer = StaffService.objects.get()
    assert payload == {
        "assignment": {
            "id": gid(offer),
            "service": {"id": gid(service)},
            "priceOverride": {"amount": "42.50", "currency": "GBP"},
            "durationOverrideMinutes": 90,
        },
        "userErrors": [],
    }
    event = Event.objects.get(kind="staff.offers_changed")
    assert (event.staff_id, event.data) == (personas.staff.pk, {"service_id": service.pk})
    again = personas["manager"].mutate("assignService", given, ASSIGNMENT)
    assert again["assignment"] == payload["assignment"] | {"priceOverride": None, "durationOverrideMinutes": None}
    assert StaffService.objects.count() == 1


BAD_OFFERS: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "negative price": ({"priceOverride": "-0.01"}, [("OUT_OF_RANGE", "priceOverride")]),
    "huge price": ({"priceOverride": "100000.00"}, [("OUT_OF_RANGE", "priceOverride")]),
    "half a penny": ({"priceOverride": "1.005"}, [("INVALID_INPUT", "priceOverride")]),
    "no minutes": ({"durationOverrideMinutes": 0}, [("OUT_OF_RANGE", "durationOverrideMinutes")]),
    "more than a day": ({"durationOverrideMinutes": 1441}, [("OUT_OF_RANGE", "durationOverrideMinutes")]),
    "unknown service": ({"serviceId": "U2VydmljZTo5OTk5OTk="}, [("NOT_FOUND", "serviceId")]),
    "several": (
        {"serviceId": "U2VydmljZTo5OTk5OTk=", "priceOverride": "-1", "durationOverrideMinutes": -1},
        [
            ("NOT_FOUND", "serviceId"),
            ("OUT_OF_RANGE", "priceOverride"),
            ("OUT_OF_RANGE", "durationOverrideMinutes"),
        ],
    ),
    "unknown member": ({"staffId": "U3RhZmY6OTk5OTk5"}, [("NOT_FOUND", "staffId")]),
    "an id of another kind": ({"staffId": "U2VydmljZTox"}, [("NOT_FOUND", "staffId")]),
}


@pytest.mark.parametrize("case", BAD_OFFERS)
def test_bad_terms_are_refused_by_field_and_change_nothing(personas: Personas, case: str) -> None:
    change, expected = BAD_OFFERS[case]
    given = {"staffId": gid(personas.staff), "serviceId": gid(factories.service())} | change
    before = snapshot()
    payload = personas["admin"].mutate("assignService", given, ASSIGNMENT)
    assert payload == {"assignment": None, "userErrors": expected}
    assert snapshot() == before


def test_a_service_is_taken_away_once(personas: Personas) -> None:
    service = factories.service()
    factories.offers(personas.staff, service)
    factories.offers(personas.other_staff, service)
    given = {"staffId": gid(personas.staff), "serviceId": gid(service)}
    payload = personas["manager"].mutate("unassignService", given, "staff { services { id } }")
    assert payload == {"staff": {"services": []}, "userErrors": []}
    assert [offer.staff for offer in StaffService.objects.all()] == [personas.other_staff]
    again = personas["manager"].mutate("unassignService", given, "staff { id }")
    assert again == {"staff": None, "userErrors": [("NOT_FOUND", "serviceId")]}


def test_an_area_takes_its_centre_from_the_outward_code_and_again_changes_the_radius(personas: Personas) -> None:
    given = {"staffId": gid(personas.staff), "postcode": "n1 9gu", "radiusMiles": 3.5}
    payload = personas["manager"].mutate("addServiceArea", given, AREA)
    area = StaffArea.objects.get(postcode="N1")
    assert payload == {
        "area": {
            "id": gid(area, "ServiceArea"),
            "postcode": "N1",
            "radiusMiles": 3.5,
            "latitude": 51.5378,
            "longitude": -0.1,
        },
        "userErrors": [],
    }
    assert (area.staff, area.radius_miles) == (personas.staff, Decimal("3.5"))
    again = personas["manager"].mutate("addServiceArea", given | {"radiusMiles": 10}, AREA)
    assert again["area"] == payload["area"] | {"radiusMiles": 10.0}
    removed = personas["manager"].mutate(
        "removeServiceArea", {"areaId": gid(area, "ServiceArea")}, "staff { areas { postcode } }"
    )
    assert removed == {"staff": {"areas": [{"postcode": "SW1A"}]}, "userErrors": []}


BAD_AREAS: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "no postcode": ({"postcode": ""}, [("REQUIRED", "postcode")]),
    "malformed": ({"postcode": "12345"}, [("INVALID_INPUT", "postcode")]),
    "unknown": ({"postcode": "ZE1 0AA"}, [("UNKNOWN_POSTCODE", "postcode")]),
    "no radius": ({"radiusMiles": 0}, [("OUT_OF_RANGE", "radiusMiles")]),
    "negative": ({"radiusMiles": -5}, [("OUT_OF_RANGE", "radiusMiles")]),
    "round the world": ({"radiusMiles": 500.1}, [("OUT_OF_RANGE", "radiusMiles")]),
    "hundredths": ({"radiusMiles": 1.25}, [("INVALID_INPUT", "radiusMiles")]),
    "astronomical": ({"radiusMiles": 1e308}, [("OUT_OF_RANGE", "radiusMiles")]),
    "both": (
        {"postcode": "ZE1", "radiusMiles": 0},
        [("UNKNOWN_POSTCODE", "postcode"), ("OUT_OF_RANGE", "radiusMiles")],
    ),
    "unknown member": ({"staffId": "U3RhZmY6OTk5OTk5"}, [("NOT_FOUND", "staffId")]),
}


@pytest.mark.parametrize("case", BAD_AREAS)
def test_a_bad_area_is_refused_by_field_and_changes_nothing(personas: Personas, case: str) -> None:
    change, expected = BAD_AREAS[case]
    before = snapshot()
    given = {"staffId": gid(personas.staff), "postcode": "N1", "radiusMiles": 5} | change
    payload = personas["admin"].mutate("addServiceArea", given, AREA)
    assert payload == {"area": None, "userErrors": expected}
    assert snapshot() == before


def test_an_area_of_somebody_unmanaged_is_not_there(personas: Personas) -> None:
    area = StaffArea.objects.get(staff=personas.other_staff)
    before = snapshot()
    payload = personas["manager"].mutate("removeServiceArea", {"areaId": gid(area, "ServiceArea")}, "staff { id }")
    assert payload == {"staff": None, "userErrors": [("NOT_FOUND", "areaId")]}
    assert snapshot() == before
