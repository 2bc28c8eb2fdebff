"""In which order other times are offered."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from backend.scheduling.rules import Day, Option, Wanted, days_between, rank_alternatives

SUNDAY, MONDAY, TUESDAY, WEDNESDAY = days_between(date(2027, 2, 28), date(2027, 3, 3), ZoneInfo("Europe/London"))
ANNA, BEA, CLEO = 1, 2, 3


def option(clock: str, staff_id: int | None = ANNA, day: Day = MONDAY) -> Option:
    hours, minutes = map(int, clock.split(":"))
    start = datetime(day.date.year, day.date.month, day.date.day, hours, minutes, tzinfo=UTC)
    return Option(start, day, staff_id)


def ranked(found: Iterable[Option], wanted: Option, at_most: int | None = 5) -> list[Option]:
    return rank_alternatives(
        found, Wanted(wanted.start, wanted.day, wanted.staff_id), of=lambda each: each, at_most=at_most
    )


def test_the_wanted_person_that_day_comes_before_others_that_day_before_the_next_days() -> None:
    anna_late, bea, tuesday = option("16:00"), option("09:15", BEA), option("09:00", day=TUESDAY)
    assert ranked([tuesday, bea, anna_late], option("09:00")) == [anna_late, bea, tuesday]


def test_within_a_day_the_nearest_comes_first_and_the_earlier_of_two_as_near() -> None:
    found = [option(clock) for clock in ("08:00", "11:00", "09:45", "10:15")]
    assert ranked(found, option("10:00")) == [option(clock) for clock in ("09:45", "10:15", "11:00", "08:00")]


def test_on_the_next_days_the_wanted_time_of_day_counts_and_days_before_come_last() -> None:
    found = [option("14:00", day=day) for day in (SUNDAY, WEDNESDAY, TUESDAY)] + [option("09:00", day=TUESDAY)]
    assert ranked(found, option("09:15")) == [
        option("09:00", day=TUESDAY),
        option("14:00", day=TUESDAY),
        option("14:00", day=WEDNESDAY),
        option("14:00", day=SUNDAY),
    ]


def test_each_start_is_offered_once_with_the_wanted_person_or_the_lowest_id() -> None:
    tuesday = [option("09:00", staff_id, TUESDAY) for staff_id in (CLEO, BEA, ANNA)]
    assert ranked(tuesday, option("09:00", BEA)) == [option("09:00", BEA, TUESDAY)]
    assert ranked(tuesday, option("09:00", None)) == [option("09:00", ANNA, TUESDAY)]


def test_where_nobody_was_wanted_everybody_that_day_is_alike() -> None:
    found = [option("12:00", ANNA), option("09:30", CLEO), option("10:00", BEA)]
    assert ranked(found, option("09:00", None)) == [found[1], found[2], found[0]]


def test_no_more_than_five_are_offered() -> None:
    found = [option(f"{hour:02}:00") for hour in range(8, 18)]
    assert len(ranked(found, option("12:00"))) == 5
    assert len(ranked(found, option("12:00"), at_most=None)) == 10


options = st.builds(
    option,
    st.builds("{:02}:{:02}".format, st.integers(8, 17), st.sampled_from([0, 15, 30, 45])),
    st.sampled_from([ANNA, BEA, CLEO]),
    st.sampled_from([SUNDAY, MONDAY, TUESDAY, WEDNESDAY]),
)


def is_better(one: Option, other: Option, wanted: Option) -> bool:
    """The order of preference, told one question at a time."""

    def same_person_same_day(each: Option) -> bool:
        return each.day == wanted.day and each.staff_id == wanted.staff_id

    def distance(each: Option) -> timedelta:
        return abs((each.start - wanted.start) - (each.day.date - wanted.day.date))

    for preferred in (
        same_person_same_day,
        lambda each: each.day == wanted.day,
        lambda each: each.day.date > wanted.day.date,
    ):
        if preferred(one) != preferred(other):
            return preferred(one)
    if one.day != other.day:
        return abs(one.day.date - wanted.day.date) < abs(other.day.date - wanted.day.date)
    if distance(one) != distance(other):
        return distance(one) < distance(other)
    return one.start < other.start


@given(found=st.lists(options, max_size=12), wanted=options)
def test_nothing_better_is_ever_left_behind(found: list[Option], wanted: Option) -> None:
    offered = ranked(found, wanted)
    assert len({each.start for each in offered}) == len(offered) == min(5, len({each.start for each in found}))
    assert set(offered) <= set(found)
    left = [each for each in found if each.start not in {other.start for other in offered}]
    assert not any(is_better(each, offered[-1], wanted) for each in left)
    assert not any(is_better(later, earlier, wanted) for earlier, later in pairwise(offered))
