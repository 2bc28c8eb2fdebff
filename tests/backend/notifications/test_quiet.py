"""When somebody wants to be left alone, and how short messages are counted."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from backend.notifications.rules import QuietHours, segments, shortened, when_heard

LONDON = ZoneInfo("Europe/London")
NIGHT = QuietHours(time(22), time(7))


def at(day: int, hour: int, minute: int = 0, month: int = 2) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "heard"),
    [
        (at(1, 21, 59), at(1, 21, 59)),
        (at(1, 22), at(2, 7)),
        (at(2, 3), at(2, 7)),
        (at(2, 7), at(2, 7)),
        (at(2, 12), at(2, 12)),
    ],
)
def test_over_midnight_it_waits_for_the_morning(told: datetime, heard: datetime) -> None:
    assert when_heard(told, NIGHT, LONDON) == heard


def test_within_a_day_it_waits_for_the_end() -> None:
    nap = QuietHours(time(13), time(15))
    assert when_heard(at(1, 14), nap, LONDON) == at(1, 15)
    assert when_heard(at(1, 15), nap, LONDON) == at(1, 15)


def test_the_wall_counts_not_utc() -> None:
    assert when_heard(at(1, 4), NIGHT, ZoneInfo("America/New_York")) == at(1, 12)
    # The clocks go forward in the night to 28 March: seven o'clock is six in UTC then.
    assert when_heard(at(27, 23, month=3), NIGHT, LONDON) == at(28, 6, month=3)


def test_what_would_come_too_late_comes_at_once() -> None:
    assert when_heard(at(2, 3), NIGHT, LONDON, before=at(2, 7)) == at(2, 3)
    assert when_heard(at(2, 3), NIGHT, LONDON, before=at(2, 7, 1)) == at(2, 7)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("–" * 70, 1),
        ("–" * 71, 2),
        ("–" * 134, 2),
        ("–" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_segments_are_those_that_are_charged(text: str, count: int) -> None:
    assert segments(text) == count


def test_what_no_provider_takes_is_cut() -> None:
    assert shortened("a" * 1600) == "a" * 1600
    assert shortened("a" * 1601) == "a" * 1599 + "…"
