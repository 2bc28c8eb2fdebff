"""A visit without a place gets its time by hand, on real rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.accounts.queries import viewer_for_user
from backend.core.errors import ErrorCode
from backend.core.viewer import Role
from backend.scheduling.models import Claim
from backend.subscriptions.actions import place_visit
from tests import factories
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london")]

TEN = datetime(2027, 3, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize("named", [True, False])
def test_a_hold_that_is_over_keeps_no_visit_of_a_plan_from_its_time(named: bool, now: datetime) -> None:
    service = factories.service()
    anna = factories.staff_member(service)
    visit = factories.unplaced_visit(factories.active_plan(service, staff=anna))
    hold = factories.held_slot(anna, service, TEN)
    admin = viewer_for_user(factories.user(Role.ADMIN).pk)
    given: dict[str, Any] = {
        "viewer": admin,
        "visit_id": visit.pk,
        "start": TEN,
        "staff_id": anna.pk if named else None,
    }
    code = ErrorCode.SLOT_TAKEN if named else ErrorCode.NO_STAFF_AVAILABLE
    assert refused(place_visit, **given, now=now + timedelta(minutes=9)) == [(code, "start")]
    placed = place_visit(**given, now=now + timedelta(minutes=10))
    assert placed.appointment is not None
    assert (placed.appointment.start, placed.appointment.staff) == (TEN, anna)
    assert not Claim.objects.filter(hold=hold).exists()
