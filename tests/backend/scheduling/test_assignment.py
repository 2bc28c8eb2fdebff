"""Whom to send, of all who could come."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.business import business
from backend.scheduling.queries import workloads
from backend.scheduling.rules import Assignment, Busy, Day, Queue, Workload, days_between
from tests import factories
from tests.factories.business import NOW

MONDAY, TUESDAY, WEDNESDAY = days_between(date(2027, 3, 1), date(2027, 3, 3), ZoneInfo("Europe/London"))
ANNA, BOB, CAT = 1, 2, 3
HOUR = 3600


def person(
    number: int, *hours: tuple[int, int], away: Sequence[tuple[int, int]] = (), last: int | None = None
) -> Workload:
    """Visits and absences as hours from Monday's midnight; `last` is an hour before it."""
    claims = [Busy(MONDAY.start + low * HOUR, MONDAY.start + high * HOUR) for low, high in hours]
    claims += [Busy(MONDAY.start + low * HOUR, MONDAY.start + high * HOUR, is_time_off=True) for low, high in away]
    ended = None if last is None else MONDAY.start - last * HOUR
    return Workload(staff_id=number, staff_name=str(number), busy=sorted(claims), last_visit_end=ended)


def order(
    assignment: Assignment, *people: Workload, day: Day = MONDAY, given: Sequence[tuple[int, int, int]] = ()
) -> list[int]:
    at = datetime.fromtimestamp(MONDAY.start, UTC)
    booked = [(who, at + timedelta(hours=low), at + timedelta(hours=high)) for who, low, high in given]
    return [each.staff_id for each in Queue(people, day=day, assignment=assignment).in_order(booked)]


def test_least_booked_that_day_comes_first_and_ties_go_to_the_lower_id() -> None:
    people = person(CAT, (9, 11)), person(BOB, (9, 10)), person(ANNA, (14, 15))
    assert order(Assignment.LEAST_BOOKED, *people) == [ANNA, BOB, CAT]


def test_other_days_and_absences_are_no_booked_time() -> None:
    people = person(ANNA, (9, 10)), person(BOB, (33, 41), away=[(9, 17)])
    assert order(Assignment.LEAST_BOOKED, *people) == [BOB, ANNA]
    assert order(Assignment.LEAST_BOOKED, *people, day=TUESDAY) == [ANNA, BOB]


def test_in_turn_whoever_had_the_last_visit_longest_ago_comes_first() -> None:
    people = person(ANNA, last=5), person(BOB, last=50), person(CAT, last=20)
    assert order(Assignment.LONGEST_IDLE, *people) == [BOB, CAT, ANNA]


def test_in_turn_whoever_never_had_a_visit_comes_first_of_all() -> None:
    assert order(Assignment.LONGEST_IDLE, person(ANNA, last=10_000), person(CAT), person(BOB)) == [BOB, CAT, ANNA]


def test_in_turn_a_visit_on_a_later_day_keeps_nobody_out_of_work_until_then() -> None:
    people = person(ANNA, (9 + 48, 10 + 48), last=50), person(BOB, last=20)
    assert order(Assignment.LONGEST_IDLE, *people) == [ANNA, BOB]
    assert order(Assignment.LONGEST_IDLE, *people, day=WEDNESDAY) == [BOB, ANNA]


def test_in_turn_a_later_visit_of_the_same_day_counts_and_an_absence_does_not() -> None:
    people = person(ANNA, (16, 17), last=50), person(BOB, away=[(9, 17)], last=20)
    assert order(Assignment.LONGEST_IDLE, *people) == [BOB, ANNA]


@pytest.mark.parametrize("assignment", Assignment)
def test_what_the_plan_gave_somebody_counts_at_once(assignment: Assignment) -> None:
    people = person(ANNA), person(BOB), person(CAT)
    assert order(assignment, *people, given=[(ANNA, 9, 10)]) == [BOB, CAT, ANNA]
    assert order(assignment, *people, given=[(ANNA, 9, 10), (BOB, 9, 10)]) == [CAT, ANNA, BOB]


@pytest.mark.parametrize("assignment", Assignment)
def test_what_the_plan_gave_somebody_on_the_next_day_does_not_count_from_its_first_second_on(
    assignment: Assignment,
) -> None:
    people = person(ANNA), person(BOB)
    assert order(assignment, *people, given=[(ANNA, 23, 24)]) == [BOB, ANNA]
    assert order(assignment, *people, given=[(ANNA, 24, 25)]) == [ANNA, BOB]


spans = st.tuples(st.integers(0, 71), st.integers(1, 4)).map(lambda pair: (pair[0], min(72, pair[0] + pair[1])))
crews = st.lists(
    st.tuples(st.lists(spans, max_size=4), st.lists(spans, max_size=2), st.none() | st.integers(1, 500)), max_size=5
)


@given(
    crew=crews,
    day=st.sampled_from([MONDAY, TUESDAY, WEDNESDAY]),
    assignment=st.sampled_from(Assignment),
    extra=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 23)), max_size=3),
)
def test_the_order_is_that_of_a_slow_and_obvious_count(
    crew: list[tuple[list[tuple[int, int]], list[tuple[int, int]], int | None]],
    day: Day,
    assignment: Assignment,
    extra: list[tuple[int, int]],
) -> None:
    people = [person(number, *visits, away=away, last=last) for number, (visits, away, last) in enumerate(crew)]
    first = (day.start - MONDAY.start) // HOUR
    plan = [(who, first + hour, first + hour + 1) for who, hour in extra if who < len(crew)]

    def hours_of(number: int) -> int:
        mine = [span for span in crew[number][0]] + [(low, high) for who, low, high in plan if who == number]
        return sum(low <= hour < high for hour in range(first, first + 24) for low, high in mine)

    def last_hour_of(number: int) -> float:
        mine = [high for low, high in crew[number][0] if low < first + 24]
        mine += [high for who, low, high in plan if who == number]
        last = crew[number][2]
        return max([*mine, *([] if last is None else [-last])], default=float("-inf"))

    worth = hours_of if assignment is Assignment.LEAST_BOOKED else last_hour_of
    expected = [number for _, number in sorted((worth(number), number) for number in range(len(crew)))]
    assert order(assignment, *people, day=day, given=plan) == expected


@pytest.mark.django_db
def test_the_last_visit_before_the_window_is_found() -> None:
    """Open and completed ones count, cancelled and missed ones don't; the window's own claims are in `busy`."""
    service = factories.service()
    at = datetime(2027, 3, 8, 9, tzinfo=UTC)
    states = ["CONFIRMED", "COMPLETED", "CANCELLED", "NO_SHOW"]
    people = [factories.staff_member(service) for _ in states]
    for who, state in zip(people, states, strict=True):
        visit = factories.confirmed_order(service, staff=who).items.get().appointment
        assert visit is not None
        visit.status = state
        visit.save()
    found = workloads(place=None, service_ids=[service.pk], start=at, end=at + timedelta(hours=1), idle=True, now=NOW)
    free_at = int(datetime(2027, 3, 1, 10, 15, tzinfo=UTC).timestamp())
    assert [each.last_visit_end for each in found] == [free_at, free_at, None, None]
    without = workloads(place=None, service_ids=[service.pk], start=at, end=at + timedelta(hours=1), now=NOW)
    assert [each.last_visit_end for each in without] == [None] * 4


def test_the_least_booked_comes_unless_the_business_says_otherwise() -> None:
    assert business().assignment is Assignment.LEAST_BOOKED
