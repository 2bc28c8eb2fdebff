"""Mails about direct bookings, to whoever booked; visits of orders tell of their own."""

from datetime import UTC, datetime

import pytest
from django.core import mail

from backend.accounts.queries import viewer_for_user
from backend.core.viewer import NOBODY, Role, Viewer
from backend.customers.rules import Contact, PostalAddress
from backend.notifications.models import EmailLog
from backend.orders.actions import confirm_order
from backend.scheduling.actions import (
    BookingRequest,
    RescheduleRequest,
    book_appointment,
    cancel_appointment,
    confirm_appointment,
    reschedule_appointment,
)
from backend.scheduling.models import Appointment
from tests import factories
from tests.relaying import relay_and_work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london")]

NINE = datetime(2027, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def admin(db: None) -> Viewer:
    return viewer_for_user(factories.user(Role.ADMIN).pk)


@pytest.fixture
def visit(london: None, at_now: datetime) -> Appointment:
    """Ada's, with Anna, on Monday at nine."""
    service = factories.service(name="Deep clean")
    factories.staff_member(service, name="Anna")
    request = BookingRequest(
        service_id=service.pk,
        start=NINE,
        guest=Contact(name="Ada <King>", email="ada@example.com"),
        address=PostalAddress(line1="10 Downing Street", city="London", postcode="SW1A 2AA"),
    )
    return book_appointment(viewer=NOBODY, request=request, now=at_now)


def sent(now: datetime) -> list[tuple[str, str, str]]:
    """To whom, subject and text of the mails that have followed, the newest last."""
    mail.outbox.clear()
    relay_and_work(now, times=2)
    return [(each.to[0], str(each.subject), str(each.body)) for each in mail.outbox]


def test_a_booking_is_told_with_its_terms_and_its_link(visit: Appointment, at_now: datetime) -> None:
    [(to, subject, text)] = sent(at_now)
    assert "ada@example.com" in to
    assert subject == "Your visit is booked"
    assert "Dear Ada <King>," in text
    assert "Monday 1 March 2027, 09:00 to 10:00: Deep clean with Anna" in text
    assert "10 Downing Street, London, SW1A 2AA" in text
    assert "50.00 GBP" in text
    assert "You can cancel until Sunday 28 February 2027, 09:00" in text
    assert f"http://localhost:8000/visits/{visit.booking.tracking_token}" in text
    html = EmailLog.objects.get().html
    assert "Ada &lt;King&gt;" in html
    assert f'href="http://localhost:8000/visits/{visit.booking.tracking_token}"' in html


def test_a_booking_that_waits_is_told_so_and_again_when_it_is_confirmed(
    visit: Appointment, admin: Viewer, at_now: datetime
) -> None:
    sent(at_now)
    Appointment.objects.update(status="PENDING")
    confirm_appointment(viewer=admin, appointment_id=visit.pk, now=at_now)
    [(_, subject, text)] = sent(at_now)
    assert (subject, "your visit is confirmed." in text) == ("Your visit is confirmed", True)


def test_a_move_tells_both_times_in_the_business_zone(visit: Appointment, admin: Viewer, at_now: datetime) -> None:
    sent(at_now)
    summer = datetime(2027, 6, 7, 9, tzinfo=UTC)
    request = RescheduleRequest(appointment_id=visit.pk, start=summer, reason="Van & driver ill")
    reschedule_appointment(viewer=admin, request=request, address="office", now=at_now)
    [(_, subject, text)] = sent(at_now)
    assert subject == "Your visit has changed"
    assert "your visit of Monday 1 March 2027, 09:00 is now as follows. Reason: Van & driver ill" in text
    assert "Monday 7 June 2027, 10:00 to 11:00: Deep clean with Anna" in text
    assert "Van &amp; driver ill" in EmailLog.objects.latest("pk").html


def test_a_cancellation_is_told_with_its_reason_and_no_deadline(
    visit: Appointment, admin: Viewer, at_now: datetime
) -> None:
    sent(at_now)
    cancel_appointment(viewer=admin, appointment_id=visit.pk, reason="Flood", address="office", now=at_now)
    [(_, subject, text)] = sent(at_now)
    assert subject == "Your visit is cancelled"
    assert "your visit is cancelled. Reason: Flood" in text
    assert "You can cancel until" not in text


def test_visits_of_an_order_are_told_by_the_order_alone(admin: Viewer, at_now: datetime) -> None:
    service = factories.service()
    factories.staff_member(service)
    confirm_order(viewer=admin, order_id=factories.pending_order(service).pk, now=at_now)
    assert [subject.startswith("Your order") for _, subject, _ in sent(at_now)] == [True]
