"""The log goes back for a year or so; whoever asks for more is told, and whoever comes from another life of it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.conf import settings

from backend.core.transactions import use_case
from backend.events import actions
from backend.events.actions import adopt_restored_log
from backend.events.errors import CursorExpired
from backend.events.models import Event
from backend.events.queries import Cursor, log_end, readable_from, settled_after
from backend.events.rules import DeliveryStatus
from tests.factories.business import NOW
from tests.factories.events import delivery

pytestmark = pytest.mark.django_db(transaction=True)

OLD = NOW - settings.ROTA_EVENTS_LIFETIME - timedelta(seconds=1)


def told(kind: str, *, at: datetime = OLD, routed: bool = True) -> Event:
    """An event that was committed by itself."""
    event = Event.objects.create(kind=kind, occurred_at=at, routed_at=at if routed else None)
    event.refresh_from_db()
    return event


def place_of(event: Event) -> Cursor:
    return Cursor(event.transaction, event.pk, log_end().epoch)


@use_case
def forget_old_events(*, limit: int = 100) -> int:
    return actions.forget_old_events(limit=limit, now=NOW)


def kinds() -> set[str]:
    return set(Event.objects.values_list("kind", flat=True))


def test_events_are_forgotten_when_their_time_is_over() -> None:
    told("old")
    told("young", at=NOW - settings.ROTA_EVENTS_LIFETIME)
    assert forget_old_events() == 1
    assert kinds() == {"young"}


def test_what_nobody_has_heard_of_yet_stays_and_so_does_what_lies_after_it() -> None:
    told("first")
    told("unrouted", routed=False)
    told("third")
    assert forget_old_events() == 1
    assert kinds() == {"unrouted", "third"}


@pytest.mark.parametrize(("status", "gone"), [("PENDING", 0), ("DEAD", 0), ("DONE", 1)])
def test_an_event_stays_until_it_is_delivered(status: str, gone: int) -> None:
    event = delivery(status=DeliveryStatus(status)).event
    Event.objects.filter(pk=event.pk).update(occurred_at=OLD, routed_at=OLD)
    assert forget_old_events() == gone


def test_a_place_before_the_cut_is_refused_and_one_behind_it_goes_on() -> None:
    first, second, third = (place_of(told(kind, at=at)) for kind, at in (("a", OLD), ("b", OLD), ("c", NOW)))
    forget_old_events()
    with pytest.raises(CursorExpired):
        readable_from(first)
    assert readable_from(second) == second
    assert [event.kind for event in settled_after(second)] == ["c"]
    assert readable_from(third) == third


def test_a_place_of_the_time_before_a_restore_is_refused() -> None:
    before = place_of(told("before"))
    adopt_restored_log()
    with pytest.raises(CursorExpired):
        readable_from(before)
    assert readable_from(log_end())


def test_a_place_of_another_timeline_or_of_the_future_is_refused() -> None:
    end = log_end()
    for wrong in (replace(end, epoch="0-00000009"), replace(end, epoch=""), replace(end, transaction=2**60)):
        with pytest.raises(CursorExpired):
            readable_from(wrong)


def test_a_restored_log_on_its_own_server_keeps_its_order() -> None:
    first, second = told("a"), told("b")
    adopt_restored_log()
    assert [event.transaction for event in Event.objects.order_by("id")] == [first.transaction, second.transaction]
