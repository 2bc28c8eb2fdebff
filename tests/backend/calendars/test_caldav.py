"""A real CalDAV server (Radicale) is kept equal to the visits, and servers inside are never asked."""

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from caldav.davclient import DAVClient
from icalendar import Calendar
from pytest_django.fixtures import Settings

from backend.accounts.queries import viewer_for_user
from backend.calendars.actions import connect_caldav, disconnect_calendar, sync_now, syncing
from backend.calendars.errors import AccessLost, GatewayError
from backend.calendars.gateway import AppleCalendar
from backend.calendars.models import CalendarConnection
from backend.calendars.rules import CalendarSettings
from backend.core.errors import InvalidInput
from backend.core.sealing import unseal
from backend.scheduling.models import Appointment
from tests import factories
from tests.backend.calendars.test_google import happened, shift
from tests.factories.business import NOW
from tests.fakes.radicale import Radicale
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
    running = Radicale(tmp_path_factory.mktemp("radicale"), users=[NAME], password=PASSWORD)
    running.start()
    try:
        yield running.url
    finally:
        running.stop()


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


def test_sync_now_mends_what_was_deleted_and_changed_by_hand(
    visit: Appointment, personas: Personas, server: Server, radicale: str
) -> None:
    factories.direct_booking(factories.service(name="Windows"), staff=personas.staff, start=MONDAY + timedelta(days=1))
    row = connected(personas, radicale)
    before = standing(server)
    first, second = server.get_events()
    first.delete()
    with second.edit_icalendar_component() as component:
        component["SUMMARY"] = "Lunch"
    second.save()
    sync_now(viewer=viewer_for_user(row.user_id), connection_id=row.pk, now=NOW)
    sync_all(now=NOW)
    assert len(before) == 2
    assert standing(server) == before


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


Answers = Callable[..., None]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> tuple[Answers, list[str]]:
    """Let names lead to one set of addresses after the other; and the list of names that were looked up."""
    asked: list[str] = []
    sets: list[tuple[str, ...]] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        addresses = sets.pop(0) if len(sets) > 1 else sets[0]
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return (lambda *each: sets.extend(each)), asked


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """To which addresses a connection was tried; none is made."""
    found: list[str] = []

    def connect(_: socket.socket, address: tuple[str, int]) -> None:
        found.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return found


def ask(url: str = "https://caldav.example.com/") -> None:
    """The adapter tries to get into a calendar."""
    secrets = {"username": NAME, "password": PASSWORD}
    AppleCalendar(secrets=secrets, calendar_id="", server_url=url, keep=lambda _: None, now=NOW).connect()


@pytest.mark.parametrize(
    "addresses",
    [("127.0.0.1",), ("10.1.2.3",), ("fd00::1",), ("169.254.169.254",), ("64:ff9b::7f00:1",), ("8.8.8.8", "10.0.0.1")],
    ids=str,
)
def test_a_name_that_leads_inside_is_never_asked(
    answers: tuple[Answers, list[str]], tried: list[str], addresses: tuple[str, ...]
) -> None:
    """Also where only one of its addresses does."""
    answers[0](addresses)
    with pytest.raises(AccessLost, match="no calendar server on the internet"):
        ask()
    assert (answers[1], tried) == (["caldav.example.com"], [])


def test_a_name_that_answers_otherwise_a_moment_later_gains_nothing(
    answers: tuple[Answers, list[str]], tried: list[str]
) -> None:
    """DNS rebinding: it is looked up once for a connection, which goes to what was judged."""
    answers[0](("93.184.216.34",), ("127.0.0.1",))
    with pytest.raises(GatewayError, match="out of reach"):
        ask()
    assert (answers[1], tried) == (["caldav.example.com"], ["93.184.216.34"])


def test_the_control_without_a_judge_the_inner_address_is_tried(
    answers: tuple[Answers, list[str]], tried: list[str], settings: Settings
) -> None:
    settings.ROTA_CALDAV_PRIVATE = True
    answers[0](("127.0.0.1",))
    with pytest.raises(GatewayError, match="out of reach"):
        ask()
    assert tried == ["127.0.0.1"]


@pytest.mark.parametrize("url", ["http://caldav.example.com/", "https://127.0.0.1/", "https://[::1]:8443/dav"])
def test_an_address_inside_is_not_asked_whoever_named_it(url: str, tried: list[str]) -> None:
    with pytest.raises(AccessLost):
        ask(url)
    assert tried == []


def test_neither_proxies_nor_resolvers_of_the_environment_are_used(
    answers: tuple[Answers, list[str]], tried: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through a proxy our judgement would be of the proxy's address."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("NIQUESTS_DNS_URL", "in-memory://default?hosts=caldav.example.com:127.0.0.1")
    answers[0](("93.184.216.34",))
    with pytest.raises(GatewayError, match="out of reach"):
        ask()
    assert tried == ["93.184.216.34"]


def test_a_server_that_is_inside_by_now_is_left_alone(
    visit: Appointment, personas: Personas, server: Server, radicale: str, settings: Settings
) -> None:
    row = connected(personas, radicale)
    settings.ROTA_CALDAV_PRIVATE = False
    shift(visit, hours=1)
    sync_all(now=NOW)
    assert CalendarConnection.objects.get(pk=row.pk).state == "BROKEN"
    assert [start for _, start in standing(server)] == [MONDAY]
