"""A provider is away for two hours of a busy day; when it is back, every calendar is equal to the schedule."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from backend.accounts.queries import viewer_for_user
from backend.calendars.models import CalendarConnection, CalendarEvent
from backend.catalogue.models import Service
from backend.core.viewer import Viewer
from backend.events.models import Event
from backend.scheduling import actions
from backend.scheduling.actions import RescheduleRequest
from backend.scheduling.models import Appointment
from backend.staff.models import Staff
from tests import factories
from tests.backend.calendars.conftest import Connect
from tests.factories.business import NOW
from tests.fakes.google import GoogleFake
from tests.personas import Personas
from tests.syncing import sync_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "london")]

MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)


def schedule_of(user_id: int) -> set[tuple[str, str]]:
    """What should stand there, by the visits themselves."""
    rows = Appointment.objects.filter(staff__user=user_id, status__in=["CONFIRMED", "IN_PROGRESS", "COMPLETED"])
    return {
        (f"{row.service.name} at {row.booking.contact_name}'s", row.start.strftime("%Y-%m-%dT%H:%M:%SZ"))
        for row in rows.select_related("service", "booking")
    }


def calendar_of(row: CalendarConnection, google: GoogleFake) -> set[tuple[str, str]]:
    """What stands there, as its owner sees it; each entry once."""
    keys = set(row.events.exclude(external_id="").values_list("external_id", flat=True))
    events = [event for key, event in google.standing.items() if key in keys]
    found = {(event["summary"], event["start"]["dateTime"]) for event in events}
    assert len(found) == len(events)
    return found


def test_after_two_hours_without_the_provider_every_calendar_is_equal_to_the_schedule(
    personas: Personas, google: GoogleFake, connect: Connect
) -> None:
    people = [personas.staff, personas.other_staff]
    service = factories.service(name="Deep clean", duration_minutes=60)
    for person in people:
        factories.offers(person, service)
    visits = [
        factories.direct_booking(
            service, staff=people[n % 2], start=MONDAY + timedelta(days=n // 8, hours=n // 2 % 4 * 2)
        )
        for n in range(30)
    ]
    calendars = []
    for number, person in enumerate(people):
        google.account = f"{number}@gmail.example"
        calendars.append(connect(person.user))
    for row in calendars:
        assert len(calendar_of(row, google)) == 15
        assert calendar_of(row, google) == schedule_of(row.user_id)

    google.is_down = True
    office = viewer_for_user(factories.user("ADMIN").pk)  # type: ignore[arg-type]
    before = Event.objects.count()
    for number, now in enumerate(NOW + timedelta(minutes=3 * n) for n in range(40)):
        with time_machine.travel(now, tick=False):
            _something_happens(number, visits, people, service, office, now)
        sync_all(now=now)
    assert Event.objects.filter(kind__startswith="appointment.").count() >= 40
    assert Event.objects.count() > before
    for row in calendars:
        row.refresh_from_db()
        assert row.state == "CONNECTED"
        assert row.failures >= 5
        assert calendar_of(row, google) != schedule_of(row.user_id)

    google.is_down = False
    # The pauses have grown to a quarter of an hour by now, and no further.
    sync_all(now=NOW + timedelta(hours=2, minutes=15))
    for row in calendars:
        assert calendar_of(row, google) == schedule_of(row.user_id)
        row.refresh_from_db()
        assert (row.failures, row.due_at) == (0, None)
    assert len(google.standing) == sum(len(schedule_of(row.user_id)) for row in calendars)
    assert not CalendarEvent.objects.filter(state="DIRTY").exists()


def _something_happens(
    number: int, visits: list[Appointment], people: list[Staff], service: Service, office: Viewer, now: datetime
) -> None:
    """By turns: another time, another person, a cancellation, a new visit."""
    visit = Appointment.objects.get(pk=visits[number % len(visits)].pk)
    kind = number % 4
    if kind == 3 or visit.status != "CONFIRMED":
        start = MONDAY + timedelta(days=70 + number)
        new = factories.direct_booking(service, staff=people[number % 2], start=start)
        visits.append(new)
        Event.objects.create(kind="appointment.booked", appointment_id=new.pk, staff_id=new.staff_id, occurred_at=now)
    elif kind == 2:
        actions.cancel_appointment(viewer=office, appointment_id=visit.pk, reason="Ill", address="", now=now)
    else:
        start = MONDAY + timedelta(days=14 + 28 * kind + number % 5, hours=number // 8)
        another = next(person for person in people if person.pk != visit.staff_id) if kind else None
        request = RescheduleRequest(
            appointment_id=visit.pk, start=start, staff_id=another.pk if another else None, reason="Rain"
        )
        actions.reschedule_appointment(viewer=office, request=request, address="", now=now)
