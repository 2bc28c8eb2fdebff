"""announceArrival: somebody is on the way, today, and says so once."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from backend.events.models import Event
from backend.scheduling.models import Appointment
from tests import factories
from tests.client import Api, gid
from tests.factories.business import NOW
from tests.personas import Personas

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london")]

ANSWER = "appointment { onTheWayAt version status }"
INVALID = [("INVALID_TRANSITION", "")]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def visit(personas: Personas) -> Appointment:
    """Of the persona of staff, in half an hour."""
    return factories.direct_booking(factories.service(), staff=personas.staff, start=NOW + 30 * MINUTE)


def announce(api: Api, visit: Appointment, *, now: datetime = NOW, minutes: int | None = None) -> list[tuple[str, str]]:
    """What is wrong with it."""
    given = {"appointmentId": gid(visit)} | ({} if minutes is None else {"minutes": minutes})
    with time_machine.travel(now, tick=False):
        refused: list[tuple[str, str]] = api.mutate("announceArrival", given, ANSWER)["userErrors"]
    return refused


def test_it_is_noted_counted_and_told(personas: Personas, visit: Appointment) -> None:
    with time_machine.travel(NOW, tick=False):
        given = {"appointmentId": gid(visit), "minutes": 25, "version": 1}
        payload = personas["staff"].mutate("announceArrival", given, ANSWER)
    assert payload == {
        "appointment": {"onTheWayAt": "2027-02-01T08:00:00+00:00", "version": 2, "status": "CONFIRMED"},
        "userErrors": [],
    }
    event = Event.objects.get()
    assert (event.kind, event.staff_id, event.actor_id) == (
        "appointment.on_the_way",
        personas.staff.pk,
        personas.staff.user_id,
    )
    assert datetime.fromisoformat(event.data["arrives_at"]) == NOW + 25 * MINUTE


def test_a_second_tap_is_refused_and_later_news_is_not(personas: Personas, visit: Appointment) -> None:
    assert announce(personas["staff"], visit) == []
    assert announce(personas["staff"], visit, now=NOW + 15 * MINUTE - timedelta(seconds=1)) == INVALID
    assert announce(personas["staff"], visit, now=NOW + 15 * MINUTE, minutes=5) == []
    assert Event.objects.count() == 2


@pytest.mark.parametrize("status", ["PENDING", "IN_PROGRESS", "COMPLETED", "CANCELLED", "NO_SHOW"])
def test_nobody_is_on_the_way_to_a_visit_that_is_not_confirmed(
    personas: Personas, visit: Appointment, status: str
) -> None:
    Appointment.objects.update(status=status)
    assert announce(personas["staff"], visit) == INVALID
    assert not Event.objects.exists()


def test_nobody_is_on_the_way_to_a_visit_of_another_day_on_the_wall(personas: Personas) -> None:
    # In summer London's day begins at 23:00 in UTC.
    start = datetime(2027, 6, 7, 23, 30, tzinfo=UTC)
    visit = factories.direct_booking(factories.service(), staff=personas.staff, start=start)
    assert announce(personas["staff"], visit, now=datetime(2027, 6, 7, 22, 59, tzinfo=UTC)) == INVALID
    assert announce(personas["staff"], visit, now=datetime(2027, 6, 7, 23, tzinfo=UTC)) == []


@pytest.mark.parametrize("minutes", [0, -5, 241])
def test_minutes_that_make_no_sense_are_refused(personas: Personas, visit: Appointment, minutes: int) -> None:
    assert announce(personas["staff"], visit, minutes=minutes) == [("OUT_OF_RANGE", "minutes")]
