"""Calendars in the API: what is told of them, and how far they are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.client import Api
from tests.personas import Personas

MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "london")]

SYNCED = "{ appointments(first: 50) { edges { node { id calendarSyncedTo } } } }"


def synced(api: Api) -> list[list[str]]:
    return [edge["node"]["calendarSyncedTo"] for edge in api(SYNCED).data["appointments"]["edges"]]


def test_a_visit_tells_in_which_of_ones_own_calendars_it_stands(personas: Personas) -> None:
    visit = factories.direct_booking(factories.service(), staff=personas.staff, customer=personas.customer)
    mine, theirs = personas.staff.user, personas.customer.user
    assert mine is not None
    assert theirs is not None
    factories.calendar_event(visit, factories.connected_calendar(mine))
    factories.calendar_event(visit, factories.connected_calendar(mine, provider="APPLE"))
    factories.calendar_event(visit, factories.connected_calendar(mine, provider="OUTLOOK"), state="DIRTY")
    broken = factories.connected_calendar(theirs, provider="OUTLOOK", state="BROKEN")
    factories.calendar_event(visit, broken)
    assert synced(personas["staff"]) == [["APPLE", "GOOGLE"]]
    assert synced(personas["customer"]) == [[]]
    assert synced(personas["manager"]) == [[]]
    assert synced(personas["admin"]) == [["APPLE", "GOOGLE"]]


def test_fifty_visits_cost_as_many_statements_as_one(personas: Personas) -> None:
    user, service = personas.staff.user, factories.service()
    assert user is not None
    calendar = factories.connected_calendar(user)
    counts = []
    for number in (1, 20):
        for day in range(number):
            start = MONDAY + timedelta(days=day, hours=number)
            factories.calendar_event(factories.direct_booking(service, staff=personas.staff, start=start), calendar)
        synced(personas["staff"])
        with CaptureQueriesContext(connection) as statements:
            assert set(map(tuple, synced(personas["staff"]))) == {("GOOGLE",)}
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_what_lets_us_in_is_no_part_of_the_api(personas: Personas) -> None:
    user = personas.staff.user
    assert user is not None
    row = factories.connected_calendar(user)
    fields: dict[str, Any] = personas["admin"]('{ __type(name: "CalendarConnection") { fields { name } } }').data
    names = {field["name"] for field in fields["__type"]["fields"]}
    assert names == {"id", "account", "createdAt", "lastError", "provider", "settings", "state", "syncedAt"}
    assert row.sealed


def test_whoever_comes_back_from_a_provider_is_sent_on_to_the_web_client() -> None:
    answer = Client().get("/calendars/google/callback?state=s%26x&code=c&scope=anything")
    assert answer.status_code == 302
    assert answer["Location"] == "http://localhost:8000/calendars/connected?state=s%26x&code=c"
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert Client().get("/calendars/outlook/callback?error=access_denied")["Location"].endswith("?error=access_denied")
