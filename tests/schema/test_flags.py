"""Which flag a manager needs for what: each row of the matrix, asked by a manager with all flags but one."""

from datetime import datetime

import pytest
from django.db import transaction

from backend.accounts.models import Manager
from backend.core.viewer import Permission
from tests.conftest import fill_buckets
from tests.schema.conftest import Shared
from tests.schema.matrix import NULL, ROWS, SEES, Row
from tests.schema.matrix.words import FORBIDDEN, NOT_FOUND
from tests.schema.test_matrix import outcome

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

ASKED = [row for row in ROWS if not row.field.startswith("Subscription.") and row.expects("manager") != FORBIDDEN]

LESS: dict[str, dict[str, list[str]]] = {
    "can_manage_staff": {
        FORBIDDEN: [
            "Mutation.createStaffMember",
            "Mutation.updateStaffMember",
            "Mutation.uploadStaffPhoto",
            "Mutation.removeStaffPhoto",
            "Mutation.deactivateStaffMember (with visits ahead)",
            "Mutation.deactivateStaffMember (with visits that a colleague takes)",
            "Mutation.setWorkingHours",
            "Mutation.setScheduleException",
            "Mutation.removeScheduleException",
            "Mutation.assignService",
            "Mutation.unassignService",
            "Mutation.addServiceArea",
            "Mutation.removeServiceArea",
            "Mutation.addTimeOff",
            "Mutation.removeTimeOff",
            "Mutation.removeWorkingDay",
            "Query.staffChangeRequests",
            "Mutation.approveStaffChange",
            "Mutation.rejectStaffChange",
        ],
    },
    "can_manage_customers": {
        SEES(): [
            "Query.emailMessages",
            "Query.smsMessages",
        ],
        NULL: [
            "Query.node (mail)",
            "Query.node (text message)",
        ],
        FORBIDDEN: [
            "Mutation.createCustomer",
            "Mutation.updateCustomer",
            "Mutation.archiveCustomer",
            "Mutation.restoreCustomer",
            "Query.customerData",
            "Mutation.addAddress",
            "Mutation.updateAddress",
            "Mutation.setDefaultAddress",
            "Mutation.deleteAddress",
        ],
    },
    "can_manage_orders": {
        FORBIDDEN: [
            "Mutation.bookAppointment (for a customer)",
            "Mutation.rescheduleAppointment",
            "Mutation.rescheduleAppointment (of an order)",
            "Mutation.cancelAppointment",
            "Mutation.confirmAppointment",
            "Query.planHealth",
            "Mutation.confirmSubscription",
            "Mutation.generateVisits",
            "Mutation.placeVisit",
            "Mutation.changeVisits",
            "Mutation.approveVisitChange",
            "Mutation.rejectVisitChange",
            "Mutation.announceArrival",
            "Mutation.startAppointment",
            "Mutation.completeAppointment",
            "Mutation.markNoShow",
            "Mutation.addInternalNote",
            "Mutation.uploadCompletionPhotos",
            "Mutation.deleteCompletionPhoto",
            "Mutation.assignStaff",
            "Mutation.confirmOrder",
            "Mutation.approveChange",
            "Mutation.rejectChange",
            "Mutation.completeOrder",
        ],
        NULL: [
            "Query.node (plan)",
            "Query.node (pending plan)",
            "Query.node (plan visit)",
            "Query.node (visit change)",
            "Query.subscription",
            "Query.node (order)",
            "Query.node (confirmed order)",
            "Query.node (item)",
            "Query.node (chosen extra)",
            "Query.node (change)",
        ],
        SEES(): [
            "Query.subscriptions",
            "Query.visitChangeRequests",
            "Query.orders",
            "Query.changeRequests",
        ],
        NOT_FOUND: [
            "Mutation.pauseSubscription",
            "Mutation.resumeSubscription",
            "Mutation.cancelSubscription",
            "Mutation.skipVisit",
            "Mutation.completeVisit",
            "Mutation.requestVisitChange",
            "Mutation.withdrawVisitChange",
            "Mutation.updateOrder",
            "Mutation.updateOrder (internal notes)",
            "Mutation.addOrderItem",
            "Mutation.updateOrderItem",
            "Mutation.removeOrderItem",
            "Mutation.cancelOrder",
            "Mutation.requestChange",
            "Mutation.withdrawChange",
        ],
    },
    "can_approve_services": {
        NULL: [
            "Query.node (proposal)",
        ],
        SEES("hidden service", "service"): [
            "Query.nodes",
            "Query.services",
        ],
        FORBIDDEN: [
            "Mutation.approveService",
            "Mutation.rejectService",
        ],
    },
    "can_view_reports": {
        FORBIDDEN: [
            "Query.coupons",
            "Query.couponUsages",
            "Query.couponReport",
        ],
        NULL: [
            "Query.node (coupon report line)",
            "Query.node (coupon)",
            "Query.node (coupon use)",
        ],
    },
}
"""What is left to a manager without a flag, by row. Of all that is not here it gets what the matrix says."""


def without(flag: str, row: Row, shared: Shared) -> str:
    """What the manager of the matrix gets when it has every other flag."""
    fill_buckets()
    point = transaction.savepoint()
    Manager.objects.filter(pk=shared.world.personas.manager.pk).update(**{flag: False})
    given = row.variables(shared.world, "manager")
    result = outcome(shared.world.personas["manager"](row.operation, **given), row, shared.world)
    transaction.savepoint_rollback(point)
    return result


@pytest.mark.parametrize("flag", LESS)
def test_without_a_flag_a_manager_loses_what_hangs_on_it_and_nothing_else(
    flag: str, shared: Shared, at_now: datetime
) -> None:
    lost = {name: result for result, names in LESS[flag].items() for name in names}
    assert set(lost) <= {str(row) for row in ASKED}
    got = {str(row): without(flag, row, shared) for row in ASKED}
    assert got == {str(row): lost.get(str(row), row.expects("manager")) for row in ASKED}


def test_every_flag_that_there_is_is_tried() -> None:
    assert set(LESS) == {f"can_{permission.value.lower()}" for permission in Permission}
