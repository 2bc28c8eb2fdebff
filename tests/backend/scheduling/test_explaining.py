"""Why a time is not offered: the long answer, and that it is the search's own."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.scheduling.rules import (
    AvailabilityDay,
    Busy,
    ExplainedDay,
    Offer,
    SlotReason,
    Window,
    Workload,
    days_between,
    explain_slots,
    find_slots,
    in_general,
)
from tests.backend.scheduling.test_availability import (
    EVER,
    LONDON,
    PLAIN,
    SERVICE,
    Case,
    cases,
    need,
    person,
    second,
)

CLAIM_REASONS = {each for each in SlotReason if each.in_general is not each}


@st.composite
def crowded(draw: st.DrawFn) -> Case:
    """A made-up business whose claims have ids; some are holds or far away, and some people have daily limits."""
    case = draw(cases())
    days = case.dates
    people = []
    for each in case.people:
        busy = [
            claim._replace(
                claim_id=number,
                is_hold=not claim.is_time_off and draw(st.booleans()),
                travel=0 if claim.is_time_off else 60 * draw(st.sampled_from([0, 0, 7, 40])),
            )
            for number, claim in enumerate(each.busy, start=100 * each.staff_id)
        ]
        limit = draw(st.sampled_from([None, None, 1, 2]))
        dates = [(day.start, day.end) for day in days]
        people.append(replace(each, busy=busy, max_visits_per_day=limit, dates=dates))
    return replace(case, people=people)


def both(case: Case) -> tuple[list[AvailabilityDay], list[ExplainedDay]]:
    days = case.dates
    return (
        find_slots(days, case.people, case.what, window=case.window, grid_minutes=case.grid),
        explain_slots(days, case.people, case.what, window=case.window, grid_minutes=case.grid),
    )


@settings(max_examples=150, deadline=None)
@given(crowded())
def test_a_time_is_offered_exactly_when_it_has_no_reason(case: Case) -> None:
    offered, explained = both(case)
    assert [day.date for day in explained] == [day.date for day in offered]
    for short, long in zip(offered, explained, strict=True):
        free = [candidate.start for candidate in long.candidates if not candidate.obstacles]
        assert free == sorted({slot.start for slot in short.slots})


@settings(max_examples=100, deadline=None)
@given(crowded(), st.data())
def test_without_the_named_blockers_of_a_person_the_time_appears(case: Case, data: st.DataObject) -> None:
    """And with any one of several reasons left, it does not."""
    _, explained = both(case)
    blocked = [
        (candidate, obstacle.staff_id)
        for day in explained
        for candidate in day.candidates
        for obstacle in candidate.obstacles
        if obstacle.blockers
        and {each.reason for each in candidate.obstacles if each.staff_id == obstacle.staff_id} <= CLAIM_REASONS
    ]
    if not blocked:
        return
    candidate, staff_id = data.draw(st.sampled_from(blocked))
    mine = [each for each in candidate.obstacles if each.staff_id == staff_id]
    named = {claim.claim_id for each in mine for claim in each.blockers}

    def offered_without(ids: set[int]) -> bool:
        people = [
            replace(each, busy=[claim for claim in each.busy if claim.claim_id not in ids])
            for each in case.people
            if each.staff_id == staff_id
        ]
        days, _ = both(replace(case, people=people))
        return candidate.start in {slot.start for day in days for slot in day.slots}

    assert offered_without(named)
    direct = {claim.claim_id for each in mine if each.reason != SlotReason.DAILY_LIMIT for claim in each.blockers}
    for kept in direct:
        assert not offered_without(named - {kept})


def test_everything_in_the_way_is_named_with_what_takes_the_time() -> None:
    nine, ten = second(PLAIN, "09:00"), second(PLAIN, "10:00")
    hour = 3600
    visit = Busy(ten, ten + hour, claim_id=1, travel=1800)
    absence = Busy(ten + hour, ten + 2 * hour, is_time_off=True, claim_id=2)
    held = Busy(ten + 3 * hour, ten + 4 * hour, is_hold=True, claim_id=3)
    anna = person([(nine, ten + 4 * hour)], [visit, absence, held], max_visits_per_day=2)
    days = days_between(PLAIN, PLAIN, LONDON)
    (day,) = explain_slots(days, [anna], need(60), window=Window(nine + hour, 2**40), grid_minutes=60)
    told = {
        f"{each.start:%H:%M}": {one.reason.value: [claim.claim_id for claim in one.blockers] for one in each.obstacles}
        for each in day.candidates
    }
    assert told["08:00"] == {"TOO_SOON": [], "NOT_WORKING": [], "DAILY_LIMIT": [1, 3]}
    assert told["09:00"] == {"TOO_SOON": [], "TRAVEL_TIME": [1], "DAILY_LIMIT": [1, 3]}
    assert told["10:00"] == {"BOOKED": [1], "DAILY_LIMIT": [1, 3]}
    assert told["11:00"] == {"TRAVEL_TIME": [1], "TIME_OFF": [2], "DAILY_LIMIT": [1, 3]}
    assert told["13:00"] == {"HELD": [3], "DAILY_LIMIT": [1, 3]}
    assert told["14:00"] == {"NOT_WORKING": [], "DAILY_LIMIT": [1, 3]}
    assert len(told) == 24


@pytest.mark.parametrize(
    ("people", "reasons"),
    [
        ([], [(SlotReason.NO_STAFF_FOR_SERVICE, None)]),
        ([person([], offers={})], [(SlotReason.NO_STAFF_FOR_SERVICE, None)]),
        ([person([], covers=False)], [(SlotReason.OUT_OF_AREA, 1)]),
        ([person([], covers=False), person([], staff_id=2)], [(SlotReason.NOT_WORKING, 2)]),
    ],
)
def test_where_nobody_could_come_at_all_every_time_says_so(
    people: list[Workload], reasons: list[tuple[SlotReason, int | None]]
) -> None:
    (day,) = explain_slots(days_between(PLAIN, PLAIN, LONDON), people, need(), window=EVER, grid_minutes=15)
    assert len(day.candidates) == 96
    assert all([(each.reason, each.staff_id) for each in one.obstacles] == reasons for one in day.candidates)


def test_in_general_nobody_is_meant_and_nothing_is_named() -> None:
    work = [(second(PLAIN, "09:00"), second(PLAIN, "12:00"))]
    busy = [Busy(work[0][0], work[0][1], claim_id=1)]
    away = [Busy(work[0][0], work[0][1], is_time_off=True, claim_id=2)]
    people = [person(work, busy), person(work, away, staff_id=2), person([], staff_id=3, offers={SERVICE: Offer()})]
    (day,) = explain_slots(days_between(PLAIN, PLAIN, LONDON), people, need(), window=EVER, grid_minutes=60)
    told = in_general(day.candidates[9].obstacles)
    assert [(each.reason, each.staff_id, list(each.blockers)) for each in told] == [
        (SlotReason.NOT_WORKING, None, []),
        (SlotReason.FULLY_BOOKED, None, []),
    ]
