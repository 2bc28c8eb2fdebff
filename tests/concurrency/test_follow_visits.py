"""The last two visits of an order end at the same moment, on real commits."""

from functools import partial

import pytest

from backend.accounts.queries import viewer_for_user
from backend.core.transactions import use_case
from backend.core.viewer import Role
from backend.events.models import Event
from backend.orders.actions import follow_visits
from backend.scheduling.actions import complete_appointment
from tests import factories
from tests.concurrency.racing import WON, all_at_once
from tests.factories.business import NOW
from tests.factories.events import happened

pytestmark = pytest.mark.django_db(transaction=True)


def test_many_handlers_at_once_complete_an_order_once() -> None:
    services = [factories.service() for _ in range(4)]
    order = factories.confirmed_order(*services, staff=factories.staff_member(*services))
    admin = viewer_for_user(factories.user(Role.ADMIN).pk)
    for item in order.items.all():
        complete_appointment(viewer=admin, appointment_id=item.appointment_id or 0, now=NOW)
    told = [happened(event) for event in Event.objects.filter(kind="appointment.completed")]
    works = [partial(use_case(follow_visits), event=event, now=NOW) for event in told * 3]
    assert all_at_once(works) == [WON] * 12
    order.refresh_from_db()
    assert (order.status, order.version) == ("COMPLETED", 3)
    assert Event.objects.filter(kind="order.completed").count() == 1
