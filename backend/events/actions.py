"""Writing facts down, and minding their deliveries."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from backend.core.facts import Fact
from backend.core.requests import current_request_id
from backend.core.transactions import step
from backend.core.wakeup import knock
from backend.events.models import Event

_COLUMNS = frozenset({"staff_id", "order_id", "appointment_id", "customer_id", "actor_id"})


@step
def emit(facts: Iterable[Fact], *, now: datetime) -> None:
    """Write facts into the log, in order, in the transaction that they tell of; one statement for all.

    Readers are woken after the commit; a rolled-back fact was never told.
    """
    Event.objects.bulk_create([_event(fact, now) for fact in facts])
    transaction.on_commit(knock, robust=True)


def _event(fact: Fact, now: datetime) -> Event:
    columns: dict[str, Any] = {}
    data: dict[str, Any] = {}
    for item in fields(fact):
        (columns if item.name in _COLUMNS else data)[item.name] = getattr(fact, item.name)
    return Event(kind=fact.kind, data=_plain(data), request_id=current_request_id(), occurred_at=now, **columns)


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """Instants, dates and decimals as JSON has them."""
    encoder = DjangoJSONEncoder()
    return {
        name: value if value is None or isinstance(value, str | int | bool | list | dict) else encoder.default(value)
        for name, value in data.items()
    }
