"""Who takes which visit, when somebody gives all of its visits up."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from backend.geography.rules import Place
from backend.scheduling.rules import Assignment, Busy, Handover, Offer, Takers, Workload, days_between, hand_over

(MONDAY,) = days_between(date(2027, 3, 1), date(2027, 3, 1), ZoneInfo("Europe/London"))
CLEANING, WINDOWS = 1, 2
GONE, ANNA, BOB, CAT = 9, 1, 2, 3
HOUR = 3600


def person(
    number: int,
    *services: int,
    busy: Sequence[tuple[int, int]] = (),
    away: Sequence[tuple[int, int]] = (),
    work: tuple[int, int] = (8, 18),
    active: bool = True,
) -> Workload:
    """Hours of Monday."""
    claims = [Busy(MONDAY.start + low * HOUR, MONDAY.start + high * HOUR) for low, high in busy]
    claims += [Busy(MONDAY.start + low * HOUR, MONDAY.start + high * HOUR, is_time_off=True) for low, high in away]
    return Workload(
        staff_id=number,
        staff_name=str(number),
        is_active=active,
        offers={service: Offer() for service in services or (CLEANING,)},
        work=[(MONDAY.start + work[0] * HOUR, MONDAY.start + work[1] * HOUR)],
        busy=sorted(claims),
    )


def visit(
    number: int, hour: int, service: int = CLEANING, *, hours: int = 1, covering: Sequence[int] = (GONE, ANNA, BOB, CAT)
) -> Handover:
    start = datetime.fromtimestamp(MONDAY.start + hour * HOUR, UTC)
    end = start + timedelta(hours=hours)
    return Handover(
        appointment_id=number,
        service_id=service,
        staff_id=GONE,
        start=start,
        end=end,
        busy_until=end,
        day=MONDAY,
        covering=covering,
    )


def handed(visits: Sequence[Handover], *people: Workload) -> Takers:
    return hand_over(visits, people, assignment=Assignment.LEAST_BOOKED)


def test_each_visit_goes_to_whoever_has_least_booked_counting_what_was_just_given() -> None:
    people = person(ANNA), person(BOB, busy=[(14, 15)]), person(GONE)
    takers = handed([visit(1, 9), visit(2, 11), visit(3, 13)], *people)
    assert (takers.by_visit, takers.reasons) == ({1: ANNA, 2: ANNA, 3: BOB}, {})


def test_who_gives_a_visit_up_never_takes_it_back() -> None:
    assert handed([visit(1, 9)], person(GONE)).reasons == {1: "nobody else offers the service"}


def test_the_reason_is_that_of_whoever_comes_nearest() -> None:
    def reason(*people: Workload, covering: Sequence[int] = (ANNA, BOB)) -> str:
        return handed([visit(1, 9, covering=covering)], person(GONE), *people).reasons[1]

    assert reason(person(ANNA, WINDOWS)) == "nobody else offers the service"
    assert reason(person(ANNA, active=False)) == "nobody else offers the service"
    assert (
        reason(person(ANNA, WINDOWS), person(BOB), covering=(ANNA,)) == "nobody else who offers it serves the address"
    )
    assert reason(person(ANNA, work=(12, 18)), person(BOB, away=[(8, 12)])) == "nobody else who could come works then"
    assert reason(person(ANNA, busy=[(9, 10)]), person(BOB, away=[(8, 12)])) == (
        "everybody else who could come is taken then"
    )


def test_one_visit_that_nobody_takes_keeps_them_all() -> None:
    takers = handed([visit(1, 9), visit(2, 9, WINDOWS)], person(ANNA), person(GONE, CLEANING, WINDOWS))
    assert (takers.by_visit, takers.reasons) == ({}, {2: "nobody else offers the service"})


def test_the_only_person_for_one_visit_is_left_to_it() -> None:
    """By preference Anna would take the cleaning, and nobody would be left for the windows."""
    people = person(ANNA, CLEANING, WINDOWS), person(BOB, busy=[(14, 16)])
    assert handed([visit(1, 9), visit(2, 9, WINDOWS)], *people).by_visit == {1: BOB, 2: ANNA}


def test_more_visits_at_one_time_than_people_all_stay_and_the_one_too_many_says_so() -> None:
    takers = handed([visit(1, 9), visit(2, 9), visit(3, 13)], person(ANNA))
    assert takers.by_visit == {}
    assert takers.reasons == {2: "whoever could come is needed elsewhere then"}


def test_the_way_between_visits_and_a_daily_limit_are_kept() -> None:
    """Two visits an hour apart, five miles from each other: at ten minutes a mile one person has no time for both."""
    south, north = Place("S", 51.5, -0.1), Place("N", 51.5724, -0.1)
    visits = [replace(visit(1, 9), place=south), replace(visit(2, 10), place=north)]
    people = person(ANNA), person(BOB, busy=[(14, 17)])

    def takers(per_mile: int, *crew: Workload) -> Mapping[int, int]:
        found = hand_over(visits, crew, assignment=Assignment.LEAST_BOOKED, minutes_per_mile=Decimal(per_mile))
        return found.by_visit

    assert takers(0, *people) == {1: ANNA, 2: ANNA}
    assert takers(10, *people) == {1: ANNA, 2: BOB}
    assert takers(10, person(ANNA)) == {}
    limited = replace(person(ANNA), max_visits_per_day=1, dates=[(MONDAY.start, MONDAY.end)])
    assert takers(0, limited, people[1]) == {1: ANNA, 2: BOB}


hours = st.integers(8, 16)
crews = st.lists(st.tuples(st.lists(hours, max_size=4, unique=True), st.sets(st.sampled_from([1, 2]))), max_size=3)
asked = st.lists(st.tuples(hours, st.sampled_from([CLEANING, WINDOWS]), st.sets(st.integers(1, 3))), max_size=4)


@given(crew=crews, wanted=asked)
def test_all_are_taken_exactly_when_some_way_of_sharing_them_exists(
    crew: list[tuple[list[int], set[int]]], wanted: list[tuple[int, int, set[int]]]
) -> None:
    """The oracle tries every sharing."""
    people = [
        Workload(
            staff_id=number,
            staff_name="",
            offers={service: Offer() for service in services},
            work=[(MONDAY.start + 8 * HOUR, MONDAY.start + 18 * HOUR)],
            busy=[Busy(MONDAY.start + hour * HOUR, MONDAY.start + (hour + 1) * HOUR) for hour in sorted(busy)],
        )
        for number, (busy, services) in enumerate(crew, start=1)
    ]
    visits = [visit(key, hour, service, covering=list(where)) for key, (hour, service, where) in enumerate(wanted)]

    def fair(who: int, one: tuple[int, int, set[int]]) -> bool:
        hour, service, where = one
        busy, services = crew[who - 1]
        return service in services and hour not in busy and who in where

    def works(sharing: tuple[int, ...]) -> bool:
        slots = [(who, wanted[key][0]) for key, who in enumerate(sharing)]
        return len(set(slots)) == len(slots) and all(fair(who, wanted[key]) for key, who in enumerate(sharing))

    possible = any(works(each) for each in product(range(1, len(crew) + 1), repeat=len(wanted)))
    takers = handed(visits, *people)
    assert bool(takers.reasons) is not possible
    if possible:
        assert works(tuple(takers.by_visit[key] for key in range(len(wanted))))
