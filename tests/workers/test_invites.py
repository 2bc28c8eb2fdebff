"""Calendar files in mails: a real parser reads them, and each later one updates those before."""

import email
import email.policy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from icalendar import Calendar

from backend.accounts.queries import viewer_for_user
from backend.core.viewer import NOBODY, Role, Viewer
from backend.customers.rules import Contact, PostalAddress
from backend.orders.actions import cancel_order, confirm_order
from backend.scheduling.actions import (
    BookingRequest,
    RescheduleRequest,
    book_appointment,
    cancel_appointment,
    reschedule_appointment,
)
from tests import factories
from tests.factories.business import NOW
from tests.relaying import relay_and_work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london")]
NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)


def received() -> list[tuple[str, Any]]:
    """Method and calendar of each file in the mails that have followed."""
    mail.outbox.clear()
    relay_and_work(NOW, times=2)
    found = []
    for each in mail.outbox:
        letter = email.message_from_bytes(each.message().as_bytes(), policy=email.policy.default)
        for part in letter.walk():
            if part.get_content_type() == "text/calendar":
                calendar = Calendar.from_ical(part.get_content())
                assert part.get_param("method") == calendar["METHOD"]
                assert part.get_filename() == "visit-1.ics"
                found.append((str(calendar["METHOD"]), calendar))
    return found


@pytest.fixture
def admin(db: None) -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


def test_booking_moving_and_cancelling_are_one_entry_that_changes(admin: Viewer, at_now: datetime) -> None:
    service = factories.service(name="Deep clean")
    factories.staff_member(service, name="Anna Lee")
    request = BookingRequest(
        service_id=service.pk,
        start=NINE,
        guest=Contact(name="Ada King", email="ada@example.com"),
        address=PostalAddress(line1="10 Downing Street", city="London", postcode="SW1A 2AA"),
    )
    visit = book_appointment(viewer=NOBODY, request=request, now=at_now)
    files = received()
    move = RescheduleRequest(appointment_id=visit.pk, start=NINE + timedelta(days=98), reason="Van")
    reschedule_appointment(viewer=admin, request=move, address="office", now=at_now)
    files += received()
    cancel_appointment(viewer=admin, appointment_id=visit.pk, reason="Flood", address="office", now=at_now)
    files += received()

    assert [method for method, _ in files] == ["REQUEST", "REQUEST", "CANCEL"]
    events = [calendar.walk("VEVENT")[0] for _, calendar in files]
    assert {str(each["UID"]) for each in events} == {f"visit-{visit.pk}@rota.test"}
    sequences = [int(each["SEQUENCE"]) for each in events]
    assert sequences == sorted(set(sequences)), "each is newer than the one before"
    assert [each["DTSTART"].dt for each in events] == [NINE, NINE + timedelta(days=98), NINE + timedelta(days=98)]
    assert [str(each["STATUS"]) for each in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert str(events[0]["SUMMARY"]) == "Deep clean (Rota)"
    assert str(events[0]["LOCATION"]) == "10 Downing Street, London, SW1A 2AA"
    assert str(events[0]["ATTENDEE"]) == "MAILTO:ada@example.com"
    assert str(events[0]["ORGANIZER"]) == "MAILTO:office@rota.test"
    assert all("Anna" not in calendar.to_ical().decode() for _, calendar in files), "nobody else's name"


def test_several_visits_of_an_order_are_published_and_taken_back_together(admin: Viewer, at_now: datetime) -> None:
    service = factories.service(name="Deep clean")
    factories.staff_member(service)
    order = factories.pending_order(service, service)
    confirm_order(viewer=admin, order_id=order.pk, now=at_now)
    [(method, placed)] = received()
    cancel_order(viewer=admin, order_id=order.pk, reason="Flood", address="office", now=at_now)
    [(_, cancelled)] = received()
    assert method == "PUBLISH"
    before, after = ({str(e["UID"]): e for e in each.walk("VEVENT")} for each in (placed, cancelled))
    assert len(before) == 2
    assert set(before) == set(after)
    for uid, event in after.items():
        assert str(event["STATUS"]) == "CANCELLED"
        assert int(event["SEQUENCE"]) > int(before[uid]["SEQUENCE"])
