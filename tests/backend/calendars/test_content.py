"""The same visit in the words for each role, and nothing in any of them that is not theirs to know."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from backend.calendars.rules import Audience, VisitFacts, content_for, event_key, fingerprint

VISIT = VisitFacts(
    appointment_id=7,
    version=1,
    created_at=datetime(2027, 2, 1, tzinfo=UTC),
    start=datetime(2027, 3, 1, 9, tzinfo=UTC),
    end=datetime(2027, 3, 1, 11, tzinfo=UTC),
    service="Deep clean",
    staff_name="Sam Lee",
    staff_phone="+442079460001",
    customer_name="Ada King",
    customer_email="ada@example.com",
    customer_phone="+442079460958",
    address="10 Downing Street, London, SW1A 2AA",
    number="ORD-20270201-7KQ2MX",
    notes="Mind the cat",
)


def test_a_customer_reads_what_comes_and_who() -> None:
    content = content_for(Audience.CUSTOMER, VISIT)
    assert content.summary == "Service: Deep clean"
    assert content.location == "10 Downing Street, London, SW1A 2AA"
    assert content.description.splitlines() == [
        "Order: ORD-20270201-7KQ2MX",
        "Staff: Sam Lee",
        "Phone: +442079460001",
        "Notes: Mind the cat",
    ]
    assert (content.start, content.end) == (VISIT.start, VISIT.end)


def test_staff_read_for_whom_it_is() -> None:
    content = content_for(Audience.STAFF, VISIT)
    assert content.summary == "Deep clean at Ada King's"
    assert content.description.splitlines() == [
        "Customer: Ada King",
        "Email: ada@example.com",
        "Phone: +442079460958",
        "Order: ORD-20270201-7KQ2MX",
        "Special instructions: Mind the cat",
        "Address: 10 Downing Street, London, SW1A 2AA",
    ]


def test_the_office_reads_who_goes_to_whom() -> None:
    content = content_for(Audience.OFFICE, VISIT)
    assert content.summary == "Sam Lee - Deep clean"
    assert content.description.splitlines() == [
        "Staff: Sam Lee (+442079460001)",
        "Customer: Ada King",
        "Email: ada@example.com",
        "Phone: +442079460958",
        "Order: ORD-20270201-7KQ2MX",
        "Service: Deep clean",
        "Address: 10 Downing Street, London, SW1A 2AA",
        "Notes: Mind the cat",
    ]


def test_what_is_not_known_leaves_no_empty_line() -> None:
    bare = replace(VISIT, number="", notes="", staff_phone="", customer_name="James")
    assert content_for(Audience.CUSTOMER, bare).description == "Staff: Sam Lee"
    assert content_for(Audience.STAFF, bare).summary == "Deep clean at James'"


@pytest.mark.parametrize("change", [{"notes": "x"}, {"service": "x"}, {"address": "x"}, {"end": VISIT.start}])
def test_the_fingerprint_tells_any_change(change: dict[str, object]) -> None:
    before, after = content_for(Audience.STAFF, VISIT), content_for(Audience.STAFF, replace(VISIT, **change))  # type: ignore[arg-type]
    assert fingerprint(before) == fingerprint(content_for(Audience.STAFF, VISIT))
    assert fingerprint(before) != fingerprint(after)


def test_ids_of_entries_are_what_google_takes_and_never_those_of_others() -> None:
    keys = {
        event_key(whose=c, appointment_id=a, generation=g, installation=i)
        for c in ("1:GOOGLE", "11:GOOGLE")
        for a in (1, 11)
        for g in (0, 1)
        for i in ("one", "two")
    }
    assert len(keys) == 16
    assert all(len(key) == 32 and set(key) <= set("0123456789abcdefghijklmnopqrstuv") for key in keys)
