"""What may be asked of a plan: the edges of each rule, and both sides of them."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest

from backend.core.errors import ErrorCode
from backend.scheduling.rules import AppointmentStatus
from backend.subscriptions.rules.terms import (
    may_skip,
    price_of,
    require_in_time,
    require_months,
    require_not_begun,
    require_on_grid,
    require_resume_date,
    require_start,
    subtotal_of,
)
from tests.factories.business import NOW
from tests.refusals import refused

TODAY, HORIZON, SECOND = date(2027, 2, 1), timedelta(days=180), timedelta(seconds=1)
FIELD = ("when",)


def test_a_plan_runs_for_one_to_twelve_months() -> None:
    for months in (1, 12):
        require_months(months, field=FIELD)
    for months in (0, 13):
        assert refused(require_months, months, field=FIELD) == [(ErrorCode.OUT_OF_RANGE, "when")]


def test_a_plan_begins_between_today_and_the_last_day_that_is_booked() -> None:
    for days in (0, 180):
        require_start(TODAY + timedelta(days=days), today=TODAY, horizon=HORIZON, field=FIELD)
    for days, code in ((-1, ErrorCode.IN_THE_PAST), (181, ErrorCode.BEYOND_HORIZON)):
        start = TODAY + timedelta(days=days)
        assert refused(require_start, start, today=TODAY, horizon=HORIZON, field=FIELD) == [(code, "when")]


def test_a_pause_ends_between_today_and_a_leap_year_from_today() -> None:
    for days in (0, 366):
        require_resume_date(TODAY + timedelta(days=days), today=TODAY, field=FIELD)
    for days, code in ((-1, ErrorCode.IN_THE_PAST), (367, ErrorCode.OUT_OF_RANGE)):
        assert refused(require_resume_date, TODAY + timedelta(days=days), today=TODAY, field=FIELD) == [(code, "when")]


@pytest.mark.parametrize("at", [time(9, 5), time(9, 0, 1), time(9, 0, 0, 1)])
def test_visits_begin_on_the_grid(at: time) -> None:
    require_on_grid(time(9, 45), grid_minutes=15, field=FIELD)
    assert refused(require_on_grid, at, grid_minutes=15, field=FIELD) == [(ErrorCode.INVALID_INPUT, "when")]


def test_a_visit_has_begun_by_the_clock_or_by_what_was_said_of_it() -> None:
    require_not_begun(AppointmentStatus.CONFIRMED, NOW + SECOND, now=NOW)
    begun = [(ErrorCode.INVALID_TRANSITION, "")]
    assert refused(require_not_begun, AppointmentStatus.CONFIRMED, NOW, now=NOW) == begun
    assert refused(require_not_begun, AppointmentStatus.IN_PROGRESS, NOW + SECOND, now=NOW) == begun


def test_the_deadline_itself_is_in_time_and_without_one_anything_is() -> None:
    require_in_time(NOW, now=NOW)
    require_in_time(None, now=NOW)
    assert refused(require_in_time, NOW - SECOND, now=NOW) == [(ErrorCode.TOO_LATE, "")]


def test_customers_skip_until_the_deadline_and_the_office_as_long_as_the_visit_is_open() -> None:
    late = NOW - SECOND
    open_visit = AppointmentStatus.CONFIRMED
    assert may_skip(status=open_visit, deadline=NOW, is_office=False, now=NOW)
    assert not may_skip(status=open_visit, deadline=late, is_office=False, now=NOW)
    assert may_skip(status=open_visit, deadline=late, is_office=True, now=NOW)
    assert not may_skip(status=AppointmentStatus.IN_PROGRESS, deadline=NOW, is_office=True, now=NOW)


def test_half_a_penny_is_rounded_up_once_a_visit_and_the_sum_has_a_bound() -> None:
    assert price_of(Decimal("10.002"), Decimal("0.003")) == Decimal("10.01")
    assert subtotal_of(Decimal("99999999.99"), 1) == Decimal("99999999.99")
    assert refused(subtotal_of, Decimal("50000000.00"), 2) == [(ErrorCode.OUT_OF_RANGE, "service_id")]
