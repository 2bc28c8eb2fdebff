"""When an order could be done, and by whom."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from backend.core import clock
from backend.core.business import business
from backend.geography.queries import locate
from backend.geography.rules import Place
from backend.orders.models import Order, OrderItem
from backend.orders.queries.rows import items_of
from backend.orders.rules import (
    Board,
    PlanItem,
    find_alternatives,
)
from backend.scheduling import queries as scheduling
from backend.scheduling.errors import Alternative
from backend.scheduling.rules import (
    ALTERNATIVE_DAYS,
    MAX_ALTERNATIVES,
    Assignment,
    Day,
    Need,
    Offer,
    Option,
    Wanted,
    days_between,
    rank_alternatives,
)
from backend.staff import queries as staff


def who_covers(place: Place, staff_ids: Sequence[int] | set[int]) -> set[int]:
    """Those of the staff who serve the place. One statement."""
    return {staff_id for staff_id, areas in staff.areas_of(staff_ids).items() if scheduling.covers(areas, place)}


# --- When an order could be done ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What confirming an order is about: when it should begin, what its items need, and who could do them."""

    start: datetime
    day: Day
    items: Sequence[PlanItem]
    place: Place
    service_ids: frozenset[int]
    candidates: frozenset[int]
    """The named staff, and everybody who offers and covers what names nobody."""
    longest: timedelta
    """How long it takes when one person, and the slowest, does it all."""


def request_of(order: Order, items: Sequence[OrderItem]) -> Request:
    """The facts about an order that stay the same however full the days are. Three statements at most."""
    zone = business().zone
    service_ids = frozenset(item.service_id for item in items)
    place = locate(order.postcode, field=("order_id",))
    plan_items = [plan_item(item) for item in items]
    offers = {
        key: Offer(terms.price_override, terms.duration_override_minutes)
        for key, terms in staff.active_offers(service_ids).items()
    }
    open_services = {item.need.service_id for item in plan_items if item.staff_id is None}
    offering = {staff_id for staff_id, service_id in offers if service_id in open_services}
    named = {item.staff_id for item in plan_items if item.staff_id is not None}
    return Request(
        start=clock.instant(order.scheduled_date, order.scheduled_time, zone),
        day=days_between(order.scheduled_date, order.scheduled_date, zone)[0],
        items=plan_items,
        place=place,
        service_ids=service_ids,
        candidates=frozenset(named | (who_covers(place, offering) if offering else set())),
        longest=sum((slowest(item.need, offers) for item in plan_items), timedelta()),
    )


def plan_item(item: OrderItem) -> PlanItem:
    """What the plan has to know about an item."""
    need = Need(
        service_id=item.service_id,
        duration_minutes=item.duration_minutes,
        price=item.unit_price,
        buffer_minutes=item.buffer_minutes,
        extra_minutes=item.extra_minutes,
        quantity=item.quantity,
    )
    return PlanItem(position=item.position, need=need, staff_id=item.coming_id)


def board_for(request: Request, *, days: int = 0, outside_hours: bool = False, now: datetime) -> Board:
    """Everybody's hours and claims for the order's day and `days` more. Two statements, three in turn.

    Claims are final only for staff rows that are locked: lock first, then read.
    """
    assignment = business().assignment
    people = scheduling.workloads(
        place=request.place,
        service_ids=request.service_ids,
        start=request.start,
        end=request.start + request.longest + timedelta(days=days),
        staff_ids=request.candidates,
        idle=assignment is Assignment.LONGEST_IDLE,
        now=now,
    )
    workloads = {person.staff_id: person for person in people}
    return Board(workloads=workloads, outside_hours=outside_hours, assignment=assignment)


def alternatives_for(order_id: int, *, now: datetime, wanted: tuple[date, time] | None = None) -> list[Alternative]:
    """Other times, within working hours, at which the whole order could be confirmed: the best first.

    The same day comes first, then the next days, a fortnight at most. With `wanted`, around that date and time instead
    of the order's own; the time that its own visits or its hold take is free to it.
    """
    order = Order.objects.get(pk=order_id)
    if wanted is not None:
        order.scheduled_date, order.scheduled_time = wanted
    items = items_of(order)
    request = request_of(order, items)
    board = _without_own_time(order, items, board_for(request, days=ALTERNATIVE_DAYS, now=now))
    last = order.scheduled_date + timedelta(days=ALTERNATIVE_DAYS)
    starts = [
        (start, day)
        for day in days_between(order.scheduled_date, last, business().zone)
        for start in working_starts(board, day)
        if start > now
    ]
    wanted_start = Wanted(request.start, request.day)
    ranked = rank_alternatives(starts, wanted_start, of=lambda each: Option(*each), at_most=None)
    return find_alternatives(request.items, board, starts=ranked, at_most=MAX_ALTERNATIVES)


def _without_own_time(order: Order, items: Sequence[OrderItem], board: Board) -> Board:
    """The board as it would be without its visits and its hold. One statement where there are any."""
    own = scheduling.claims_of(
        appointment_ids={item.appointment_id for item in items if item.appointment_id is not None},
        hold_ids=() if order.hold_id is None else [order.hold_id],
    )
    if not own:
        return board
    return replace(
        board,
        workloads={
            staff_id: replace(person, busy=[claim for claim in person.busy if (staff_id, claim.start) not in own])
            for staff_id, person in board.workloads.items()
        },
    )


def working_starts(board: Board, day: Day) -> list[datetime]:
    """The times on the business's grid at which anybody works."""
    spans = {span for person in board.workloads.values() for span in person.work}
    marks = (mark for mark in day.marks(business().slot_grid_minutes) if any(low <= mark < high for low, high in spans))
    return [datetime.fromtimestamp(mark, UTC) for mark in marks]


def slowest(need: Need, offers: dict[tuple[int, int], Offer]) -> timedelta:
    """How long the slowest of those who offer it keeps busy with it, buffer included."""
    terms = [offer for (_, service_id), offer in offers.items() if service_id == need.service_id]
    return timedelta(minutes=max(need.minutes(each) for each in [Offer(), *terms]) + need.buffer_minutes)
