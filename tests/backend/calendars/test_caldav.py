"""A real CalDAV server (Radicale) is kept equal to the visits, and servers inside are never asked."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from caldav.davclient import DAVClient
from icalendar import Calendar
from pytest_django.fixtures import Settings

from backend.accounts.queries import viewer_for_user
from backend.calendars.actions import connect_caldav, disconnect_calendar, syncing
from backend.calendars.errors import AccessLost
from backend.calendars.gateway.apple import require_public
from backend.calendars.models import CalendarConnection
from backend.calendars.rules import CalendarSettings
from backend.core.errors import InvalidInput
from backend.core.sealing import unseal
from backend.scheduling.models import Appointment
from tests import factories
from tests.backend.calendars.test_google import happened, shift
from tests.factories.business import NOW
from tests.personas import Personas
from tests.syncing import sync_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "london")]

MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)
Server = Any
"""A calendar as the caldav library gives it, half of whose methods have two kinds of answer."""

NAME, PASSWORD = "ada", "app-password-42"


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server, with a user who has to say their password; its address."""
    folder = tmp_path_factory.mktemp("radicale")
    (folder / "users").write_text(f"{NAME}:{PASSWORD}\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "config").write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = htpasswd\nhtpasswd_filename = {folder}/users\n"
        f"htpasswd_encryption = plain\ndelay = 0\n[storage]\nfilesystem_folder = {folder}/collections\n"
    )
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "radicale", "--config", str(folder / "config")],
            stdout=log,
            stderr=log,
        )
        url = f"http://127.0.0.1:{port}/"
        try:
            _wait_for(url, folder / "log")
            yield url
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(url: str, log: Path) -> None:
    for _ in range(300):
        try:
            httpx.get(url)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text())


@pytest.fixture
def server(radicale: str, settings: Settings) -> Iterator[Server]:
    """A fresh calendar on it, as its owner's own program sees it."""
    settings.ROTA_CALDAV_PRIVATE = True
    client: Any = DAVClient(url=radicale, username=NAME, password=PASSWORD)
    calendar = client.get_principal().make_calendar(name="Work")
    yield calendar
    calendar.delete()


@pytest.fixture
def visit(personas: Personas) -> Appointment:
    service = factories.service(name="Deep clean")
    return factories.direct_booking(service, staff=personas.staff, customer=personas.customer, start=MONDAY)


def connected(personas: Personas, url: str, password: str = PASSWORD, **wishes: object) -> CalendarConnection:
    viewer = viewer_for_user(personas.staff.user.pk)  # type: ignore[union-attr]
    given = CalendarSettings(**wishes)  # type: ignore[arg-type]
    row = connect_caldav(viewer=viewer, server_url=url, username=NAME, password=password, wishes=given, now=NOW)
    sync_all(now=NOW)
    return CalendarConnection.objects.get(pk=row.pk)


def standing(server: Server) -> list[tuple[str, datetime]]:
    found = [event.icalendar_component for event in server.get_events()]
    return sorted((str(event["SUMMARY"]), event["DTSTART"].dt) for event in found)


def test_a_visit_is_made_changed_and_taken_away(
    visit: Appointment, personas: Personas, server: Server, radicale: str
) -> None:
    row = connected(personas, radicale, reminder_minutes=30)
    title = f"Deep clean at {personas.customer.name}'s"
    assert (row.state, row.account) == ("CONNECTED", NAME)
    assert standing(server) == [(title, MONDAY)]
    (alarm,) = Calendar.from_ical(server.get_events()[0].data).walk("VALARM")
    assert alarm.to_ical().splitlines()[3] == b"TRIGGER:-PT30M"
    shift(visit, hours=1)
    sync_all(now=NOW)
    assert standing(server) == [(title, MONDAY + timedelta(hours=1))]
    Appointment.objects.filter(pk=visit.pk).update(status="CANCELLED")
    happened(visit, "appointment.cancelled")
    sync_all(now=NOW)
    assert standing(server) == []


def test_changes_there_are_written_over_and_what_went_is_made_anew(
    visit: Appointment, personas: Personas, server: Server, radicale: str
) -> None:
    connected(personas, radicale)
    (event,) = server.get_events()
    with event.edit_icalendar_component() as component:
        component["SUMMARY"] = "Lunch"
    event.save()
    shift(visit, hours=1)
    sync_all(now=NOW)
    assert standing(server) == [(f"Deep clean at {personas.customer.name}'s", MONDAY + timedelta(hours=1))]
    server.get_events()[0].delete()
    shift(visit, hours=1)
    sync_all(now=NOW)
    assert [start for _, start in standing(server)] == [MONDAY + timedelta(hours=2)]


def test_what_was_made_and_not_noted_is_found_again(
    visit: Appointment, personas: Personas, server: Server, radicale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(syncing, "_note", _killed)
        with pytest.raises(KeyboardInterrupt):
            connected(personas, radicale)
    assert len(standing(server)) == 1
    sync_all(now=NOW + timedelta(minutes=6))
    assert len(standing(server)) == 1
    assert not CalendarConnection.objects.get().events.exclude(state="SYNCED").exists()


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_wrong_password_breaks_it_and_is_kept_nowhere(personas: Personas, server: Server, radicale: str) -> None:
    row = connected(personas, radicale, password="wrong")
    assert (row.state, row.sealed) == ("BROKEN", "")


def test_the_password_is_kept_sealed_and_thrown_away_at_the_end(
    visit: Appointment, personas: Personas, server: Server, radicale: str
) -> None:
    row = connected(personas, radicale)
    assert PASSWORD not in row.sealed
    assert PASSWORD in unseal(row.sealed)
    disconnect_calendar(viewer=viewer_for_user(row.user_id), connection_id=row.pk, now=NOW)
    sync_all(now=NOW)
    assert standing(server) == []
    assert CalendarConnection.objects.get().sealed == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://caldav.example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.0.0.8:8443/dav",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost/",
        "https://redis/",
        "https://printer.local/",
        "https://ada:secret@caldav.example.com/",
        "ftp://caldav.example.com/",
        "https://caldav.example.com:99999/",
        "caldav.example.com",
    ],
)
def test_servers_inside_are_refused_at_once(url: str, personas: Personas) -> None:
    viewer = viewer_for_user(personas.staff.user.pk)  # type: ignore[union-attr]
    with pytest.raises(InvalidInput) as refused:
        connect_caldav(viewer=viewer, server_url=url, username="a", password="b", wishes=CalendarSettings(), now=NOW)
    assert refused.value.field == ("server_url",)
    assert not CalendarConnection.objects.exists()


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "fd00::1", "169.254.169.254"])
def test_a_name_that_leads_inside_is_never_asked(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where only one of its addresses does, and whenever it is asked: names can be changed."""
    outside = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))
    inside = (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [outside])
    require_public("https://caldav.example.com/")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [outside, inside])
    with pytest.raises(AccessLost):
        require_public("https://caldav.example.com/")


def test_a_server_that_is_inside_by_now_is_left_alone(
    visit: Appointment, personas: Personas, server: Server, radicale: str, settings: Settings
) -> None:
    row = connected(personas, radicale)
    settings.ROTA_CALDAV_PRIVATE = False
    shift(visit, hours=1)
    sync_all(now=NOW)
    assert CalendarConnection.objects.get(pk=row.pk).state == "BROKEN"
    assert [start for _, start in standing(server)] == [MONDAY]
