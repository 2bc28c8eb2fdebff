"""The same at Microsoft, whose ids are its own and whose refresh tokens rotate."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from backend.accounts.queries import viewer_for_user
from backend.calendars.actions import complete_connection, connect_calendar, disconnect_calendar, sync_now, syncing
from backend.calendars.models import CalendarConnection, CalendarEvent
from backend.calendars.rules import CalendarSettings, Provider
from backend.core.sealing import unseal
from backend.events.models import Event
from backend.scheduling.models import Appointment
from tests import factories
from tests.backend.calendars.test_google import happened, shift
from tests.factories.business import NOW
from tests.fakes.microsoft import MicrosoftFake, error
from tests.fakes.server import Reply
from tests.personas import Personas
from tests.syncing import sync_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "london")]

MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def visit(personas: Personas) -> Appointment:
    service = factories.service(name="Deep clean")
    return factories.direct_booking(service, staff=personas.staff, customer=personas.customer, start=MONDAY)


@pytest.fixture
def calendar(personas: Personas, visit: Appointment, microsoft: MicrosoftFake) -> CalendarConnection:
    """Connected, with the visit in it."""
    viewer = viewer_for_user(personas.staff.user.pk)  # type: ignore[union-attr]
    wishes = CalendarSettings(reminder_minutes=15)
    asked = connect_calendar(viewer=viewer, provider=Provider.OUTLOOK, wishes=wishes, now=NOW)
    complete_connection(viewer=viewer, **microsoft.agree(asked.url), now=NOW)
    sync_all(now=NOW)
    return CalendarConnection.objects.get(pk=asked.row.pk)


def starts(microsoft: MicrosoftFake) -> list[str]:
    return sorted(event["start"]["dateTime"] for event in microsoft.events.values())


def test_a_visit_is_made_changed_and_taken_away(
    visit: Appointment, calendar: CalendarConnection, microsoft: MicrosoftFake, personas: Personas
) -> None:
    assert (calendar.state, calendar.account) == ("CONNECTED", "ada@outlook.example")
    (event,) = microsoft.events.values()
    assert event["subject"] == f"Deep clean at {personas.customer.name}'s"
    assert event["start"] == {"dateTime": "2027-03-01T09:00:00", "timeZone": "UTC"}
    assert (event["isReminderOn"], event["reminderMinutesBeforeStart"]) == (True, 15)
    shift(visit, hours=1)
    sync_all(now=NOW)
    assert starts(microsoft) == ["2027-03-01T10:00:00"]
    Appointment.objects.filter(pk=visit.pk).update(status="CANCELLED")
    happened(visit, "appointment.cancelled")
    sync_all(now=NOW)
    assert microsoft.events == {}


def test_changes_there_are_written_over_and_what_went_is_made_anew(
    visit: Appointment, calendar: CalendarConnection, microsoft: MicrosoftFake
) -> None:
    (key,) = microsoft.events
    microsoft.change_by_hand(key, subject="Lunch")
    shift(visit, hours=1)
    sync_all(now=NOW)
    assert microsoft.events[key]["subject"].startswith("Deep clean")
    del microsoft.events[key]
    shift(visit, hours=1)
    sync_all(now=NOW)
    assert starts(microsoft) == ["2027-03-01T11:00:00"]
    assert set(microsoft.events) != {key}


@pytest.mark.parametrize("remembers", [True, False])
def test_what_was_made_and_not_noted_is_found_by_its_key(
    remembers: bool,
    personas: Personas,
    calendar: CalendarConnection,
    microsoft: MicrosoftFake,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    microsoft.remembers_transactions = remembers
    late = MONDAY + timedelta(days=1)
    happened(factories.direct_booking(factories.service(), staff=personas.staff, start=late), "appointment.booked")
    with monkeypatch.context() as patched:
        patched.setattr(syncing, "_note", _killed)
        with pytest.raises(KeyboardInterrupt):
            sync_all(now=NOW)
    assert len(microsoft.events) == 2
    sync_all(now=NOW + timedelta(minutes=6))
    assert len(microsoft.events) == 2
    assert not CalendarEvent.objects.exclude(state="SYNCED").exists()


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_each_renewal_gives_another_refresh_token(
    visit: Appointment, calendar: CalendarConnection, microsoft: MicrosoftFake
) -> None:
    seen = set()
    for _ in range(3):
        seen.add(json.loads(unseal(CalendarConnection.objects.get().sealed))["refresh_token"])
        microsoft.expire_access_tokens()
        shift(visit, hours=1)
        sync_all(now=NOW)
    assert len(seen) == 3
    assert starts(microsoft) == ["2027-03-01T12:00:00"]


def test_pauses_are_kept_and_lost_access_is_told(
    visit: Appointment, calendar: CalendarConnection, microsoft: MicrosoftFake
) -> None:
    microsoft.once(Reply(429, {"error": {"code": "TooManyRequests"}}, {"Retry-After": "120"}), method="PATCH")
    shift(visit, hours=1)
    sync_all(now=NOW)
    assert sync_all(now=NOW + timedelta(seconds=119)) == 0
    sync_all(now=NOW + timedelta(seconds=120))
    assert starts(microsoft) == ["2027-03-01T10:00:00"]
    microsoft.once(error(403, "ErrorAccessDenied"), method="PATCH")
    shift(visit, hours=1)
    sync_all(now=NOW + timedelta(seconds=130))
    assert CalendarConnection.objects.get().state == "BROKEN"
    assert Event.objects.get(kind="calendar.broken").data["provider"] == "OUTLOOK"


def test_disconnecting_takes_everything_to_come_away(calendar: CalendarConnection, microsoft: MicrosoftFake) -> None:
    microsoft.add_by_hand(MONDAY, MONDAY + timedelta(hours=1), subject="Lunch")
    disconnect_calendar(viewer=viewer_for_user(calendar.user_id), connection_id=calendar.pk, now=NOW)
    sync_all(now=NOW)
    assert [event["subject"] for event in microsoft.events.values()] == ["Lunch"]
    assert CalendarConnection.objects.get().sealed == ""


def test_sync_now_mends_what_was_deleted_and_changed_by_hand(
    visit: Appointment, calendar: CalendarConnection, microsoft: MicrosoftFake, personas: Personas
) -> None:
    later = factories.direct_booking(factories.service(), staff=personas.staff, start=MONDAY + timedelta(days=1))
    happened(later, "appointment.booked")
    sync_all(now=NOW)
    first, second = microsoft.events
    del microsoft.events[first]
    microsoft.change_by_hand(second, subject="Lunch")
    sync_now(viewer=viewer_for_user(calendar.user_id), connection_id=calendar.pk, now=NOW)
    sync_all(now=NOW)
    assert starts(microsoft) == ["2027-03-01T09:00:00", "2027-03-02T09:00:00"]
    assert "Lunch" not in {event["subject"] for event in microsoft.events.values()}
