"""Which backups are kept."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.core.backups.rules import Keep, chosen_to_keep

DAY = timedelta(days=1)
START = datetime(2026, 1, 1, 3, tzinfo=UTC)


def test_a_year_of_daily_backups_leaves_days_weeks_and_months() -> None:
    taken = [START + DAY * number for number in range(365)]  # to 31 December 2026, a Thursday
    kept = sorted(chosen_to_keep(taken, Keep(days=3, weeks=2, months=4)))
    assert [f"{at:%m-%d}" for at in kept] == ["09-30", "10-31", "11-30", "12-27", "12-29", "12-30", "12-31"]


def test_of_two_in_one_day_the_newer_stays() -> None:
    morning, evening = START, START + timedelta(hours=12)
    assert chosen_to_keep([morning, evening], Keep(days=1, weeks=1, months=1)) == {evening}


@given(
    st.lists(st.integers(0, 3_000).map(lambda days: START + DAY * days), min_size=1),
    st.integers(0, 5),
)
def test_the_newest_is_never_thrown_away_and_nothing_is_made_up(taken: list[datetime], count: int) -> None:
    kept = chosen_to_keep(taken, Keep(count, count, count))
    assert max(taken) in kept
    assert kept <= set(taken)
    assert len(kept) <= max(1, 3 * count)
