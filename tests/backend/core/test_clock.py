"""Wall clocks and instants, in zones that change in spring and autumn."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.clock import instant, wall_time_exists

LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # moves its clocks by half an hour


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        (date(2027, 3, 1), time(9), LONDON, datetime(2027, 3, 1, 9, tzinfo=UTC)),
        (date(2027, 7, 1), time(9), LONDON, datetime(2027, 7, 1, 8, tzinfo=UTC)),
        # 28 March 2027: 01:00 GMT becomes 02:00 BST. 01:30 is not there; the first that is, is 02:00.
        (date(2027, 3, 28), time(1, 30), LONDON, datetime(2027, 3, 28, 1, tzinfo=UTC)),
        (date(2027, 3, 28), time(2), LONDON, datetime(2027, 3, 28, 1, tzinfo=UTC)),
        # 31 October 2027: 02:00 BST becomes 01:00 GMT. 01:30 is there twice; the first is in summer time.
        (date(2027, 10, 31), time(1, 30), LONDON, datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
        # 14 March 2027: 02:00 EST becomes 03:00 EDT.
        (date(2027, 3, 14), time(2, 59), NEW_YORK, datetime(2027, 3, 14, 7, tzinfo=UTC)),
        # 3 October 2027: 02:00 (+10:30) becomes 02:30 (+11).
        (date(2027, 10, 3), time(2, 10), LORD_HOWE, datetime(2027, 10, 2, 15, 30, tzinfo=UTC)),
    ],
)
def test_a_wall_time_is_an_instant(day: date, at: time, zone: ZoneInfo, expected: datetime) -> None:
    assert instant(day, at, zone) == expected


def test_times_inside_the_spring_gap_do_not_exist() -> None:
    day = date(2027, 3, 28)
    assert [wall_time_exists(day, at, LONDON) for at in (time(0, 59), time(1), time(1, 59), time(2))] == [
        True,
        False,
        False,
        True,
    ]


@given(
    day=st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    minute=st.integers(0, 24 * 60 - 1),
    zone=st.sampled_from([LONDON, NEW_YORK, LORD_HOWE]),
)
def test_the_instant_is_the_first_that_the_wall_shows_at_or_after_the_time(
    day: date, minute: int, zone: ZoneInfo
) -> None:
    """Against an oracle that walks through the day minute by minute."""
    at = time(minute // 60, minute % 60)
    wanted = datetime.combine(day, at)
    # 30 hours before midnight UTC is before that day anywhere; no zone here is further out.
    walked = datetime.combine(day, time(0), tzinfo=UTC) - timedelta(hours=14)
    # An hour by the wall can only be reached within 40 hours: jump near, then walk.
    while walked.astimezone(zone).replace(tzinfo=None) < wanted - timedelta(hours=3):
        walked += timedelta(minutes=30)
    while walked.astimezone(zone).replace(tzinfo=None) < wanted:
        walked += timedelta(minutes=1)
    assert instant(day, at, zone) == walked
