"""What the tests of the live feed tell and ask."""

import asyncio
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from backend.core.transactions import use_case
from backend.events.actions import emit
from backend.events.queries import log_end
from backend.scheduling import events
from backend.scheduling.events import AppointmentFact
from backend.scheduling.models import Appointment
from backend.staff.models import Staff
from schema import feed
from schema.cursors import encode_cursor
from tests import factories
from tests.factories.business import NOW
from tests.sockets import PATIENCE

TUESDAY = date(2027, 3, 2)

FEED = """subscription ScheduleEvents($staffId: ID, $after: String) {
  scheduleEvents(staffId: $staffId, after: $after) {
    cursor type occurredAt
    appointment { id status start end version staff { id name } service { name } address { postcode } }
    previous { start end status staff { id name } }
  }
}"""
"""As in the contract with the staff app."""

SHORT = """subscription($staffId: ID, $after: String) {
  scheduleEvents(staffId: $staffId, after: $after) { cursor type appointment { id } }
}"""


def token_of(staff: Staff) -> str:
    """A sign-in of a member of staff with an account."""
    assert staff.user is not None
    return factories.token_for(staff.user)


def visit(staff: Staff, **given: Any) -> Appointment:
    """A confirmed visit in `staff`'s day."""
    item = factories.confirmed_order(factories.service(), staff=staff, **given).items.get()
    assert item.appointment is not None
    return item.appointment


def fact(
    appointment: Appointment,
    kind: type[AppointmentFact] = events.AppointmentBooked,
    previous: dict[str, Any] | None = None,
) -> AppointmentFact:
    """What scheduling would tell about `appointment`."""
    return kind(
        staff_id=appointment.staff_id,
        order_id=None,
        appointment_id=appointment.pk,
        customer_id=None,
        start=appointment.start,
        end=appointment.end,
        status=appointment.status,
        previous=previous,
    )


@use_case
def tell(*facts: AppointmentFact, now: datetime = NOW) -> None:
    """Commit facts."""
    emit(facts, now=now)


def here() -> str:
    """The cursor that `schedule` would give now."""
    return encode_cursor(log_end())


async def joined(number: int) -> None:
    """Until so many subscriptions hear what happens: the protocol has no message for it, but the server is ours."""
    async with asyncio.timeout(PATIENCE):
        while sum(len(each._joined) for each in list(feed._feeds.values())) < number:
            await asyncio.sleep(0.01)


def ids(payloads: Iterable[dict[str, Any] | None]) -> list[str]:
    """Which visits were told of."""
    return [payload["data"]["scheduleEvents"]["appointment"]["id"] for payload in payloads if payload]
