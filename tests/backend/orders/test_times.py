"""When an order may ask for, and until when it may be taken back."""

from datetime import UTC, date, datetime, timedelta

import pytest

from backend.core.errors import ErrorCode
from backend.orders.rules import require_in_time, require_orderable_day, require_orderable_time
from tests.refusals import refused

NOW = datetime(2027, 2, 1, 8, tzinfo=UTC)
TODAY = date(2027, 2, 1)
NOTICE, HORIZON = timedelta(hours=2), timedelta(days=180)
FIELD = ("when",)


@pytest.mark.parametrize("days", [0, 1, 180, 181])
def test_a_day_from_today_to_the_horizon_may_hold_a_time_that_is_allowed(days: int) -> None:
    require_orderable_day(TODAY + timedelta(days=days), today=TODAY, horizon=HORIZON, field=FIELD)


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date.min, ErrorCode.IN_THE_PAST),
        (TODAY - timedelta(days=1), ErrorCode.IN_THE_PAST),
        (TODAY + timedelta(days=182), ErrorCode.BEYOND_HORIZON),
        (date.max, ErrorCode.BEYOND_HORIZON),
    ],
)
def test_a_day_that_no_time_could_save_is_refused(day: date, code: ErrorCode) -> None:
    assert refused(require_orderable_day, day, today=TODAY, horizon=HORIZON, field=FIELD) == [(code, "when")]


@pytest.mark.parametrize(
    ("after", "exists", "code"),
    [
        (timedelta(days=1), False, ErrorCode.NONEXISTENT_TIME),
        (timedelta(0), True, ErrorCode.IN_THE_PAST),
        (timedelta(seconds=1), True, ErrorCode.TOO_SOON),
        (NOTICE - timedelta(seconds=1), True, ErrorCode.TOO_SOON),
        (HORIZON + timedelta(seconds=1), True, ErrorCode.BEYOND_HORIZON),
    ],
)
def test_a_time_is_refused_for_the_first_reason_that_holds(after: timedelta, exists: bool, code: ErrorCode) -> None:
    given = {"exists": exists, "now": NOW, "notice": NOTICE, "horizon": HORIZON, "field": FIELD}
    assert refused(require_orderable_time, NOW + after, **given) == [(code, "when")]


@pytest.mark.parametrize("after", [NOTICE, HORIZON])
def test_notice_and_horizon_themselves_are_allowed(after: timedelta) -> None:
    require_orderable_time(NOW + after, exists=True, now=NOW, notice=NOTICE, horizon=HORIZON, field=FIELD)


def test_the_deadline_itself_is_in_time() -> None:
    require_in_time(NOW, now=NOW)
    assert refused(require_in_time, NOW, now=NOW + timedelta(microseconds=1)) == [(ErrorCode.TOO_LATE, "")]
