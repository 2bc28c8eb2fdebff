"""What `scheduleEvents` tells, and to whom."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.core.threads import in_thread
from backend.core.transactions import use_case
from backend.core.viewer import Role
from backend.scheduling.actions import Move, move_visits
from backend.scheduling.events import AppointmentMoved
from backend.scheduling.models import Appointment
from backend.staff.models import Staff
from schema import feed
from schema.sharing import SharingExecutor
from tests import factories
from tests.client import gid
from tests.factories.business import NOW
from tests.live.story import FEED, SHORT, TUESDAY, fact, here, ids, joined, tell, token_of, visit
from tests.personas import make_personas
from tests.sockets import Refused, Server, open_socket

pytestmark = pytest.mark.django_db(transaction=True)


def heard(server: Server, token: str | None, number: int, query: str = FEED, **variables: Any) -> list[Any]:
    """The first `number` payloads of a subscription."""

    async def run() -> list[Any]:
        async with open_socket(server, token) as api:
            name = await api.subscribe(query, **variables)
            return [await api.next(name) for _ in range(number)]

    return asyncio.run(run())


def test_a_booking_is_told_with_all_that_the_staff_app_asks_for(server: Server) -> None:
    staff = factories.staff_member(with_user=True, name="Anna Smith")
    after = here()
    appointment = visit(staff)
    was = {
        "start": "2027-03-01T07:00:00Z",
        "end": "2027-03-01T08:00:00Z",
        "status": "CONFIRMED",
        "staff_id": staff.pk,
    }
    tell(fact(appointment), fact(appointment, AppointmentMoved, previous=was))
    (booked, moved) = heard(server, token_of(staff), 2, after=after)
    told = booked["data"]["scheduleEvents"]
    person = {"id": gid(staff), "name": "Anna Smith"}
    assert told.pop("cursor")
    assert told == {
        "type": "BOOKED",
        "occurredAt": "2027-02-01T08:00:00+00:00",
        "appointment": {
            "id": gid(appointment),
            "status": "CONFIRMED",
            "start": "2027-03-01T09:00:00+00:00",
            "end": "2027-03-01T10:00:00+00:00",
            "version": 1,
            "staff": person,
            "service": {"name": appointment.service.name},
            "address": {"postcode": "SW1A 2AA"},
        },
        "previous": None,
    }
    assert moved["data"]["scheduleEvents"]["type"] == "MOVED"
    assert moved["data"]["scheduleEvents"]["previous"] == {
        "start": "2027-03-01T07:00:00+00:00",
        "end": "2027-03-01T08:00:00+00:00",
        "status": "CONFIRMED",
        "staff": person,
    }


def test_fields_beyond_the_usual_are_read_for_whoever_asks_for_them(server: Server) -> None:
    staff = factories.staff_member(with_user=True)
    after = here()
    appointment = visit(staff)
    tell(fact(appointment))
    query = """subscription($after: String) { scheduleEvents(after: $after) {
      appointment { internalNotes service { name category { name } extras { name } } } } }"""
    (booked,) = heard(server, token_of(staff), 1, query, after=after)
    assert booked["data"]["scheduleEvents"]["appointment"] == {
        "internalNotes": "",
        "service": {
            "name": appointment.service.name,
            "category": {"name": appointment.service.category.name},
            "extras": [],
        },
    }


def refused(server: Server, token: str | None, **variables: Any) -> list[str]:
    """The codes that a subscription is refused with."""
    with pytest.raises(Refused) as refusal:
        heard(server, token, 1, SHORT, **variables)
    return refusal.value.codes


def test_who_hears_of_whom(server: Server) -> None:
    people = make_personas()
    after = here()
    mine, other = visit(people.staff), visit(people.other_staff)
    tell(fact(mine), fact(other))
    both, only_mine, only_other = [gid(mine), gid(other)], [gid(mine)], [gid(other)]

    def told(who: str, number: int, **variables: Any) -> list[str]:
        return ids(heard(server, people[who].token, number, SHORT, after=after, **variables))

    assert told("admin", 2) == both
    assert told("admin", 1, staffId=gid(people.other_staff)) == only_other
    assert told("staff", 1) == only_mine
    assert told("staff", 1, staffId=gid(people.staff)) == only_mine
    assert told("other_staff", 1) == only_other
    assert told("manager", 1) == only_mine
    assert told("manager", 1, staffId=gid(people.staff)) == only_mine

    assert refused(server, people["staff"].token, staffId=gid(people.other_staff)) == ["NOT_FOUND"]
    assert refused(server, people["manager"].token, staffId=gid(people.other_staff)) == ["NOT_FOUND"]
    assert refused(server, people["other_manager"].token, staffId=gid(people.staff)) == ["NOT_FOUND"]
    assert refused(server, people["admin"].token, staffId=gid(people.customer)) == ["NOT_FOUND"]
    assert refused(server, people["customer"].token) == ["FORBIDDEN"]
    assert refused(server, None) == ["UNAUTHENTICATED"]


def test_a_visit_that_changes_hands_is_told_to_both(server: Server) -> None:
    before, now = factories.staff_member(with_user=True), factories.staff_member(with_user=True)
    after = here()
    appointment = visit(now)
    was = {"start": "2027-03-01T07:00:00Z", "end": "2027-03-01T08:00:00Z", "status": "CONFIRMED"}
    tell(fact(appointment, AppointmentMoved, previous=was | {"staff_id": before.pk}))
    for person in (before, now):
        (told,) = heard(server, token_of(person), 1, after=after)
        event = told["data"]["scheduleEvents"]
        assert event["appointment"]["staff"]["id"] == gid(now)
        assert event["previous"]["staff"]["id"] == gid(before)


@use_case
def hand_over(appointment: Appointment, to: Staff) -> None:
    move_visits(moves={appointment.pk: Move(staff_id=to.pk)}, actor_id=None, now=NOW)


def test_a_visit_taken_from_somebody_leaves_their_day_live_and_in_the_replay(server: Server) -> None:
    """Both people and their managers hear, whoever manages neither does not."""
    people = make_personas()
    colleague, stranger = people.other_staff, factories.token_for(factories.manager().user)
    people.other_manager.managed_staff.add(colleague)
    appointment, after = visit(people.staff), here()
    hearing = ["staff", "other_staff", "manager", "other_manager", "admin"]
    tokens = [people[name].token for name in hearing]

    async def run() -> list[Any]:
        async with AsyncExitStack() as stack:
            apis = [await stack.enter_async_context(open_socket(server, token)) for token in tokens]
            deaf = await stack.enter_async_context(open_socket(server, stranger))
            names = [await api.subscribe(FEED, after=after) for api in apis]
            quiet = await deaf.subscribe(FEED, after=after)
            await in_thread(hand_over, appointment, colleague)
            told = [await api.next(name) for api, name in zip(apis, names, strict=True)]
            with pytest.raises(TimeoutError):
                await deaf.next(quiet, timeout=1)
            return told

    live = asyncio.run(run())
    replayed = [heard(server, token, 1, after=after)[0] for token in tokens]
    assert live == replayed
    for told in live:
        event = told["data"]["scheduleEvents"]
        assert event["type"] == "MOVED"
        assert event["previous"]["staff"]["id"] == gid(people.staff)
        assert event["appointment"]["staff"]["id"] == gid(colleague)


@pytest.mark.parametrize("cursor", ["", "x", "MS4x=", "MS4", "é", "LTEuMA", "A" * 10_000, "OTk5OTk5OTk5OTk5OTk5OS4w"])
def test_what_is_no_cursor_is_refused(server: Server, cursor: str) -> None:
    admin = factories.token_for(factories.user(Role.ADMIN))
    assert refused(server, admin, after=cursor) == ["INVALID_INPUT"]


def test_after_a_replay_it_stays_live_without_a_seam(server: Server) -> None:
    staff = factories.staff_member(with_user=True)
    first, second = visit(staff), visit(staff, scheduled_date=TUESDAY)
    token = token_of(staff)
    after = here()
    tell(fact(first))

    async def run() -> list[str]:
        async with open_socket(server, token) as api:
            name = await api.subscribe(SHORT, after=after)
            told = [await api.next(name)]
            await asyncio.to_thread(commit)
            told.append(await api.next(name))
            told.append(await api.next(name))
            return ids(told)

    def commit() -> None:
        tell(fact(second))
        tell(fact(first))
        connection.close()

    assert asyncio.run(run()) == [gid(first), gid(second), gid(first)]


def test_without_a_cursor_only_what_comes_is_told(server: Server) -> None:
    staff = factories.staff_member(with_user=True)
    old, new = visit(staff), visit(staff, scheduled_date=TUESDAY)
    tell(fact(old))
    token = token_of(staff)

    async def run() -> list[str]:
        async with open_socket(server, token) as api:
            name = await api.subscribe(SHORT)
            await joined(1)
            await asyncio.to_thread(commit)
            return ids([await api.next(name)])

    def commit() -> None:
        tell(fact(new))
        connection.close()

    assert asyncio.run(run()) == [gid(new)]


def test_equal_subscriptions_cost_the_statements_of_one(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    staff = factories.staff_member(with_user=True)
    managers = [factories.manager() for _ in range(2)]
    for manager in managers:
        manager.managed_staff.add(staff)
    people = [
        *(factories.user(Role.ADMIN) for _ in range(3)),
        *(manager.user for manager in managers),
    ]
    appointment = visit(staff)
    tokens = [*(factories.token_for(person) for person in people), token_of(staff)]
    pages: list[int] = []
    answers: list[object] = []
    read_page, answer = feed.read_page, SharingExecutor._answer

    def counted_page(*args: Any, **kwargs: Any) -> feed.Page:
        with CaptureQueriesContext(connection) as captured:
            page = read_page(*args, **kwargs)
        if page.events:
            pages.append(len(captured))
        return page

    def counted_answer(executor: SharingExecutor, root: Any, audience: Any) -> Any:
        with CaptureQueriesContext(connection) as captured:
            result = answer(executor, root, audience)
        answers.append(len(captured))
        return result

    monkeypatch.setattr(feed, "read_page", counted_page)
    monkeypatch.setattr(SharingExecutor, "_answer", counted_answer)

    async def run() -> set[str]:
        async with AsyncExitStack() as sockets:
            apis = [await sockets.enter_async_context(open_socket(server, token)) for token in tokens]
            names = [await api.subscribe(FEED) for api in apis]
            await joined(len(apis))
            await asyncio.to_thread(commit)
            return {json.dumps(await api.next(name)) for api, name in zip(apis, names, strict=True)}

    def commit() -> None:
        tell(fact(appointment))
        connection.close()

    assert len(asyncio.run(run())) == 1
    assert pages == [3], "the end of the log, its events, their visits"
    assert answers == [0], "one answer for six sockets of three roles, without a statement"
