"""Every handler of the routing table, told the same twice: the second time changes nothing at all."""

import pytest

from backend.events.actions import lease_deliveries, route_events
from backend.events.models import Delivery
from backend.notifications.models import EmailLog
from tests.factories.business import NOW
from tests.factories.events import event
from tests.happenings import facts
from tests.world import digest
from workers.actors import broker
from workers.routing import ROUTES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("london", "at_now")]


ALL = [(kind, handler) for kind, handlers in ROUTES.items() for handler in handlers]


@pytest.mark.parametrize(("kind", "handler"), ALL, ids=[f"{kind}-{handler}" for kind, handler in ALL])
def test_told_twice_it_acts_once(kind: str, handler: str) -> None:
    row = event(kind, **facts(kind))
    route_events(routes={kind: (handler,)}, limit=10, now=NOW)
    [leased] = lease_deliveries(limit=10, now=NOW)
    run = broker.get_actor(leased.handler).fn
    before = EmailLog.objects.count()
    run(event_id=row.pk)
    done = Delivery.objects.get()
    assert (done.status, done.last_error) == ("DONE", "")
    if handler.startswith("notifications."):
        assert EmailLog.objects.count() == before + 1, "the event was one that somebody is told of"
    after_once = digest()
    for _ in range(2):
        run(event_id=row.pk, later="argument")
    assert digest() == after_once
