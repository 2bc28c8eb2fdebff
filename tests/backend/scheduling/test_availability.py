"""The search for bookable times, against an oracle that is too slow to be wrong: it asks minute by minute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backend.core import clock
from backend.scheduling.rules import (
    AvailabilityDay,
    Busy,
    Day,
    DayReason,
    Need,
    Offer,
    Window,
    Workload,
    day_of,
    days_between,
    find_slots,
    without_breaks,
    working_spans,
)

LONDON = ZoneInfo("Europe/London")
SPRING = date(2027, 3, 28)
"""01:00 becomes 02:00."""
AUTUMN = date(2027, 10, 31)
"""02:00 becomes 01:00."""
PLAIN = date(2027, 3, 1)
SERVICE = 5


def second(day: date, at: str, zone: ZoneInfo = LONDON) -> int:
    return int(clock.instant(day, time.fromisoformat(at), zone).timestamp())


def shown(found: AvailabilityDay, zone: ZoneInfo = LONDON) -> list[str]:
    """The starts as the wall shows them."""
    return [f"{slot.start.astimezone(zone):%H:%M}" for slot in found.slots]


EVER = Window(0, 2**40)


def person(work: Sequence[tuple[int, int]], busy: Sequence[Busy] = (), **given: Any) -> Workload:
    values: dict[str, Any] = {"staff_id": 1, "staff_name": "Anna", "offers": {SERVICE: Offer()}}
    return Workload(work=work, busy=busy, **values | given)


def need(duration: int = 60, buffer: int = 0, **given: Any) -> Need:
    values: dict[str, Any] = {
        "service_id": SERVICE,
        "duration_minutes": duration,
        "buffer_minutes": buffer,
        "price": Decimal("50.00"),
    }
    return Need(**values | given)


def search(day: date, *people: Workload, what: Need | None = None, window: Window = EVER) -> AvailabilityDay:
    (found,) = find_slots(days_between(day, day, LONDON), people, what or need(), window=window, grid_minutes=15)
    return found


# --- Days -------------------------------------------------------------------------------------------------------------

ZONES = ["Europe/London", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC", "Asia/Kathmandu"]


@given(st.dates(date(2015, 1, 1), date(2030, 12, 31)), st.integers(0, 24 * 60 - 1), st.sampled_from(ZONES))
@example(SPRING, 90, "Europe/London")
@example(AUTUMN, 90, "Europe/London")
@example(date(2018, 11, 4), 30, "America/Sao_Paulo")  # midnight itself does not exist
@example(date(2027, 10, 3), 135, "Australia/Lord_Howe")  # half an hour
def test_a_wall_time_is_the_instant_that_the_clock_says(day: date, minute: int, name: str) -> None:
    zone = ZoneInfo(name)
    expected = clock.instant(day, time(minute // 60, minute % 60), zone)
    assert day_of(day, zone).at(minute) == expected.timestamp()


@given(st.dates(date(2015, 1, 1), date(2030, 12, 31)), st.sampled_from(ZONES))
@example(SPRING, "Europe/London")
@example(date(2018, 11, 3), "America/Sao_Paulo")
def test_a_day_ends_where_the_next_begins(day: date, name: str) -> None:
    zone = ZoneInfo(name)
    assert day_of(day, zone).end == day_of(day + timedelta(days=1), zone).start


@pytest.mark.parametrize(("day", "hours"), [(PLAIN, 24), (SPRING, 23), (AUTUMN, 25)])
def test_the_nights_of_the_clock_change_make_days_of_23_and_25_hours(day: date, hours: int) -> None:
    found = day_of(day, LONDON)
    assert (found.end - found.start, found.is_regular) == (hours * 3600, hours == 24)


@pytest.mark.parametrize("day", [SPRING - timedelta(days=1), SPRING, AUTUMN, AUTUMN + timedelta(days=1)])
def test_nine_o_clock_stays_nine_o_clock(day: date) -> None:
    worker = person([(second(day, "09:00"), second(day, "11:00"))])
    assert shown(search(day, worker)) == ["09:00", "09:15", "09:30", "09:45", "10:00"]


def test_the_hour_that_does_not_exist_holds_no_starts_and_the_night_is_an_hour_shorter() -> None:
    worker = person([(second(SPRING, "00:00"), second(SPRING, "03:00"))])
    assert shown(search(SPRING, worker)) == ["00:00", "00:15", "00:30", "00:45", "02:00"]


def test_the_hour_that_exists_twice_is_offered_once_the_first() -> None:
    worker = person([(second(AUTUMN, "00:30"), second(AUTUMN, "02:30"))])
    found = search(AUTUMN, worker)
    assert shown(found) == ["00:30", "00:45", "01:00", "01:15", "01:30", "01:45"]
    assert found.slots[-1].start == datetime(2027, 10, 31, 0, 45, tzinfo=UTC)


# --- Working hours ----------------------------------------------------------------------------------------------------


def test_breaks_are_taken_out_in_any_order_even_where_they_overlap_or_lie_outside() -> None:
    breaks = [(780, 800), (720, 750), (740, 760), (500, 520), (1010, 1100)]
    assert without_breaks(540, 1020, breaks) == [(540, 720), (760, 780), (800, 1010)]
    assert without_breaks(540, 1020, []) == [(540, 1020)]
    assert without_breaks(540, 1020, [(500, 1100)]) == []


def test_an_exception_replaces_the_week_for_its_date() -> None:
    days = days_between(PLAIN, PLAIN + timedelta(days=2), LONDON)
    exceptions: Mapping[date, list[tuple[int, int]]] = {PLAIN: [], PLAIN + timedelta(days=1): [(600, 660)]}
    spans = working_spans(days, {0: [(540, 1020)], 1: [(540, 1020)], 2: [(540, 1020)]}, exceptions)
    assert spans == [
        (days[1].at(600), days[1].at(660)),
        (days[2].at(540), days[2].at(1020)),
    ]


# --- Slots ------------------------------------------------------------------------------------------------------------


def test_the_buffer_has_to_fit_too_but_is_not_shown_in_the_slot() -> None:
    worker = person([(second(PLAIN, "09:00"), second(PLAIN, "10:30"))])
    found = search(PLAIN, worker, what=need(60, 15))
    assert shown(found) == ["09:00", "09:15"]
    assert found.slots[0].end - found.slots[0].start == timedelta(minutes=60)


def test_own_duration_and_price_hold_with_extras_on_top() -> None:
    hours = [(second(PLAIN, "09:00"), second(PLAIN, "11:00"))]
    worker = person(hours, offers={SERVICE: Offer(Decimal("70.00"), 75)})
    found = search(PLAIN, worker, what=need(60, 0, extra_minutes=30, extra_price=Decimal("15.00")))
    assert shown(found) == ["09:00", "09:15"]
    assert (found.slots[0].end - found.slots[0].start, found.slots[0].price) == (timedelta(minutes=105), Decimal("85"))


def test_starts_lie_on_the_grid_counted_from_midnight() -> None:
    worker = person([(second(PLAIN, "09:07"), second(PLAIN, "10:40"))])
    assert shown(search(PLAIN, worker)) == ["09:15", "09:30"]


def test_slots_come_by_start_and_then_by_staff() -> None:
    hours = [(second(PLAIN, "09:00"), second(PLAIN, "10:15"))]
    found = search(PLAIN, person(hours, staff_id=2), person(hours, staff_id=1))
    assert [(slot.start.hour, slot.start.minute, slot.staff_id) for slot in found.slots] == [
        (9, 0, 1),
        (9, 0, 2),
        (9, 15, 1),
        (9, 15, 2),
    ]


def test_notice_and_horizon_include_their_last_second() -> None:
    worker = person([(second(PLAIN, "09:00"), second(PLAIN, "12:00"))])
    window = Window(second(PLAIN, "09:30"), second(PLAIN, "10:00"))
    assert shown(search(PLAIN, worker, window=window)) == ["09:30", "09:45", "10:00"]


# --- Reasons ----------------------------------------------------------------------------------------------------------

HOURS = [(second(PLAIN, "09:00"), second(PLAIN, "12:00"))]
VISIT = Busy(second(PLAIN, "08:00"), second(PLAIN, "12:00"))
ABSENCE = Busy(second(PLAIN, "08:00"), second(PLAIN, "12:00"), True)
NOON = Window(second(PLAIN, "11:30"), 2**40)
TOO_FAR = Window(0, second(PLAIN, "08:00"))
TOMORROW = Window(second(PLAIN + timedelta(days=1), "00:00"), 2**40)
YESTERDAY = Window(0, second(PLAIN, "00:00") - 1)


@pytest.mark.parametrize(
    ("people", "window", "reason"),
    [
        ([], EVER, DayReason.NO_STAFF_FOR_SERVICE),
        ([person(HOURS, offers={})], EVER, DayReason.NO_STAFF_FOR_SERVICE),
        ([person(HOURS, is_active=False)], EVER, DayReason.NO_STAFF_FOR_SERVICE),
        ([person(HOURS, covers=False)], EVER, DayReason.OUT_OF_AREA),
        ([person([])], EVER, DayReason.NOT_WORKING),
        ([person([(HOURS[0][0], HOURS[0][0] + 3599)])], EVER, DayReason.NOT_WORKING),
        ([person(HOURS, [ABSENCE])], EVER, DayReason.TIME_OFF),
        ([person(HOURS, [VISIT])], EVER, DayReason.FULLY_BOOKED),
        ([person(HOURS, [ABSENCE]), person(HOURS, [VISIT])], EVER, DayReason.FULLY_BOOKED),
        ([person(HOURS, [VISIT]), person([])], EVER, DayReason.FULLY_BOOKED),
        ([person(HOURS, [ABSENCE]), person([])], EVER, DayReason.TIME_OFF),
        ([person(HOURS, covers=False), person([])], EVER, DayReason.NOT_WORKING),
        ([person(HOURS)], NOON, DayReason.TOO_SOON),
        ([person(HOURS)], TOO_FAR, DayReason.BEYOND_HORIZON),
        ([person([])], TOMORROW, DayReason.TOO_SOON),
        ([person([])], YESTERDAY, DayReason.BEYOND_HORIZON),
    ],
)
def test_a_day_without_slots_says_why(people: list[Workload], window: Window, reason: DayReason) -> None:
    found = search(PLAIN, *people, window=window)
    assert (found.slots, found.reason) == ((), reason)


def test_a_day_with_slots_gives_no_reason() -> None:
    assert search(PLAIN, person(HOURS), person(HOURS, [VISIT])).reason is None


# --- Everything at once, against the oracle ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A made-up business over a few days."""

    first: date
    days: int
    people: list[Workload]
    what: Need
    window: Window
    grid: int
    zone: ZoneInfo = LONDON

    @property
    def dates(self) -> list[Day]:
        """On the wall of the zone."""
        return days_between(self.first, self.first + timedelta(days=self.days - 1), self.zone)


NEW_YORK, LORD_HOWE = ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")
NIGHTS = [
    (PLAIN, LONDON),
    (SPRING, LONDON),
    (AUTUMN, LONDON),
    (date(2027, 3, 14), NEW_YORK),
    (date(2027, 11, 7), NEW_YORK),
    (date(2027, 4, 4), LORD_HOWE),  # half an hour back
    (date(2027, 10, 3), LORD_HOWE),  # half an hour forward
]
"""A plain day, and the nights on which clocks change."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    night, zone = draw(st.sampled_from(NIGHTS))
    first = night - timedelta(days=draw(st.integers(0, 1)))
    count = draw(st.integers(1, 3))
    days = days_between(first, first + timedelta(days=count - 1), zone)
    people = [draw(_person(days, number)) for number in range(1, draw(st.integers(1, 3)) + 1)]
    what = need(draw(st.integers(1, 150)), draw(st.integers(0, 40)), extra_minutes=draw(st.sampled_from([0, 0, 20])))
    earliest = days[0].start + draw(st.integers(-600, 1500)) * 60
    latest = earliest + draw(st.integers(0, 4000)) * 60
    return Case(first, count, people, what, Window(earliest, latest), draw(st.sampled_from([5, 15, 20, 45, 60])), zone)


@st.composite
def _person(draw: st.DrawFn, days: list[Day], number: int) -> Workload:
    minutes = st.integers(0, 24 * 60 - 1)
    work: list[tuple[int, int]] = []
    for day in days:
        edges = sorted(draw(st.lists(minutes, max_size=4, unique=True)))
        pairs = zip(edges[::2], edges[1::2], strict=False)
        work += [(day.at(low), day.at(high)) for low, high in pairs if day.at(low) < day.at(high)]
    edges = sorted(draw(st.lists(st.integers(-200, len(days) * 1500), max_size=10, unique=True)))
    busy = [
        Busy(days[0].start + low * 60, days[0].start + high * 60, draw(st.booleans()))
        for low, high in zip(edges[::2], edges[1::2], strict=False)
    ]
    own = draw(st.sampled_from([None, None, 30, 100]))
    return Workload(
        staff_id=number,
        staff_name=f"Staff {number}",
        is_active=draw(st.sampled_from([True, True, True, False])),
        covers=draw(st.sampled_from([True, True, True, False])),
        offers=draw(st.sampled_from([{SERVICE: Offer(None, own)}, {SERVICE: Offer(None, own)}, {}])),
        work=work,
        busy=busy,
    )


def oracle(case: Case, day: date) -> tuple[list[tuple[datetime, int]], DayReason | None]:
    """Try every minute of the wall's day with everybody, and look at every minute of the visit."""
    able = [each for each in case.people if each.is_active and SERVICE in each.offers]
    if not able:
        return [], DayReason.NO_STAFF_FOR_SERVICE
    near = [each for each in able if each.covers]
    if not near:
        return [], DayReason.OUT_OF_AREA
    starts = sorted(
        {
            clock.instant(day, time(minute // 60, minute % 60), case.zone)
            for minute in range(24 * 60)
            if minute % case.grid == 0
        }
    )
    bookable = [start for start in starts if case.window.earliest <= start.timestamp() <= case.window.latest]
    if starts[-1].timestamp() < case.window.earliest:
        return [], DayReason.TOO_SOON
    if starts[0].timestamp() > case.window.latest:
        return [], DayReason.BEYOND_HORIZON

    slots = [(start, each.staff_id) for start in bookable for each in near if _fits(case, start, each)]
    return (slots, None) if slots else ([], max(_obstacle(case, starts, bookable, each) for each in near)[1])


def _fits(case: Case, start: datetime, worker: Workload, *, visits: bool = True, absences: bool = True) -> bool:
    own = worker.offers[SERVICE].duration_override_minutes
    length = (own or case.what.duration_minutes) + case.what.extra_minutes + case.what.buffer_minutes
    claims = [claim for claim in worker.busy if (absences if claim.is_time_off else visits)]
    begin = int(start.timestamp())
    minutes = range(begin, begin + length * 60, 60)
    stretches = [low <= begin and begin + length * 60 <= high for low, high in worker.work]
    return any(stretches) and not any(c.start <= each < c.end for c in claims for each in minutes)


def _obstacle(case: Case, starts: list[datetime], bookable: list[datetime], worker: Workload) -> tuple[int, DayReason]:
    hours = [start for start in starts if _fits(case, start, worker, visits=False, absences=False)]
    in_time = [start for start in hours if start in bookable]
    if not hours:
        return 0, DayReason.NOT_WORKING
    if not in_time:
        late = hours[-1].timestamp() > case.window.latest
        return (2, DayReason.BEYOND_HORIZON) if late else (1, DayReason.TOO_SOON)
    if not any(_fits(case, start, worker, visits=False) for start in in_time):
        return 3, DayReason.TIME_OFF
    return 4, DayReason.FULLY_BOOKED


@settings(max_examples=150, deadline=None)
@given(cases())
def test_the_search_finds_what_the_oracle_finds_and_gives_its_reasons(case: Case) -> None:
    found = find_slots(case.dates, case.people, case.what, window=case.window, grid_minutes=case.grid)
    assert [day.date for day in found] == [case.first + timedelta(days=number) for number in range(case.days)]
    for day in found:
        expected = oracle(case, day.date)
        assert ([(slot.start, slot.staff_id) for slot in day.slots], day.reason) == expected
