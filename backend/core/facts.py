"""What a domain event is made of. Each domain tells its own facts in its `events.py`."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened, as ids and plain values.

    `kind` names it for ever (`order.confirmed`). Attributes called `staff_id`, `order_id`, `appointment_id`,
    `customer_id` or `actor_id` become columns that readers filter by; the others go into the event's `data`.
    """

    kind: ClassVar[str]

    actor_id: int | None = None
