"""A provider is away for two hours of a busy day; when it is back, every calendar is equal to the schedule."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
import time_machine
from caldav.davclient import DAVClient
from pytest_django.fixtures import Settings

from backend.accounts.models import User
from backend.accounts.queries import viewer_for_user
from backend.calendars.actions import complete_connection, connect_caldav, connect_calendar
from backend.calendars.models import CalendarConnection, CalendarEvent
from backend.calendars.rules import CalendarSettings, Provider
from backend.catalogue.models import Service
from backend.core.viewer import Viewer
from backend.events.models import Event
from backend.scheduling import actions
from backend.scheduling.actions import RescheduleRequest
from backend.scheduling.models import Appointment
from backend.staff.models import Staff
from tests import factories
from tests.factories.business import NOW
from tests.fakes.google import GoogleFake
from tests.fakes.microsoft import MicrosoftFake
from tests.fakes.radicale import Radicale
from tests.personas import Personas
from tests.syncing import sync_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "london")]

MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)


Standing = list[tuple[str, datetime]]
"""What somebody sees in a calendar: titles, and when they begin."""


class Outside(Protocol):
    """A provider of calendars, as this test has to do with it."""

    def connect(self, user: User, number: int) -> CalendarConnection:
        """Somebody connects a calendar, as its `number`-th person, and it is synced once."""

    def leave(self) -> None:
        """Be away from now on."""

    def come_back(self) -> None:
        """With all that it held."""

    def standing(self, row: CalendarConnection) -> Standing:
        """What stands there of ours. Asked only while it is up."""

    def total(self) -> int:
        """How many entries there are in all, so that none is there that we forgot."""


class AtGoogle:
    def __init__(self, fake: GoogleFake) -> None:
        self.fake = fake

    def connect(self, user: User, number: int) -> CalendarConnection:
        self.fake.account = f"{number}@gmail.example"
        return _agreed(self.fake, user, Provider.GOOGLE)

    def leave(self) -> None:
        self.fake.is_down = True

    def come_back(self) -> None:
        self.fake.is_down = False

    def standing(self, row: CalendarConnection) -> Standing:
        events = [event for key, event in self.fake.standing.items() if key in _known(row)]
        return [(event["summary"], datetime.fromisoformat(event["start"]["dateTime"])) for event in events]

    def total(self) -> int:
        return len(self.fake.standing)


class AtMicrosoft:
    def __init__(self, fake: MicrosoftFake) -> None:
        self.fake = fake

    def connect(self, user: User, number: int) -> CalendarConnection:
        return _agreed(self.fake, user, Provider.OUTLOOK)

    def leave(self) -> None:
        self.fake.is_down = True

    def come_back(self) -> None:
        self.fake.is_down = False

    def standing(self, row: CalendarConnection) -> Standing:
        events = [event for key, event in self.fake.events.items() if key in _known(row)]
        return [
            (event["subject"], datetime.fromisoformat(event["start"]["dateTime"]).replace(tzinfo=UTC))
            for event in events
        ]

    def total(self) -> int:
        return len(self.fake.events)


class AtRadicale:
    """Its process ends and is started again."""

    def __init__(self, server: Radicale) -> None:
        self.server = server
        self.calendars: dict[int, Any] = {}

    def connect(self, user: User, number: int) -> CalendarConnection:
        name, password, url = f"person{number}", self.server.password, self.server.url
        client: Any = DAVClient(url=url, username=name, password=password)
        self.calendars[user.pk] = client.get_principal().make_calendar(name="Work")
        row = connect_caldav(
            viewer=viewer_for_user(user.pk),
            server_url=url,
            username=name,
            password=password,
            wishes=CalendarSettings(),
            now=NOW,
        )
        return _synced(row)

    def leave(self) -> None:
        self.server.stop()

    def come_back(self) -> None:
        self.server.start()

    def standing(self, row: CalendarConnection) -> Standing:
        found = [event.icalendar_component for event in self.calendars[row.user_id].get_events()]
        return [(str(event["SUMMARY"]), event["DTSTART"].dt) for event in found]

    def total(self) -> int:
        return sum(len(calendar.get_events()) for calendar in self.calendars.values())


def _agreed(fake: GoogleFake | MicrosoftFake, user: User, provider: Provider) -> CalendarConnection:
    viewer = viewer_for_user(user.pk)
    asked = connect_calendar(viewer=viewer, provider=provider, wishes=CalendarSettings(), now=NOW)
    complete_connection(viewer=viewer, **fake.agree(asked.url), now=NOW)
    return _synced(asked.row)


def _synced(row: CalendarConnection) -> CalendarConnection:
    sync_all(now=NOW)
    return CalendarConnection.objects.get(pk=row.pk)


def _known(row: CalendarConnection) -> set[str]:
    return set(row.events.exclude(external_id="").values_list("external_id", flat=True))


@pytest.fixture
def at_google(google: GoogleFake) -> Outside:
    return AtGoogle(google)


@pytest.fixture
def at_microsoft(microsoft: MicrosoftFake) -> Outside:
    return AtMicrosoft(microsoft)


@pytest.fixture
def at_caldav(tmp_path: Path, settings: Settings) -> Iterator[Outside]:
    settings.ROTA_CALDAV_PRIVATE = True
    server = Radicale(tmp_path, users=["person0", "person1"], password="app-password-42")
    server.start()
    try:
        yield AtRadicale(server)
    finally:
        server.stop()


def schedule_of(user_id: int) -> Standing:
    """What should stand there, by the visits themselves."""
    rows = Appointment.objects.filter(staff__user=user_id, status__in=["CONFIRMED", "IN_PROGRESS", "COMPLETED"])
    return sorted(
        (f"{row.service.name} at {row.booking.contact_name}'s", row.start)
        for row in rows.select_related("service", "booking")
    )


@pytest.mark.parametrize("provider", ["at_google", "at_microsoft", "at_caldav"])
def test_after_two_hours_without_the_provider_every_calendar_is_equal_to_the_schedule(
    personas: Personas, provider: str, request: pytest.FixtureRequest
) -> None:
    outside: Outside = request.getfixturevalue(provider)
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
    users = [person.user for person in people if person.user is not None]
    calendars = [outside.connect(user, number) for number, user in enumerate(users)]
    before = {row.user_id: schedule_of(row.user_id) for row in calendars}
    assert [len(each) for each in before.values()] == [15, 15]
    for row in calendars:
        assert sorted(outside.standing(row)) == before[row.user_id]

    outside.leave()
    office = viewer_for_user(factories.user("ADMIN").pk)  # type: ignore[arg-type]
    for number, now in enumerate(NOW + timedelta(minutes=3 * n) for n in range(40)):
        with time_machine.travel(now, tick=False):
            _something_happens(number, visits, people, service, office, now)
        sync_all(now=now)
    assert Event.objects.filter(kind__startswith="appointment.").count() >= 40
    for row in calendars:
        row.refresh_from_db()
        assert row.state == "CONNECTED"
        assert row.failures >= 5
        assert before[row.user_id] != schedule_of(row.user_id)

    outside.come_back()
    # The pauses have grown to a quarter of an hour by now, and no further.
    sync_all(now=NOW + timedelta(hours=2, minutes=15))
    for row in calendars:
        assert sorted(outside.standing(row)) == schedule_of(row.user_id)
        row.refresh_from_db()
        assert (row.failures, row.due_at) == (0, None)
    assert outside.total() == sum(len(schedule_of(row.user_id)) for row in calendars)
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
