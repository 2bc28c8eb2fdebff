"""kill -9 in the middle of a sync: every visit stands in the calendar once."""

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.calendars.models import CalendarConnection, CalendarEvent
from backend.core import clock
from backend.core.sealing import seal
from tests import factories
from tests.fakes.google import GoogleFake
from tests.fakes.oauth import CLIENT_ID, CLIENT_SECRET, Grant
from tests.fakes.server import Asked, Reply, served
from tests.faults.stack import Stack

pytestmark = pytest.mark.faults

VISITS = 60
MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)


class SlowGoogle(GoogleFake):
    """Makes seven events, and then everybody wait until `going_on` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.going_on = threading.Event()

    def answer(self, asked: Asked) -> Reply:
        if len(self.events) >= 7:
            self.going_on.wait(60)
        return super().answer(asked)


def test_a_worker_killed_while_it_syncs_makes_nothing_twice(stack: Stack) -> None:
    factories.add_postcodes()
    staff, service = factories.staff_member(with_user=True), factories.service(duration_minutes=30)
    for number in range(VISITS):
        factories.direct_booking(service, staff=staff, start=MONDAY + timedelta(days=number))
    google = SlowGoogle()
    assert staff.user is not None
    with served(google) as url:
        stack.environ |= {"GOOGLE_CLIENT_ID": CLIENT_ID, "GOOGLE_CLIENT_SECRET": CLIENT_SECRET, "GOOGLE_URL": url}
        google.grants.append(Grant("", "", refresh_token="refresh-1"))
        secrets: dict[str, Any] = {"access_token": "old", "refresh_token": "refresh-1", "expires_at": 0}
        now = clock.now()
        row = CalendarConnection.objects.create(
            user=staff.user,
            provider="GOOGLE",
            state="CONNECTED",
            calendar_id=google.account,
            sealed=seal(json.dumps(secrets)),
            replan=True,
            due_at=now,
            created_at=now,
        )
        stack.start("run_scheduler")
        worker = stack.start("run_worker")
        stack.wait_until(lambda: len(google.events) >= 7)
        stack.kill(worker)
        made, noted = len(google.events), CalendarEvent.objects.filter(state="SYNCED").count()
        assert noted <= made < VISITS
        google.going_on.set()
        # Five minutes later the lease of the dead is over.
        CalendarConnection.objects.filter(pk=row.pk).update(leased_until=None)
        worker = stack.start("run_worker")
        stack.wait_until(lambda: CalendarEvent.objects.filter(state="SYNCED").count() == VISITS)
        stack.wait_until(lambda: CalendarConnection.objects.get().due_at is None)
        assert len(google.events) == len(google.standing) == VISITS
        assert len({event["start"]["dateTime"] for event in google.standing.values()}) == VISITS
        assert stack.stop(worker) == 0
