"""What a week may look like, against an oracle that paints the day minute by minute."""

from datetime import time

from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import ErrorCode
from backend.staff.rules import Break, DayHours, DayOfWeek, read_breaks, stored_breaks, week_refusals

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


@given(BREAKS)
def test_breaks_come_back_from_a_row_in_their_order(breaks: list[Break]) -> None:
    assert read_breaks(stored_breaks(breaks)) == sorted(breaks, key=lambda pause: pause.start)


def test_weekdays_are_numbered_as_dates_number_them() -> None:
    assert [day.number for day in DayOfWeek] == [0, 1, 2, 3, 4, 5, 6]
    assert [DayOfWeek.of(number) for number in range(7)] == list(DayOfWeek)
