"""The office's mail about its day: at seven by the business's wall, once, of what each may see."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.core.transactions import use_case
from backend.core.viewer import Role
from backend.notifications.actions import write_digests
from backend.notifications.models import EmailLog
from tests import factories
from tests.factories.events import delivery

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london")]

SUMMER_SEVEN = datetime(2027, 7, 5, 6, tzinfo=UTC)


def written(now: datetime) -> int:
    return use_case(write_digests)(limit=100, now=now)


def test_it_is_off_unless_set(settings: Any) -> None:
    factories.user(Role.ADMIN)
    assert written(SUMMER_SEVEN) == 0


def test_at_seven_by_the_wall_once_a_day(settings: Any) -> None:
    settings.ROTA_DIGEST = True
    factories.user(Role.ADMIN)
    second = timedelta(seconds=1)
    assert [written(SUMMER_SEVEN - second), written(SUMMER_SEVEN), written(SUMMER_SEVEN + second)] == [0, 1, 0]
    assert written(SUMMER_SEVEN + timedelta(days=1, hours=5)) == 0, "the morning is over"
    assert written(SUMMER_SEVEN + timedelta(days=1)) == 1


def test_everybody_reads_of_what_they_may_see(settings: Any) -> None:
    settings.ROTA_DIGEST = True
    admin = factories.user(Role.ADMIN)
    manager, idle = factories.manager(), factories.manager(can_manage_orders=False)
    service = factories.service(name="Deep clean")
    mine, other = factories.staff_member(service, name="Anna"), factories.staff_member(service, name="Ben")
    manager.managed_staff.add(mine)
    start = SUMMER_SEVEN + timedelta(hours=2)
    for staff in (mine, other):
        factories.direct_booking(service, staff=staff, start=start)
    factories.direct_booking(service, staff=mine, start=start + timedelta(days=1))
    order = factories.pending_order(service)
    delivery(status="DEAD")
    assert written(SUMMER_SEVEN) == 2
    texts = dict(EmailLog.objects.values_list("user_id", "text"))
    assert set(texts) == {admin.pk, manager.user_id}
    assert idle.user_id not in texts
    assert "09:00 to 10:00: Deep clean, Anna" in texts[admin.pk]
    assert texts[admin.pk].count("Deep clean") == 2, "tomorrow's is not among them"
    assert order.order_number in texts[admin.pk]
    assert "Deliveries that wait for a person: 1" in texts[admin.pk]
    assert "Anna" in texts[manager.user_id]
    for hidden in ("Ben", order.order_number, "Deliveries"):
        assert hidden not in texts[manager.user_id]
