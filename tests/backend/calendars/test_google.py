"""A calendar at Google is kept equal to the visits, through everything that happens at either end."""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from backend.accounts.queries import viewer_for_user
from backend.calendars.actions import (
    complete_connection,
    connect_calendar,
    disconnect_calendar,
    sync_now,
    syncing,
    update_settings,
)
from backend.calendars.errors import StateRefused
from backend.calendars.models import CalendarConnection, CalendarEvent
from backend.calendars.rules import CalendarSettings, Provider
from backend.core.errors import NotAllowed, NotFound
from backend.core.sealing import unseal
from backend.events.models import Event
from backend.scheduling.events import AppointmentMoved
from backend.scheduling.models import Appointment
from tests import factories
from tests.backend.calendars.conftest import Connect
from tests.factories.business import NOW
from tests.fakes.google import GoogleFake, error
from tests.fakes.server import Reply
from tests.personas import Personas
from tests.syncing import follow_events, sync_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now", "london")]

MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)


def visit_of(personas: Personas, *, start: datetime = MONDAY, notes: str = "") -> Appointment:
    service = factories.service(name="Deep clean")
    return factories.direct_booking(service, staff=personas.staff, customer=personas.customer, start=start, notes=notes)


def happened(visit: Appointment, kind: str = "appointment.moved") -> None:
    """As scheduling tells it."""
    Event.objects.create(kind=kind, appointment_id=visit.pk, staff_id=visit.staff_id, occurred_at=NOW, data={})


def shift(visit: Appointment, **by: float) -> None:
    """Move a visit, and tell."""
    visit.start, visit.end = visit.start + timedelta(**by), visit.end + timedelta(**by)
    visit.save(update_fields=["start", "end"])
    happened(visit, AppointmentMoved.kind)


def standing(google: GoogleFake) -> set[tuple[str, str]]:
    return {(event["summary"], event["start"]["dateTime"]) for event in google.standing.values()}


def read_again(row: CalendarConnection) -> CalendarConnection:
    return CalendarConnection.objects.get(pk=row.pk)


def test_what_was_booked_before_stands_there_after_connecting(
    personas: Personas, google: GoogleFake, connect: Connect
) -> None:
    visit = visit_of(personas, notes="Mind the cat")
    row = connect(personas.staff.user, reminder_minutes=30)
    assert (row.state, row.account, row.due_at, row.synced_at) == ("CONNECTED", "ada@gmail.example", None, NOW)
    (event,) = google.standing.values()
    assert event["start"] == {"dateTime": "2027-03-01T09:00:00Z", "timeZone": "UTC"}
    assert event["summary"] == f"Deep clean at {personas.customer.name}'s"
    assert event["location"] == "10 Downing Street, London, SW1A 2AA"
    assert "Special instructions: Mind the cat" in event["description"]
    assert event["reminders"] == {"useDefault": False, "overrides": [{"method": "popup", "minutes": 30}]}
    kept = CalendarEvent.objects.get(appointment=visit)
    assert (kept.state, kept.external_id, kept.etag) == ("SYNCED", event["id"], event["etag"])
    assert Event.objects.filter(kind="calendar.connected").count() == 1


def test_what_is_booked_moved_and_cancelled_later_follows_by_events(
    personas: Personas, google: GoogleFake, connect: Connect
) -> None:
    connect(personas.staff.user)
    visit = visit_of(personas)
    happened(visit, "appointment.booked")
    sync_all(now=NOW)
    title = f"Deep clean at {personas.customer.name}'s"
    assert standing(google) == {(title, "2027-03-01T09:00:00Z")}
    (key,) = google.standing
    shift(visit, hours=2)
    sync_all(now=NOW)
    assert standing(google) == {(title, "2027-03-01T11:00:00Z")}
    assert set(google.standing) == {key}
    Appointment.objects.filter(pk=visit.pk).update(status="CANCELLED")
    happened(visit, "appointment.cancelled")
    sync_all(now=NOW)
    assert google.standing == {}


def test_a_visit_that_changes_hands_leaves_one_calendar_and_comes_into_another(
    personas: Personas, google: GoogleFake, connect: Connect
) -> None:
    connect(personas.staff.user)
    google.account = "sam@gmail.example"
    connect(personas.other_staff.user)
    visit = visit_of(personas)
    happened(visit, "appointment.booked")
    sync_all(now=NOW)
    assert CalendarEvent.objects.get(state="SYNCED").connection.user == personas.staff.user
    Appointment.objects.filter(pk=visit.pk).update(staff=personas.other_staff)
    visit.refresh_from_db()
    happened(visit)
    # The first calendar hears of it because the visit stands there.
    sync_all(now=NOW)
    assert CalendarEvent.objects.get(state="SYNCED").connection.user == personas.other_staff.user
    assert len(google.standing) == 1


def test_everybody_concerned_has_it_and_nobody_else(personas: Personas, google: GoogleFake, connect: Connect) -> None:
    admin = factories.user("ADMIN")  # type: ignore[arg-type]
    people: list[Any] = [personas.customer, personas.other_customer, personas.staff, personas.other_staff]
    managers: list[Any] = [personas.manager, personas.other_manager]
    rows = {str(who): connect(who.user) for who in (*people, *managers)}
    quiet, curious = connect(admin), connect(factories.user("ADMIN"), all_visits=True)  # type: ignore[arg-type]
    visit = visit_of(personas)
    happened(visit, "appointment.booked")
    sync_all(now=NOW)
    having = set(CalendarEvent.objects.filter(state="SYNCED").values_list("connection", flat=True))
    expected = {rows[str(personas.customer)].pk, rows[str(personas.staff)].pk, rows[str(personas.manager)].pk}
    assert having == expected | {curious.pk}
    assert quiet.pk not in having
    assert {summary for summary, _ in standing(google)} == {
        "Service: Deep clean",
        f"Deep clean at {personas.customer.name}'s",
        f"{personas.staff.name} - Deep clean",
    }


# --- What its owner does there


def test_what_was_changed_there_is_written_over(personas: Personas, google: GoogleFake, connect: Connect) -> None:
    visit = visit_of(personas)
    connect(personas.staff.user)
    (key,) = google.standing
    written = google.events[key]["etag"]
    google.change_by_hand(key, summary="Lunch")
    changed = google.events[key]["etag"]
    shift(visit, hours=1)
    sync_all(now=NOW)
    assert standing(google) == {(f"Deep clean at {personas.customer.name}'s", "2027-03-01T10:00:00Z")}
    puts = [asked.headers["If-Match"] for asked in google.asked if asked.method == "PUT"]
    assert puts == [written, changed]


@pytest.mark.parametrize("how", ["delete_by_hand", "purge"])
def test_what_was_deleted_there_comes_back_with_the_next_change(
    how: str, personas: Personas, google: GoogleFake, connect: Connect
) -> None:
    visit = visit_of(personas)
    connect(personas.staff.user)
    (key,) = google.standing
    getattr(google, how)(key)
    shift(visit, hours=1)
    sync_all(now=NOW)
    assert [start for _, start in standing(google)] == ["2027-03-01T10:00:00Z"]


@pytest.mark.parametrize("status", [404, 410])
def test_an_entry_that_is_gone_for_good_is_made_anew_under_another_id(
    status: int, personas: Personas, google: GoogleFake, connect: Connect
) -> None:
    visit = visit_of(personas)
    connect(personas.staff.user)
    (key,) = google.standing
    google.events[key]["status"] = "cancelled"
    google.once(error(status, "deleted"), method="PUT")
    shift(visit, hours=1)
    sync_all(now=NOW)
    (new,) = google.standing
    assert new != key
    assert CalendarEvent.objects.get().external_id == new


def test_sync_now_mends_what_was_deleted_and_changed_by_hand(
    personas: Personas, google: GoogleFake, connect: Connect
) -> None:
    """The sweep compares with what we wrote last, and would leave both as they are."""
    long_over = visit_of(personas, start=NOW - timedelta(days=9))
    visits = [visit_of(personas, start=MONDAY + timedelta(days=n)) for n in range(3)]
    row = connect(personas.staff.user)
    before = standing(google)
    assert len(before) == len(visits)
    deleted, changed, purged = google.standing
    google.delete_by_hand(deleted)
    google.change_by_hand(changed, summary="Lunch")
    google.purge(purged)
    CalendarConnection.objects.filter(pk=row.pk).update(replan=True, due_at=NOW)
    sync_all(now=NOW)
    assert standing(google) != before
    sync_now(viewer=viewer_for_user(row.user_id), connection_id=row.pk, now=NOW)
    sync_all(now=NOW)
    assert standing(google) == before
    assert not CalendarEvent.objects.filter(appointment=long_over).exists()
    assert not CalendarEvent.objects.exclude(state="SYNCED").exists()


# --- What the provider does


def test_a_pause_that_is_asked_for_is_kept(personas: Personas, google: GoogleFake, connect: Connect) -> None:
    visit = visit_of(personas)
    row = connect(personas.staff.user)
    google.once(Reply(429, {}, {"Retry-After": "3600"}), method="PUT")
    shift(visit, hours=1)
    sync_all(now=NOW)
    asked = len(google.asked)
    assert (read_again(row).state, read_again(row).failures) == ("CONNECTED", 1)
    sync_now(viewer=viewer_for_user(row.user_id), connection_id=row.pk, now=NOW)
    assert sync_all(now=NOW + timedelta(minutes=59)) == 0
    assert not syncing.sync_connection(connection_id=row.pk, now=NOW + timedelta(minutes=59))
    assert len(google.asked) == asked
    sync_all(now=NOW + timedelta(minutes=61))
    assert [start for _, start in standing(google)] == ["2027-03-01T10:00:00Z"]
    assert (read_again(row).failures, read_again(row).last_error) == (0, "")


@pytest.mark.parametrize(
    "trouble", [error(403, "rateLimitExceeded"), error(403, "userRateLimitExceeded"), error(500, "backendError")]
)
def test_passing_trouble_is_tried_again_after_growing_pauses(
    trouble: Reply, personas: Personas, google: GoogleFake, connect: Connect
) -> None:
    visit = visit_of(personas)
    row = connect(personas.staff.user)
    google.once(trouble, method="PUT")
    google.once(trouble, method="PUT")
    shift(visit, hours=1)
    sync_all(now=NOW)
    assert sync_all(now=NOW + timedelta(seconds=14)) == 0
    sync_all(now=NOW + timedelta(seconds=15))
    assert read_again(row).failures == 2
    assert sync_all(now=NOW + timedelta(seconds=44)) == 0
    sync_all(now=NOW + timedelta(seconds=45))
    assert [start for _, start in standing(google)] == ["2027-03-01T10:00:00Z"]


def test_an_entry_that_is_refused_holds_up_no_other(personas: Personas, google: GoogleFake, connect: Connect) -> None:
    row = connect(personas.staff.user)
    for hour in range(3):
        happened(visit_of(personas, start=MONDAY + timedelta(hours=2 * hour)), "appointment.booked")
    google.once(error(400, "badRequest"), method="POST", path="/events")
    sync_all(now=NOW)
    assert len(google.standing) == 2
    assert "400" in read_again(row).last_error
    sync_all(now=NOW + timedelta(minutes=1))
    assert len(google.standing) == 3


# --- Access


def test_tokens_are_renewed_and_the_new_ones_kept(personas: Personas, google: GoogleFake, connect: Connect) -> None:
    google.rotates = True
    visit = visit_of(personas)
    row = connect(personas.staff.user)
    before = json.loads(unseal(row.sealed))
    google.expire_access_tokens()
    shift(visit, hours=1)
    sync_all(now=NOW)
    after = json.loads(unseal(read_again(row).sealed))
    assert after["refresh_token"] == google.grants[0].refresh_token != before["refresh_token"]
    assert [start for _, start in standing(google)] == ["2027-03-01T10:00:00Z"]
    # An hour later it is renewed before it is refused.
    refusals = len(google.asked)
    shift(visit, hours=1)
    sync_all(now=NOW + timedelta(hours=1))
    assert google.asked[refusals].path == "/token"


def test_a_revoked_grant_breaks_the_connection_and_is_told_once(
    personas: Personas, google: GoogleFake, connect: Connect
) -> None:
    visit = visit_of(personas)
    row = connect(personas.staff.user)
    google.revoke_all()
    shift(visit, hours=1)
    sync_all(now=NOW)
    broken = read_again(row)
    assert (broken.state, broken.sealed, broken.due_at) == ("BROKEN", "", None)
    event = Event.objects.get(kind="calendar.broken")
    assert event.data["user_id"] == row.user_id
    assert (event.data["provider"], event.data["connection_id"]) == ("GOOGLE", row.pk)
    shift(visit, hours=1)
    assert sync_all(now=NOW + timedelta(days=1)) == 0


def test_a_token_that_is_refused_twice_breaks_it_too(personas: Personas, google: GoogleFake, connect: Connect) -> None:
    visit = visit_of(personas)
    row = connect(personas.staff.user)
    for _ in range(2):
        google.once(error(401, "authError"), method="PUT")
    shift(visit, hours=1)
    sync_all(now=NOW)
    assert read_again(row).state == "BROKEN"


def test_who_connects_anew_finds_everything_once(personas: Personas, google: GoogleFake, connect: Connect) -> None:
    visit = visit_of(personas)
    first = connect(personas.staff.user)
    (key,) = google.standing
    google.revoke_all()
    shift(visit, hours=1)
    sync_all(now=NOW)
    second = connect(personas.staff.user)
    assert set(google.standing) == {key}
    assert [start for _, start in standing(google)] == ["2027-03-01T10:00:00Z"]
    assert (read_again(first).state, second.state) == ("DISCONNECTED", "CONNECTED")


def test_the_same_calendar_is_not_connected_twice(personas: Personas, google: GoogleFake, connect: Connect) -> None:
    visit_of(personas)
    connect(personas.staff.user)
    second = connect(personas.staff.user)
    assert (second.state, second.sealed) == ("DISCONNECTED", "")
    assert len(google.standing) == 1


def test_disconnecting_takes_entries_to_come_away_and_gives_the_access_back(
    personas: Personas, google: GoogleFake, connect: Connect
) -> None:
    visit_of(personas)
    visit_of(personas, start=NOW - timedelta(hours=12))
    google.add_by_hand(MONDAY, MONDAY + timedelta(hours=1), summary="Lunch")
    row = connect(personas.staff.user)
    assert len(google.standing) == 3
    disconnect_calendar(viewer=viewer_for_user(row.user_id), connection_id=row.pk, now=NOW)
    sync_all(now=NOW)
    gone = read_again(row)
    assert (gone.state, gone.sealed, gone.due_at) == ("DISCONNECTED", "", None)
    assert google.grants[0].is_revoked
    assert sorted(start for _, start in standing(google)) == ["2027-01-31T20:00:00Z", "2027-03-01T09:00:00+00:00"]
    assert set(CalendarEvent.objects.values_list("state", flat=True)) == {"REMOVED"}


def test_a_code_opens_only_with_the_verifier_that_belongs_to_it(personas: Personas, google: GoogleFake) -> None:
    """PKCE: a code that somebody caught on its way is worth nothing in another connection."""
    mine, theirs = (viewer_for_user(who.user.pk) for who in (personas.staff, personas.other_staff) if who.user)
    wishes = CalendarSettings()
    asked = connect_calendar(viewer=mine, provider=Provider.GOOGLE, wishes=wishes, now=NOW)
    other = connect_calendar(viewer=theirs, provider=Provider.GOOGLE, wishes=wishes, now=NOW)
    code, state = google.agree(asked.url)["code"], google.agree(other.url)["state"]
    complete_connection(viewer=theirs, state=state, code=code, now=NOW)
    sync_all(now=NOW)
    assert read_again(other.row).state == "BROKEN"
    assert google.access_tokens == {}


def test_an_answer_counts_once_in_time_and_for_whoever_asked(personas: Personas, google: GoogleFake) -> None:
    mine, theirs = (viewer_for_user(who.user.pk) for who in (personas.staff, personas.other_staff) if who.user)
    asked = connect_calendar(viewer=mine, provider=Provider.GOOGLE, wishes=CalendarSettings(), now=NOW)
    answer = google.agree(asked.url)
    for viewer, given, now in (
        (theirs, answer, NOW),
        (mine, answer | {"state": answer["state"][:-2] + "xx"}, NOW),
        (mine, answer, NOW + timedelta(minutes=10)),
    ):
        with pytest.raises(StateRefused):
            complete_connection(viewer=viewer, **given, now=now)
    complete_connection(viewer=mine, **answer, now=NOW + timedelta(minutes=9))
    with pytest.raises(StateRefused):
        complete_connection(viewer=mine, **answer, now=NOW + timedelta(minutes=9))


def test_a_calendar_is_its_owners_and_admins_may_only_take_it_away(personas: Personas, connect: Connect) -> None:
    row = connect(personas.staff.user)
    stranger = viewer_for_user(personas.other_staff.user.pk)  # type: ignore[union-attr]
    admin = viewer_for_user(factories.user("ADMIN").pk)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        disconnect_calendar(viewer=stranger, connection_id=row.pk, now=NOW)
    with pytest.raises(NotAllowed):
        update_settings(viewer=admin, connection_id=row.pk, wishes=CalendarSettings(), now=NOW)
    disconnect_calendar(viewer=admin, connection_id=row.pk, now=NOW)
    assert read_again(row).state == "DISCONNECTED"


# --- Dying in the middle, and hearing twice


def test_a_message_that_comes_twice_writes_once(personas: Personas, google: GoogleFake, connect: Connect) -> None:
    connect(personas.staff.user)
    happened(visit_of(personas), "appointment.booked")
    sync_all(now=NOW, times=3)
    assert (len(google.events), google.count("POST", "/events")) == (1, 1)


def test_what_was_made_and_not_noted_is_found_again(
    personas: Personas, google: GoogleFake, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the worker is killed between the provider's answer and our commit."""
    row = connect(personas.staff.user)
    visits = [visit_of(personas, start=MONDAY + timedelta(hours=2 * hour)) for hour in range(2)]
    for visit in visits:
        happened(visit, "appointment.booked")
    with monkeypatch.context() as patched:
        patched.setattr(syncing, "_note", _killed)
        with pytest.raises(KeyboardInterrupt):
            sync_all(now=NOW)
    assert len(google.standing) == 1
    assert set(CalendarEvent.objects.values_list("state", "external_id")) == {("DIRTY", "")}
    # Meanwhile the one that was made is cancelled.
    Appointment.objects.filter(pk=visits[0].pk).update(status="CANCELLED")
    assert not syncing.sync_connection(connection_id=row.pk, now=NOW + timedelta(minutes=4))
    sync_all(now=NOW + timedelta(minutes=6))
    assert [start for _, start in standing(google)] == ["2027-03-01T11:00:00Z"]
    assert google.count("POST", "/events") == 2


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_whoever_lost_the_lease_notes_nothing(
    personas: Personas, google: GoogleFake, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = connect(personas.staff.user)
    happened(visit_of(personas), "appointment.booked")
    overwrite = syncing._place

    def slow(held: object, way: object, event: object, content: object) -> object:
        placed = overwrite(held, way, event, content)  # type: ignore[arg-type]
        CalendarConnection.objects.filter(pk=row.pk).update(lease=99)
        return placed

    monkeypatch.setattr(syncing, "_place", slow)
    sync_all(now=NOW)
    assert CalendarEvent.objects.get().state == "DIRTY"


def test_a_visit_that_changes_while_it_is_written_is_written_again(
    personas: Personas, google: GoogleFake, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(personas.staff.user)
    visit = visit_of(personas)
    happened(visit, "appointment.booked")
    place = syncing._place
    moved: list[Appointment] = []

    def interrupted(*given: object) -> object:
        placed = place(*given)  # type: ignore[arg-type]
        if not moved:
            moved.append(visit)
            shift(visit, hours=3)
            follow_events(now=NOW)
        return placed

    monkeypatch.setattr(syncing, "_place", interrupted)
    sync_all(now=NOW)
    assert [start for _, start in standing(google)] == ["2027-03-01T12:00:00Z"]


# --- Secrets


def test_no_token_is_logged_told_or_kept_readable(
    personas: Personas, google: GoogleFake, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    google.rotates = True
    visit = visit_of(personas)
    connect(personas.staff.user)
    google.expire_access_tokens()
    shift(visit, hours=1)
    sync_all(now=NOW)
    google.revoke_all()
    shift(visit, hours=1)
    sync_all(now=NOW)
    assert len(google.tokens_given) >= 5
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT string_agg(to_jsonb(c)::text, '') FROM audit_change c)"
            " || (SELECT string_agg(to_jsonb(e)::text, '') FROM events_event e)"
            " || (SELECT string_agg(to_jsonb(x)::text, '') FROM calendars_calendarconnection x)"
        )
        written = cursor.fetchone()[0]
    assert "calendar.broken" in written
    told = written + caplog.text
    assert [token for token in google.tokens_given if token in told] == []
