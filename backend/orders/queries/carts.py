"""When a whole cart could be done, before it is ordered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from backend.core.business import business
from backend.core.errors import OutOfRange
from backend.geography.queries import locate
from backend.geography.rules import Place
from backend.orders.queries import price_list, slowest, who_covers, working_starts
from backend.orders.rules import Board, CartItem, Line, PlanItem, confirmable, price_cart
from backend.scheduling import queries as scheduling
from backend.scheduling.errors import Alternative
from backend.scheduling.queries.searching import require_searchable
from backend.scheduling.rules import Assignment, Need, Offer, days_between
from backend.staff import queries as staff

MAX_DAYS = 62

MAX_TRIES = 60_000
"""Visits tried in one search: about a second. Real carts need about as many for each time as they have items."""


@dataclass(frozen=True, slots=True)
class CartDay:
    """The times of a date at which the whole cart could be confirmed, ascending, each with whom it would begin."""

    date: date
    times: Sequence[Alternative]


def cart_availability(
    *, items: Sequence[CartItem], postcode: str, first: date, last: date, now: datetime
) -> list[CartDay]:
    """For each date from `first` to `last`, both included, the times at which an order of the cart could be confirmed.

    Planned as `confirm_order` plans, within working hours, notice and horizon, so that whatever is offered can be
    confirmed as long as nobody is quicker. Twelve statements, however many people and days, one more where anybody has
    a daily limit, and one more where the business sends people in turn. Raises what is wrong with the cart, as a quote
    does, and OutOfRange for more than MAX_DAYS or MAX_TRIES.
    """
    require_searchable(first, last, now, max_days=MAX_DAYS)
    lines = price_cart(items, price_list(items))
    place = locate(postcode, field=("postcode",))
    plan_items = [_plan_item(position, line) for position, line in enumerate(lines)]
    board = _board(plan_items, place, first, last, now)
    window = scheduling.booking_window(now)
    starts = [
        (start, day)
        for day in days_between(first, last, business().zone)
        for start in working_starts(board, day)
        if window.earliest <= start.timestamp() <= window.latest
    ]
    found = confirmable(plan_items, board, starts=starts, at_most_tries=MAX_TRIES)
    if found is None:
        raise OutOfRange("This cart takes too long to search: ask for fewer days.", ("to",))
    zone = business().zone
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [CartDay(day, [each for each in found if each.start.astimezone(zone).date() == day]) for day in days]


def _plan_item(position: int, line: Line) -> PlanItem:
    need = Need(
        service_id=line.service_id,
        duration_minutes=line.duration_minutes,
        price=line.unit_price,
        buffer_minutes=line.buffer_minutes,
        extra_minutes=line.extra_minutes,
        quantity=line.quantity,
    )
    return PlanItem(position=position, need=need, staff_id=line.staff_id)


def _board(items: Sequence[PlanItem], place: Place, first: date, last: date, now: datetime) -> Board:
    """Everybody whom a confirmation would consider, over the dates, and as long after them as the cart may take."""
    service_ids = {item.need.service_id for item in items}
    offers = {
        key: Offer(terms.price_override, terms.duration_override_minutes)
        for key, terms in staff.active_offers(service_ids).items()
    }
    open_services = {item.need.service_id for item in items if item.staff_id is None}
    offering = {staff_id for staff_id, service_id in offers if service_id in open_services}
    named = {item.staff_id for item in items if item.staff_id is not None}
    longest = sum((slowest(item.need, offers) for item in items), timedelta())
    assignment = business().assignment
    people = scheduling.workloads_on(
        days_between(first, last + longest + timedelta(days=1), business().zone),
        place=place,
        service_ids=service_ids,
        staff_ids=named | (who_covers(place, offering) if offering else set()),
        idle=assignment is Assignment.LONGEST_IDLE,
        now=now,
    )
    return Board(workloads={person.staff_id: person for person in people}, assignment=assignment)
