"""What a line costs after a change (docs/adr/0014-what-a-changed-order-costs.md).

What was there keeps the price and the minutes that it was ordered at; what is newly chosen has today's: another extra,
or another person with an own price. More of the same is the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from backend.core.errors import Problems
from backend.core.money import ZERO, to_cents
from backend.orders.rules.cart import (
    ExtraFacts,
    Line,
    PriceList,
    choose_extras,
    require_quantity,
    require_visit_fits,
)
from backend.scheduling.errors import StaffNotQualified


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChange:
    """How a line should be; None leaves it as it is."""

    quantity: int | None = None
    extra_ids: tuple[int, ...] | None = None
    preferred_staff_id: int | None = None
    any_staff: bool = False
    """Whether anybody may come: takes the wish for a person back."""


def reprice_line(before: Line, change: LineChange, prices: PriceList) -> Line:
    """The line after the change, or everything that is wrong with it at once, each under its field.

    `before` is the line as it was frozen. The service need not be bookable any more: it was ordered when it was.
    """
    problems = Problems()
    quantity = before.quantity if change.quantity is None else change.quantity
    with problems:
        require_quantity(quantity, field=("quantity",))
    with problems:
        extras = _extras(before, change.extra_ids, prices)
    with problems:
        staff_id, base = _person(before, change, prices)
    problems.raise_all()
    unit_price = to_cents(base + _price_of(extras))
    line = Line(
        service_id=before.service_id,
        quantity=quantity,
        staff_id=staff_id,
        extras=extras,
        unit_price=unit_price,
        total_price=to_cents(unit_price * quantity),
        duration_minutes=before.duration_minutes,
        extra_minutes=sum(extra.duration_minutes for extra in extras),
        buffer_minutes=before.buffer_minutes,
    )
    require_visit_fits(line, field=("quantity",))
    return line


def _extras(before: Line, extra_ids: Sequence[int] | None, prices: PriceList) -> tuple[ExtraFacts, ...]:
    if extra_ids is None:
        return before.extras
    frozen = {extra.id: extra for extra in before.extras}
    return choose_extras(extra_ids, before.service_id, prices.extras, frozen=frozen, field=("extra_ids",))


def _person(before: Line, change: LineChange, prices: PriceList) -> tuple[int | None, Decimal]:
    """Who is wished for, and the price of one without its extras."""
    wanted = None if change.any_staff else change.preferred_staff_id or before.staff_id
    if wanted == before.staff_id:
        return wanted, before.unit_price - _price_of(before.extras)
    if wanted is not None and (wanted, before.service_id) not in prices.offers:
        raise StaffNotQualified("This member of staff does not offer the service.", ("preferred_staff_id",))
    own_price = prices.offers.get((wanted or 0, before.service_id))
    return wanted, prices.services[before.service_id].price if own_price is None else own_price


def _price_of(extras: Sequence[ExtraFacts]) -> Decimal:
    return sum((extra.price for extra in extras), ZERO)
