"""A private address that calendar programs subscribe to: made, read by a real parser, and taken back."""

import hashlib
import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.http import http_date
from icalendar import Calendar

from backend.calendars.actions.feeds import FEED_READS
from backend.calendars.models import CalendarFeed
from backend.core.throttle import take
from backend.scheduling.models import Appointment
from tests import factories
from tests.client import gid
from tests.factories.business import NOW
from tests.personas import Personas

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "london")]

MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)


def made(personas: Personas, who: str, name: str = "My phone", **given: Any) -> dict[str, Any]:
    payload = personas[who].mutate("createCalendarFeed", {"name": name, **given}, "url feed { id name }")
    assert payload["userErrors"] == []
    return payload


def address(personas: Personas, who: str) -> str:
    url: str = made(personas, who)["url"]
    return urlsplit(url).path


def entries(path: str) -> list[Any]:
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def visit_of(personas: Personas, **given: Any) -> Appointment:
    service = factories.service(name="Deep clean")
    ours: dict[str, Any] = {"staff": personas.staff, "customer": personas.customer, "start": MONDAY}
    return factories.direct_booking(service, **ours | given)


def test_each_role_reads_its_own_visits_in_its_own_words(personas: Personas) -> None:
    visit_of(personas, notes="Mind the cat", internal_notes="Pays late")
    found = {}
    for who in ("customer", "other_customer", "staff", "other_staff", "manager", "other_manager", "admin"):
        path = address(personas, who)
        found[who] = [str(entry["SUMMARY"]) for entry in entries(path)]
        assert b"Pays late" not in Client().get(path).content
    name = personas.customer.name
    assert found == {
        "customer": ["Service: Deep clean"],
        "other_customer": [],
        "staff": [f"Deep clean at {name}'s"],
        "other_staff": [],
        "manager": [f"{personas.staff.name} - Deep clean"],
        "other_manager": [],
        "admin": [f"{personas.staff.name} - Deep clean"],
    }


def test_a_moved_visit_keeps_its_uid_and_a_cancelled_one_is_gone(personas: Personas) -> None:
    visit, path = visit_of(personas), address(personas, "staff")
    (before,) = entries(path)
    assert (before["DTSTART"].dt, before["DTEND"].dt) == (visit.start, visit.end)
    Appointment.objects.filter(pk=visit.pk).update(
        start=visit.start + timedelta(hours=2), end=visit.end + timedelta(hours=2), version=2
    )
    (after,) = entries(path)
    assert after["UID"] == before["UID"]
    assert (after["SEQUENCE"], after["DTSTART"].dt) == (1, MONDAY + timedelta(hours=2))
    Appointment.objects.filter(pk=visit.pk).update(status="CANCELLED")
    assert entries(path) == []


def test_visits_that_wait_for_the_office_are_not_promised(personas: Personas) -> None:
    visit_of(personas, status="PENDING")
    assert entries(address(personas, "customer")) == []


def test_the_window_rolls_on(personas: Personas) -> None:
    """A month back, a year ahead, by whole days."""
    path = address(personas, "staff")
    days = [-31, -29, 0, 365, 367]
    for day in days:
        visit_of(personas, start=NOW + timedelta(days=day))
    starts = [(entry["DTSTART"].dt - NOW).days for entry in entries(path)]
    assert starts == [-29, 0, 365]
    with time_machine.travel(NOW + timedelta(days=3), tick=False):
        assert [(entry["DTSTART"].dt - NOW).days for entry in entries(path)] == [0, 365, 367]


def test_what_has_not_changed_is_not_sent_again(personas: Personas) -> None:
    visit, path = visit_of(personas), address(personas, "staff")
    first = Client().get(path)
    assert first["Last-Modified"] == http_date(NOW.timestamp())
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        by_etag = Client().get(path, headers={"If-None-Match": first["ETag"]})
        by_date = Client().get(path, headers={"If-Modified-Since": first["Last-Modified"]})
        assert (by_etag.status_code, by_etag.content, by_etag["ETag"]) == (304, b"", first["ETag"])
        assert by_date.status_code == 304
        Appointment.objects.filter(pk=visit.pk).update(notes="Ring twice")
        changed = Client().get(
            path, headers={"If-None-Match": first["ETag"], "If-Modified-Since": first["Last-Modified"]}
        )
        assert (changed.status_code, changed["ETag"] != first["ETag"]) == (200, True)
        assert Client().get(path, headers={"If-Modified-Since": first["Last-Modified"]}).status_code == 200


def test_a_revoked_address_an_unknown_one_and_that_of_a_closed_account_look_the_same(personas: Personas) -> None:
    payload = made(personas, "staff")
    path, other = urlsplit(payload["url"]).path, address(personas, "customer")
    assert Client().get(path).status_code == 200
    answer = personas["staff"].mutate("revokeCalendarFeed", {"feedId": payload["feed"]["id"]}, "feed { revokedAt }")
    assert answer["feed"]["revokedAt"] is not None
    user = personas.customer.user
    assert user is not None
    user.is_active = False
    user.save()
    answers = [Client().get(each) for each in (path, other, "/calendars/feeds/unknown.ics")]
    assert {(each.status_code, each.content) for each in answers} == {(404, b"There is no such calendar.")}


def test_the_secret_is_kept_nowhere_and_logged_nowhere(personas: Personas, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    payload = made(personas, "staff")
    path = urlsplit(payload["url"]).path
    secret = path.removeprefix("/calendars/feeds/").removesuffix(".ics")
    assert len(secret) == 43
    Client().get(path)
    personas["staff"].mutate("revokeCalendarFeed", {"feedId": payload["feed"]["id"]}, "feed { id }")
    Client().get(path)
    assert secret not in caplog.text
    assert CalendarFeed.objects.get().token_hash == hashlib.sha256(secret.encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(to_jsonb(c)::text, '') FROM audit_change c WHERE model LIKE 'calendars.%'")
        trail = cursor.fetchone()[0]
    assert trail
    assert secret not in trail
    assert CalendarFeed.objects.get().token_hash not in trail


def test_reading_is_limited_by_network_address(personas: Personas) -> None:
    path = address(personas, "staff")
    assert Client().get(path).status_code == 200
    take(FEED_READS, "127.0.0.1", cost=59)
    answers = [Client().get(path), Client().get("/calendars/feeds/guessed.ics")]
    assert {(each.status_code, each["Retry-After"]) for each in answers} == {(429, "1")}
    assert Client(REMOTE_ADDR="192.0.2.7").get(path).status_code == 200


def test_only_reading_is_possible(personas: Personas) -> None:
    assert Client().post(address(personas, "staff")).status_code == 405


def test_repeating_a_request_makes_no_second_address(personas: Personas) -> None:
    first = made(personas, "staff", idempotencyKey="k")
    second = made(personas, "staff", idempotencyKey="k")
    assert (first["feed"], bool(first["url"])) == (second["feed"], True)
    assert second["url"] is None
    assert CalendarFeed.objects.count() == 1


def test_ten_addresses_are_enough(personas: Personas) -> None:
    for _ in range(10):
        made(personas, "staff")
    refused = personas["staff"].mutate("createCalendarFeed", {"name": "One more"}, "url")
    assert refused["userErrors"] == [("OUT_OF_RANGE", "")]
    revoked = {"feedId": gid(CalendarFeed.objects.all()[0])}
    personas["staff"].mutate("revokeCalendarFeed", revoked, "feed { id }")
    made(personas, "staff")


def test_a_year_of_visits_costs_as_many_statements_as_one(personas: Personas) -> None:
    path = address(personas, "staff")
    counts = []
    for number in (1, 20):
        for day in range(number):
            visit_of(personas, start=MONDAY + timedelta(days=day, hours=number))
        Client().get(path)
        with CaptureQueriesContext(connection) as statements:
            Client().get(path)
        counts.append(len(statements))
    assert counts[0] == counts[1]
