"""Who comes when."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from time import monotonic
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import ErrorCode, Refusal, Refusals
from backend.orders.rules import Board, PlanItem, PlannedVisit, find_alternatives, plan_visits
from backend.scheduling.rules import (
    Busy,
    Day,
    Need,
    Offer,
    Option,
    Wanted,
    Workload,
    days_between,
    rank_alternatives,
)
from tests.refusals import refused

MONDAY, TUESDAY = days_between(date(2027, 3, 1), date(2027, 3, 2), ZoneInfo("Europe/London"))
CLEANING, WINDOWS = 1, 2
ANNA, BOB, CAT = 1, 2, 3


def at(clock: str, day: Day = MONDAY) -> datetime:
    return datetime.combine(day.date, datetime.strptime(clock, "%H:%M").replace(tzinfo=UTC).time(), tzinfo=UTC)


def seconds(clock: str, day: Day = MONDAY) -> int:
    return int(at(clock, day).timestamp())


def person(
    number: int,
    *services: int,
    busy: Sequence[tuple[str, str]] = (),
    away: Sequence[tuple[str, str]] = (),
    minutes: int | None = None,
    covers: bool = True,
    active: bool = True,
) -> Workload:
    """Works 09:00 to 17:00 on both days."""
    claims = [Busy(seconds(low), seconds(high)) for low, high in busy]
    claims += [Busy(seconds(low), seconds(high), is_time_off=True) for low, high in away]
    return Workload(
        staff_id=number,
        staff_name={ANNA: "Anna", BOB: "Bob", CAT: "Cat"}[number],
        is_active=active,
        covers=covers,
        offers={each: Offer(duration_override_minutes=minutes) for each in services or (CLEANING,)},
        work=[(seconds("09:00", day), seconds("17:00", day)) for day in (MONDAY, TUESDAY)],
        busy=sorted(claims),
    )


def items(*wanted: tuple[int, int | None], quantity: int = 1) -> list[PlanItem]:
    """Of 60 minutes with 15 of buffer: (service, member of staff or None)."""
    return [
        PlanItem(
            position=position,
            need=Need(
                service_id=service,
                duration_minutes=60,
                price=Decimal("50.00"),
                buffer_minutes=15,
                quantity=quantity,
            ),
            staff_id=staff,
        )
        for position, (service, staff) in enumerate(wanted)
    ]


def board(*people: Workload, outside_hours: bool = False) -> Board:
    return Board(workloads={each.staff_id: each for each in people}, outside_hours=outside_hours)


def plan(wanted: list[PlanItem], on: Board, start: str = "09:00") -> list[tuple[int, str, str]]:
    visits = plan_visits(wanted, on, start=at(start), day=MONDAY)
    return [(visit.staff_id, f"{visit.start:%H:%M}", f"{visit.end:%H:%M}") for visit in visits]


def refusals(wanted: list[PlanItem], on: Board, start: str = "09:00") -> list[tuple[ErrorCode, str]]:
    return refused(plan_visits, wanted, on, start=at(start), day=MONDAY)


def test_items_of_one_member_follow_each_other_with_the_buffer_between() -> None:
    assert plan(items((CLEANING, ANNA), (CLEANING, ANNA)), board(person(ANNA))) == [
        (ANNA, "09:00", "10:00"),
        (ANNA, "10:15", "11:15"),
    ]


def test_different_members_work_side_by_side() -> None:
    assert plan(items((CLEANING, ANNA), (CLEANING, BOB)), board(person(ANNA), person(BOB))) == [
        (ANNA, "09:00", "10:00"),
        (BOB, "09:00", "10:00"),
    ]


def test_an_open_item_goes_to_whoever_has_least_booked_that_day() -> None:
    on = board(person(ANNA, busy=[("14:00", "16:00")]), person(BOB, busy=[("14:00", "15:00")]))
    assert plan(items((CLEANING, None)), on) == [(BOB, "09:00", "10:00")]


def test_ties_go_to_the_lowest_id() -> None:
    assert plan(items((CLEANING, None)), board(person(BOB), person(ANNA))) == [(ANNA, "09:00", "10:00")]


def test_time_off_is_not_work_that_counts() -> None:
    on = board(person(ANNA, away=[("14:00", "17:00")]), person(BOB, busy=[("14:00", "14:30")]))
    assert plan(items((CLEANING, None)), on) == [(ANNA, "09:00", "10:00")]


def test_what_the_order_has_given_somebody_counts_as_booked() -> None:
    assert plan(items((CLEANING, None), (CLEANING, None)), board(person(ANNA), person(BOB))) == [
        (ANNA, "09:00", "10:00"),
        (BOB, "09:00", "10:00"),
    ]


def test_quantity_and_the_persons_own_pace_make_the_length() -> None:
    assert plan(items((CLEANING, ANNA), quantity=2), board(person(ANNA, minutes=90))) == [(ANNA, "09:00", "12:00")]


def test_an_open_item_leaves_the_only_qualified_person_to_the_item_that_needs_it() -> None:
    """Giving the first item to Anna, who is first by preference, would leave nobody for the second."""
    on = board(
        person(ANNA, CLEANING, WINDOWS, busy=[("10:15", "17:00")]), person(BOB, CLEANING, busy=[("12:00", "19:00")])
    )
    assert plan(items((CLEANING, None), (WINDOWS, None)), on) == [(BOB, "09:00", "10:00"), (ANNA, "09:00", "10:00")]


def test_the_buffer_must_be_free_but_may_lie_after_work() -> None:
    assert plan(items((CLEANING, ANNA)), board(person(ANNA)), "16:00") == [(ANNA, "16:00", "17:00")]
    taken = board(person(ANNA, busy=[("10:10", "11:00")]))
    assert refusals(items((CLEANING, ANNA)), taken) == [(ErrorCode.SLOT_TAKEN, "items.0")]
    assert plan(items((CLEANING, ANNA)), board(person(ANNA, busy=[("10:15", "11:00")]))) == [(ANNA, "09:00", "10:00")]


def test_outside_hours_only_where_it_is_allowed_and_never_over_claims() -> None:
    wanted = items((CLEANING, ANNA))
    assert refusals(wanted, board(person(ANNA)), "16:30") == [(ErrorCode.NOT_WORKING, "items.0")]
    assert plan(wanted, board(person(ANNA), outside_hours=True), "16:30") == [(ANNA, "16:30", "17:30")]
    taken = board(person(ANNA, busy=[("17:00", "18:00")]), outside_hours=True)
    assert refusals(wanted, taken, "16:30") == [(ErrorCode.SLOT_TAKEN, "items.0")]
    away = board(person(ANNA, away=[("17:00", "18:00")]), outside_hours=True)
    assert refusals(wanted, away, "16:30") == [(ErrorCode.NOT_WORKING, "items.0")]


@pytest.mark.parametrize(
    ("someone", "code"),
    [
        (person(ANNA, WINDOWS), ErrorCode.STAFF_NOT_QUALIFIED),
        (person(ANNA, active=False), ErrorCode.STAFF_NOT_QUALIFIED),
        (person(ANNA, covers=False), ErrorCode.OUT_OF_AREA),
        (person(ANNA, busy=[("08:00", "09:01")]), ErrorCode.SLOT_TAKEN),
        (person(ANNA, away=[("08:00", "18:00")]), ErrorCode.NOT_WORKING),
    ],
)
def test_a_named_person_who_cannot_come_is_told_and_an_open_item_passes_it_by(
    someone: Workload, code: ErrorCode
) -> None:
    on = board(someone, person(BOB, busy=[("11:00", "16:00")]))
    assert refusals(items((CLEANING, ANNA)), on) == [(code, "items.0")]
    assert plan(items((CLEANING, None)), on) == [(BOB, "09:00", "10:00")]


def test_each_item_that_cannot_be_placed_says_why() -> None:
    on = board(person(ANNA, busy=[("09:30", "10:00")]), person(BOB, busy=[("09:00", "17:00")]), person(CAT, WINDOWS))
    assert refusals(items((CLEANING, ANNA), (WINDOWS, CAT), (CLEANING, None)), on) == [
        (ErrorCode.SLOT_TAKEN, "items.0"),
        (ErrorCode.NO_STAFF_AVAILABLE, "items.2"),
    ]


def test_alternatives_come_from_the_same_day_first_nearest_first() -> None:
    on = board(person(ANNA, busy=[("09:00", "10:00"), ("11:15", "17:00")]))
    starts = [(at(clock, day), day) for day in (TUESDAY, MONDAY) for clock in ("09:00", "09:15", "10:00", "10:30")]
    wanted = Wanted(at("09:00"), MONDAY)
    ranked = rank_alternatives(starts, wanted, of=lambda each: Option(*each), at_most=None)
    found = find_alternatives(items((CLEANING, ANNA)), on, starts=ranked, at_most=3)
    assert [(each.start, each.end, each.staff_name) for each in found] == [
        (at("10:00"), at("11:00"), "Anna"),
        (at("09:00", TUESDAY), at("10:00", TUESDAY), "Anna"),
        (at("09:15", TUESDAY), at("10:15", TUESDAY), "Anna"),
    ]


def test_an_alternative_lasts_until_the_last_visit_ends() -> None:
    wanted = items((CLEANING, ANNA), (CLEANING, ANNA))
    [found] = find_alternatives(wanted, board(person(ANNA)), starts=[(at("10:00"), MONDAY)], at_most=5)
    assert (found.start, found.end) == (at("10:00"), at("12:15"))


def test_an_item_that_nobody_does_ends_the_search_for_other_times_at_once() -> None:
    def starts() -> Iterator[tuple[datetime, Day]]:
        raise AssertionError("no start should be looked at")
        yield at("09:00"), MONDAY

    assert find_alternatives(items((WINDOWS, None)), board(person(ANNA)), starts=starts(), at_most=5) == []


def test_a_knot_that_nobody_can_untie_is_given_up_in_good_time() -> None:
    """Three people have time for six items each; twenty can be dealt to them in millions of ways, and none works."""
    people = [person(number) for number in (ANNA, BOB, CAT)]
    starts = [(at("09:00"), MONDAY)] * 500
    began = monotonic()
    assert find_alternatives(items(*[(CLEANING, None)] * 20), board(*people), starts=starts, at_most=5) == []
    assert monotonic() - began < 5


claims = st.lists(st.tuples(st.integers(0, 47), st.integers(1, 8)), max_size=4)


@given(
    claims=st.lists(claims, min_size=2, max_size=2),
    wanted=st.lists(st.sampled_from([None, ANNA, BOB]), min_size=1, max_size=3),
)
def test_a_plan_exists_exactly_where_trying_every_assignment_finds_one(
    claims: list[list[tuple[int, int]]], wanted: list[int | None]
) -> None:
    """Against an oracle that tries everybody for every item."""
    people = []
    for number, own in zip((ANNA, BOB), claims, strict=True):
        base = seconds("09:00")
        busy = sorted(Busy(base + low * 600, base + (low + length) * 600) for low, length in own)
        people.append(
            Workload(
                staff_id=number, staff_name="", offers={CLEANING: Offer()}, busy=busy, work=[(base, base + 8 * 3600)]
            )
        )
    on, cart = board(*people), items(*[(CLEANING, staff) for staff in wanted])
    try:
        visits: list[PlannedVisit] | None = plan_visits(cart, on, start=at("09:00"), day=MONDAY)
    except (Refusal, Refusals):
        visits = None
    assert (visits is not None) == _some_assignment_works(people, wanted)
    for number, visit in enumerate(visits or []):
        mine = on.workloads[visit.staff_id]
        assert wanted[number] in (None, visit.staff_id)
        assert mine.is_free(visit.start, visit.busy_until)


def _some_assignment_works(people: list[Workload], wanted: list[int | None]) -> bool:
    for chosen in product(people, repeat=len(wanted)):
        free_from = {each.staff_id: at("09:00") for each in people}
        for each, named in zip(chosen, wanted, strict=True):
            start = free_from[each.staff_id]
            end = start + timedelta(minutes=60)
            if named not in (None, each.staff_id) or not each.works_through(start, end):
                break
            if not each.is_free(start, end + timedelta(minutes=15)):
                break
            free_from[each.staff_id] = end + timedelta(minutes=15)
        else:
            return True
    return False
