"""What a cart costs and how long it takes. Only the server's own prices are ever looked at."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from backend.catalogue.errors import ServiceInactive
from backend.core.errors import FieldPath, InvalidInput, NotFound, OutOfRange, Problems, Required
from backend.core.money import ZERO, to_cents
from backend.scheduling.errors import StaffNotQualified

MAX_ITEMS = 20
MAX_QUANTITY = 20
MAX_NOTES = 2000
MAX_VISIT_MINUTES = 24 * 60
MAX_AMOUNT = Decimal("99999999.99")
"""What a column of the order holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CartItem:
    """One line as somebody asks for it."""

    service_id: int
    quantity: int = 1
    extra_ids: tuple[int, ...] = ()
    preferred_staff_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFacts:
    """A service as it stands in the price list. Customers know of it once it `is_approved`."""

    id: int
    price: Decimal
    duration_minutes: int
    buffer_minutes: int
    is_approved: bool
    is_bookable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraFacts:
    """An extra as it stands in the price list."""

    id: int
    service_id: int
    name: str
    price: Decimal
    duration_minutes: int
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """All that a cart is priced by. `offers` holds, for each active member of staff and service that it offers, its
    own price where it has one: `(staff_id, service_id)`.
    """

    services: Mapping[int, ServiceFacts]
    extras: Mapping[int, ExtraFacts]
    offers: Mapping[tuple[int, int], Decimal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One priced line, to be frozen on the order. Minutes are those of one; quantity multiplies time and money."""

    service_id: int
    quantity: int
    staff_id: int | None
    extras: tuple[ExtraFacts, ...]
    unit_price: Decimal
    total_price: Decimal
    duration_minutes: int
    extra_minutes: int
    buffer_minutes: int

    @property
    def visit_minutes(self) -> int:
        """How long the visit takes at the service's own pace, without the buffer."""
        return self.quantity * (self.duration_minutes + self.extra_minutes)


def price_cart(items: Sequence[CartItem], prices: PriceList, *, field: FieldPath = ("items",)) -> list[Line]:
    """The lines of a cart, or everything that is wrong with it at once, each under its own path below `field`."""
    if not items:
        raise Required("Choose at least one service.", field)
    if len(items) > MAX_ITEMS:
        raise OutOfRange(f"An order has at most {MAX_ITEMS} items.", field)
    problems = Problems()
    lines = []
    for position, item in enumerate(items):
        with problems:
            lines.append(price_item(item, prices, field=(*field, position)))
    problems.raise_all()
    require_amount_fits(subtotal_of(lines), field=field)
    return lines


def subtotal_of(lines: Iterable[Line]) -> Decimal:
    """The sum of the lines, which are rounded already."""
    return sum((line.total_price for line in lines), ZERO)


def price_item(item: CartItem, prices: PriceList, *, field: FieldPath) -> Line:
    """One line, or everything that is wrong with it at once, each under its own path below `field`."""
    problems = Problems()
    with problems:
        require_quantity(item.quantity, field=(*field, "quantity"))
    with problems:
        service = _service(item, prices, field=(*field, "service_id"))
    with problems:
        extras = _extras(item, prices, field=(*field, "extra_ids"))
    with problems:
        _require_offer(item, prices, field=(*field, "preferred_staff_id"))
    problems.raise_all()
    own_price = prices.offers.get((item.preferred_staff_id or 0, service.id))
    unit_price = to_cents(
        (service.price if own_price is None else own_price) + sum((extra.price for extra in extras), ZERO)
    )
    line = Line(
        service_id=service.id,
        quantity=item.quantity,
        staff_id=item.preferred_staff_id,
        extras=extras,
        unit_price=unit_price,
        total_price=to_cents(unit_price * item.quantity),
        duration_minutes=service.duration_minutes,
        extra_minutes=sum(extra.duration_minutes for extra in extras),
        buffer_minutes=service.buffer_minutes,
    )
    require_visit_fits(line, field=(*field, "quantity"))
    return line


def require_visit_fits(line: Line, *, field: FieldPath) -> None:
    """OutOfRange for a line that no day could hold."""
    if line.visit_minutes > MAX_VISIT_MINUTES:
        raise OutOfRange("This takes longer than a day: order it in parts.", field)


def require_amount_fits(amount: Decimal, *, field: FieldPath) -> None:
    """OutOfRange for a sum that no column of an order holds."""
    if amount > MAX_AMOUNT:
        raise OutOfRange("This is more than one order can hold.", field)


def require_quantity(quantity: int, *, field: FieldPath) -> None:
    """OutOfRange for a quantity that no line may have."""
    if not 1 <= quantity <= MAX_QUANTITY:
        raise OutOfRange(f"A quantity lies between 1 and {MAX_QUANTITY}.", field)


def _service(item: CartItem, prices: PriceList, *, field: FieldPath) -> ServiceFacts:
    service = prices.services.get(item.service_id)
    if service is None or not service.is_approved:
        raise NotFound("There is no such service.", field)
    if not service.is_bookable:
        raise ServiceInactive("This service can't be booked any more.", field)
    return service


def _extras(item: CartItem, prices: PriceList, *, field: FieldPath) -> tuple[ExtraFacts, ...]:
    return choose_extras(item.extra_ids, item.service_id, prices.extras, field=field)


def choose_extras(
    extra_ids: Sequence[int],
    service_id: int,
    extras: Mapping[int, ExtraFacts],
    *,
    frozen: Mapping[int, ExtraFacts] | None = None,
    field: FieldPath,
) -> tuple[ExtraFacts, ...]:
    """The chosen extras of a service, or what is wrong with each. Those of `frozen` are taken as they stand there."""
    problems = Problems()
    chosen: dict[int, ExtraFacts] = {}
    kept = frozen or {}
    for position, extra_id in enumerate(extra_ids):
        path = (*field, position)
        with problems:
            extra = kept.get(extra_id) or extras.get(extra_id)
            if extra is None or extra.service_id != service_id:
                raise NotFound("The service has no such extra.", path)
            if extra_id not in kept and not extra.is_active:
                raise ServiceInactive("This extra can't be chosen any more.", path)
            if extra_id in chosen:
                raise InvalidInput("This extra is named twice.", path)
            chosen[extra_id] = extra
    problems.raise_all()
    return tuple(chosen.values())


def _require_offer(item: CartItem, prices: PriceList, *, field: FieldPath) -> None:
    wanted = item.preferred_staff_id
    if wanted is not None and (wanted, item.service_id) not in prices.offers:
        raise StaffNotQualified("This member of staff does not offer the service.", field)
