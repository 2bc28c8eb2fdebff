"""Until when, how often and by whom a booked visit may be changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backend.core.errors import ErrorCode
from backend.scheduling.rules import (
    Agreement,
    AppointmentStatus,
    AppointmentType,
    Party,
    objection_to_cancelling,
    objection_to_rescheduling,
)

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
AGREED = Agreement(
    type=AppointmentType.SINGLE,
    status=AppointmentStatus.CONFIRMED,
    cancellation_deadline=NOON,
    reschedule_deadline=NOON + timedelta(hours=6),
    reschedules=0,
    max_reschedules=2,
)


def cancelling(agreement: Agreement, party: Party, now: datetime = NOON) -> ErrorCode | None:
    objection = objection_to_cancelling(agreement, party=party, now=now)
    return None if objection is None else objection.code


def moving(agreement: Agreement, party: Party, now: datetime = NOON) -> ErrorCode | None:
    objection = objection_to_rescheduling(agreement, party=party, now=now)
    return None if objection is None else objection.code


def test_each_window_closes_a_second_after_its_own_deadline() -> None:
    assert cancelling(AGREED, Party.OWNER, NOON) is None
    assert cancelling(AGREED, Party.OWNER, NOON + SECOND) is ErrorCode.TOO_LATE
    assert moving(AGREED, Party.OWNER, AGREED.reschedule_deadline) is None
    assert moving(AGREED, Party.OWNER, AGREED.reschedule_deadline + SECOND) is ErrorCode.TOO_LATE


def test_the_office_is_bound_by_the_state_alone() -> None:
    late = NOON + timedelta(days=30)
    moved_often = replace(AGREED, reschedules=9, type=AppointmentType.SUBSCRIPTION)
    assert (cancelling(moved_often, Party.OFFICE, late), moving(moved_often, Party.OFFICE, late)) == (None, None)


@pytest.mark.parametrize("status", AppointmentStatus)
@pytest.mark.parametrize("party", [Party.OWNER, Party.OFFICE])
def test_the_state_decides_first(status: AppointmentStatus, party: Party) -> None:
    agreement = replace(AGREED, status=status)
    waits = status in (AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED)
    at_work = status is AppointmentStatus.IN_PROGRESS
    assert (moving(agreement, party) is None) == waits
    assert (cancelling(agreement, party) is None) == (waits or (at_work and party is Party.OFFICE))


def test_the_last_move_that_was_agreed_is_allowed() -> None:
    assert moving(replace(AGREED, reschedules=1), Party.OWNER) is None
    assert moving(replace(AGREED, reschedules=2), Party.OWNER) is ErrorCode.TOO_MANY_RESCHEDULES
    assert moving(replace(AGREED, max_reschedules=0), Party.OWNER) is ErrorCode.TOO_MANY_RESCHEDULES


@pytest.mark.parametrize("kind", [AppointmentType.ORDER_ITEM, AppointmentType.SUBSCRIPTION])
def test_visits_of_orders_and_plans_are_moved_by_a_request_and_cancelled_like_any(kind: AppointmentType) -> None:
    agreement = replace(AGREED, type=kind)
    assert moving(agreement, Party.OWNER) is ErrorCode.CHANGE_REQUEST_NEEDED
    assert cancelling(agreement, Party.OWNER) is None
