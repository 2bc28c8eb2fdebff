"""From an event to its deliveries, and what becomes of each."""

from datetime import datetime, timedelta

import pytest
import structlog

from backend.catalogue.events import ServiceChanged
from backend.core.errors import InvalidTransition, NotAllowed, NotFound, NotSignedIn
from backend.core.requests import current_request_id
from backend.core.transactions import use_case
from backend.core.viewer import NOBODY, Role, Viewer
from backend.events.actions import (
    count_failure,
    deliver,
    emit,
    forget_done_deliveries,
    lease_deliveries,
    route_events,
    send_again,
)
from backend.events.models import Delivery, Event
from backend.events.queries import dead_deliveries
from backend.events.rules import KEEP_DONE, LEASE, MAX_ATTEMPTS, Happened, Leased, is_exhausted, retry_delay
from tests.factories.business import NOW
from tests.factories.events import delivery, event

pytestmark = pytest.mark.django_db
ROUTES = {"probe.fired": ("probe.count", "probe.log"), "probe.other": ("probe.count",)}
ADMIN = Viewer(user_id=1, role=Role.ADMIN)


class Recorder:
    """An effect that remembers what it was given, or raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self.seen: list[Happened] = []
        self.request_ids: list[str] = []
        self.error = error

    def __call__(self, happening: Happened, /, *, now: datetime) -> None:
        self.request_ids.append(current_request_id())
        Event.objects.create(kind="probe.effect", occurred_at=now)
        if self.error:
            raise self.error
        self.seen.append(happening)


def effects() -> int:
    return Event.objects.filter(kind="probe.effect").count()


class TestRouting:
    def test_each_handler_named_for_the_kind_gets_one_delivery(self) -> None:
        fired, other, unheard = event(), event("probe.other"), event("probe.unheard")
        assert route_events(routes=ROUTES, limit=10, now=NOW) == 3
        assert set(Delivery.objects.values_list("event_id", "handler", "status", "due_at")) == {
            (fired.pk, "probe.count", "PENDING", NOW),
            (fired.pk, "probe.log", "PENDING", NOW),
            (other.pk, "probe.count", "PENDING", NOW),
        }
        unheard.refresh_from_db()
        assert unheard.routed_at == NOW

    def test_an_event_is_routed_once(self) -> None:
        event()
        assert route_events(routes=ROUTES, limit=10, now=NOW) == 1
        assert route_events(routes=ROUTES, limit=10, now=NOW) == 0
        assert Delivery.objects.count() == 2

    def test_no_more_than_the_limit_are_taken_oldest_first(self) -> None:
        rows = [event() for _ in range(3)]
        assert route_events(routes=ROUTES, limit=2, now=NOW) == 2
        assert set(Delivery.objects.values_list("event_id", flat=True)) == {rows[0].pk, rows[1].pk}

    def test_an_emitted_fact_carries_the_request_id_of_its_cause(self) -> None:
        with structlog.contextvars.bound_contextvars(request_id="request-1"):
            use_case(emit)([ServiceChanged(service_id=7, actor_id=3)], now=NOW)
        row = Event.objects.get()
        assert (row.kind, row.data, row.actor_id, row.request_id) == (
            "service.changed",
            {"service_id": 7},
            3,
            "request-1",
        )


class TestLeasing:
    def test_what_is_due_is_leased_and_comes_back_when_the_lease_ends(self) -> None:
        row = delivery()
        leased = [Leased(row.pk, row.event_id, "probe.count")]
        assert lease_deliveries(limit=10, now=NOW) == leased
        assert lease_deliveries(limit=10, now=NOW + LEASE - timedelta(seconds=1)) == []
        assert lease_deliveries(limit=10, now=NOW + LEASE) == leased

    def test_what_is_not_due_done_or_dead_is_left_alone(self) -> None:
        delivery(due_at=NOW + timedelta(seconds=1))
        delivery(status="DONE", done_at=NOW)
        delivery(status="DEAD")
        assert lease_deliveries(limit=10, now=NOW) == []

    def test_the_longest_waiting_come_first(self) -> None:
        late, early = delivery(), delivery(due_at=NOW - timedelta(hours=1))
        assert [each.delivery_id for each in lease_deliveries(limit=1, now=NOW)] == [early.pk]
        assert [each.delivery_id for each in lease_deliveries(limit=1, now=NOW)] == [late.pk]


class TestDelivering:
    def test_the_effect_happens_once_however_often_the_message_comes(self) -> None:
        row, effect = delivery(event(order_id=5, data={"a": 1})), Recorder()
        told = [deliver(event_id=row.event_id, handler="probe.count", effect=effect, now=NOW) for _ in range(3)]
        assert told == [True, False, False]
        assert effects() == 1
        assert [(each.event_id, each.order_id, each.data) for each in effect.seen] == [(row.event_id, 5, {"a": 1})]
        row.refresh_from_db()
        assert (row.status, row.done_at, row.attempts) == ("DONE", NOW, 0)

    def test_a_failure_undoes_the_effect_and_is_tried_again_later(self) -> None:
        row = delivery()
        assert not deliver(event_id=row.event_id, handler="probe.count", effect=Recorder(ValueError("broken")), now=NOW)
        row.refresh_from_db()
        assert effects() == 0
        assert (row.status, row.attempts, row.due_at) == ("PENDING", 1, NOW + timedelta(seconds=2))
        assert row.last_error.startswith("Traceback")
        assert row.last_error.strip().endswith("ValueError: broken")
        assert deliver(event_id=row.event_id, handler="probe.count", effect=Recorder(), now=NOW)
        assert effects() == 1

    def test_after_max_attempts_it_is_dead_and_never_sent_by_itself(self) -> None:
        row, now = delivery(), NOW
        for _ in range(MAX_ATTEMPTS):
            assert len(lease_deliveries(limit=10, now=now)) == 1
            deliver(event_id=row.event_id, handler="probe.count", effect=Recorder(ValueError("broken")), now=now)
            now += timedelta(hours=1)
        row.refresh_from_db()
        assert (row.status, row.attempts) == ("DEAD", MAX_ATTEMPTS)
        assert "ValueError: broken" in row.last_error
        assert lease_deliveries(limit=10, now=now) == []
        assert not deliver(event_id=row.event_id, handler="probe.count", effect=Recorder(), now=now)
        assert effects() == 0

    def test_a_message_for_an_event_that_is_gone_does_nothing(self) -> None:
        effect = Recorder()
        assert not deliver(event_id=1, handler="probe.count", effect=effect, now=NOW)
        assert effect.seen == []

    def test_another_handlers_failure_is_not_mine(self) -> None:
        row = event()
        broken, fine = delivery(row, "probe.count"), delivery(row, "probe.log")
        deliver(event_id=row.pk, handler="probe.count", effect=Recorder(ValueError("broken")), now=NOW)
        deliver(event_id=row.pk, handler="probe.log", effect=Recorder(), now=NOW)
        broken.refresh_from_db()
        fine.refresh_from_db()
        assert (broken.status, fine.status) == ("PENDING", "DONE")

    def test_the_effect_runs_under_the_request_id_of_the_event(self) -> None:
        row, effect = delivery(event(request_id="request-42")), Recorder()
        deliver(event_id=row.event_id, handler="probe.count", effect=effect, now=NOW)
        assert effect.request_ids == ["request-42"]
        assert current_request_id() == ""

    def test_a_traceback_with_a_null_byte_can_be_stored(self) -> None:
        row = delivery()
        count_failure(event_id=row.event_id, handler="probe.count", error=ValueError("a\x00b"), now=NOW)
        row.refresh_from_db()
        assert "ValueError: ab" in row.last_error


class TestSendingAgain:
    def test_an_admin_revives_a_dead_letter_and_it_acts(self) -> None:
        row = delivery(status="DEAD", attempts=MAX_ATTEMPTS, last_error="Traceback", due_at=NOW - timedelta(days=1))
        send_again(viewer=ADMIN, delivery_id=row.pk, now=NOW)
        row.refresh_from_db()
        assert (row.status, row.attempts, row.due_at, row.last_error) == ("PENDING", 0, NOW, "Traceback")
        assert lease_deliveries(limit=10, now=NOW) == [Leased(row.pk, row.event_id, "probe.count")]
        assert deliver(event_id=row.event_id, handler="probe.count", effect=Recorder(), now=NOW)

    @pytest.mark.parametrize("status", ["PENDING", "DONE"])
    def test_only_the_dead_can_be_revived(self, status: str) -> None:
        row = delivery(status=status)
        with pytest.raises(InvalidTransition):
            send_again(viewer=ADMIN, delivery_id=row.pk, now=NOW + timedelta(hours=1))
        row.refresh_from_db()
        assert (row.status, row.due_at) == (status, NOW)

    def test_nobody_else_may_see_or_revive(self) -> None:
        row = delivery(status="DEAD")
        for viewer, error in ((NOBODY, NotSignedIn), (Viewer(user_id=2, role=Role.MANAGER), NotAllowed)):
            with pytest.raises(error):
                send_again(viewer=viewer, delivery_id=row.pk, now=NOW)
            with pytest.raises(error):
                dead_deliveries(viewer)
        row.refresh_from_db()
        assert row.status == "DEAD"

    def test_an_unknown_delivery_is_not_found(self) -> None:
        with pytest.raises(NotFound) as caught:
            send_again(viewer=ADMIN, delivery_id=1, now=NOW)
        assert caught.value.field == ("delivery_id",)


def test_deliveries_are_forgotten_a_month_after_they_were_done_but_events_stay() -> None:
    old, recent = (delivery(status="DONE", done_at=NOW - KEEP_DONE - timedelta(seconds=s)) for s in (1, 0))
    dead = delivery(status="DEAD", due_at=NOW - timedelta(days=90))
    assert use_case(forget_done_deliveries)(limit=10, now=NOW) == 1
    assert set(Delivery.objects.values_list("pk", flat=True)) == {recent.pk, dead.pk}
    assert Event.objects.filter(pk=old.event_id).exists()


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 2), (2, 4), (3, 8), (8, 256), (10, 600), (50, 600)])
def test_the_delay_doubles_from_two_seconds_to_ten_minutes(attempts: int, seconds: int) -> None:
    assert retry_delay(attempts) == timedelta(seconds=seconds)


def test_the_eighth_failure_is_the_last() -> None:
    assert [is_exhausted(n) for n in range(6, 10)] == [False, False, True, True]
