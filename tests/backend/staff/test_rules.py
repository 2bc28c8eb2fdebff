"""What a week may look like, against an oracle that paints the day minute by minute."""

from datetime import time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import ErrorCode
from backend.staff.rules import (
    Break,
    DayHours,
    DayOfWeek,
    absence_refusals,
    read_breaks,
    stored_breaks,
    week_refusals,
)
from tests.factories.business import NOW

STEPS = st.integers(0, 47).map(lambda step: time(step // 2, step % 2 * 30))
BREAKS = st.lists(st.builds(Break, STEPS, STEPS), max_size=4)
DAYS = st.builds(
    DayHours,
    day_of_week=st.sampled_from(DayOfWeek),
    start=STEPS,
    end=STEPS,
    breaks=BREAKS.map(tuple),
)


def minutes(start: time, end: time) -> set[int]:
    return set(range(start.hour * 60 + start.minute, end.hour * 60 + end.minute))


def is_sound(day: DayHours) -> bool:
    """Paint the working day, then take each break's minutes away: all must still be there, and some there must be."""
    left = minutes(day.start, day.end)
    if not left:
        return False
    for pause in day.breaks:
        painted = minutes(pause.start, pause.end)
        if not painted or not painted <= left:
            return False
        left -= painted
    return True


@given(st.lists(DAYS, max_size=8))
def test_a_week_is_refused_exactly_where_a_day_repeats_or_a_minute_is_worked_or_rested_twice(
    week: list[DayHours],
) -> None:
    once_each = len({day.day_of_week for day in week}) == len(week)
    sound = once_each and all(is_sound(day) for day in week)
    assert (week_refusals(week) == []) == sound


@given(st.lists(DAYS, max_size=8))
def test_each_refusal_names_the_day_that_it_is_about(week: list[DayHours]) -> None:
    for refusal in week_refusals(week):
        assert refusal.field[0] == "hours"
        assert isinstance(refusal.field[1], int)
        day = week[refusal.field[1]]
        if refusal.field[2] == "day_of_week":
            assert day.day_of_week in [other.day_of_week for other in week[: refusal.field[1]]]
        else:
            assert not is_sound(day)
        assert refusal.code in (ErrorCode.INVALID_INPUT, ErrorCode.OUT_OF_RANGE)


def day_with(*breaks: tuple[int, int]) -> DayHours:
    """From nine to five, with breaks from one minute past nine o'clock to another."""
    clock = [(time(9 + low // 60, low % 60), time(9 + high // 60, high % 60)) for low, high in breaks]
    return DayHours(DayOfWeek.MONDAY, time(9), time(17), tuple(Break(low, high) for low, high in clock))


def test_breaks_may_touch_each_other_and_both_ends_of_the_day() -> None:
    assert week_refusals([day_with((0, 30), (30, 60), (60, 90), (450, 480))]) == []
    [refusal] = week_refusals([day_with((0, 31), (30, 60))])
    assert refusal.field == ("hours", 0, "breaks", 1, "start")


def test_a_day_has_ten_breaks_and_no_more() -> None:
    ten = [(30 * number, 30 * number + 15) for number in range(10)]
    assert week_refusals([day_with(*ten)]) == []
    [refusal] = week_refusals([day_with(*ten, (400, 410))])
    assert (refusal.code, refusal.field) == (ErrorCode.OUT_OF_RANGE, ("hours", 0, "breaks"))


def test_an_absence_lasts_a_leap_year_and_not_a_second_more() -> None:
    longest = NOW + timedelta(days=366)
    assert absence_refusals(start=NOW, end=longest, now=NOW) == []
    [refusal] = absence_refusals(start=NOW, end=longest + timedelta(seconds=1), now=NOW)
    assert (refusal.code, refusal.field) == (ErrorCode.OUT_OF_RANGE, ("end",))


@given(BREAKS)
def test_breaks_come_back_from_a_row_in_their_order(breaks: list[Break]) -> None:
    assert read_breaks(stored_breaks(breaks)) == sorted(breaks, key=lambda pause: pause.start)


def test_weekdays_are_numbered_as_dates_number_them() -> None:
    assert [day.number for day in DayOfWeek] == [0, 1, 2, 3, 4, 5, 6]
    assert [DayOfWeek.of(number) for number in range(7)] == list(DayOfWeek)
