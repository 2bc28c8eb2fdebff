"""Where the visits of a plan would lie now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from backend.core.business import business
from backend.core.errors import Refusal
from backend.core.fairness import Assignment
from backend.core.money import ZERO
from backend.core.viewer import Viewer
from backend.coupons.errors import CouponRefused
from backend.geography.queries import locate
from backend.geography.rules import Place
from backend.scheduling.errors import Alternative
from backend.scheduling.queries import booking_window, workloads_on
from backend.scheduling.rules import Need, Wanted, Workload, day_of, days_between, other_times
from backend.subscriptions.models import Subscription
from backend.subscriptions.queries.asking import PlanRequest, candidates_for, checked_terms, discount_of, email_for
from backend.subscriptions.rules import Calendar, Due, Placement, Wish, place_visits, span_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPreview:
    """A plan as it would come out now. `refusals` are reasons against the coupon, beside the price without it."""

    end_date: date
    price: Decimal
    subtotal: Decimal
    discount: Decimal
    total: Decimal
    currency: str
    placements: Sequence[Placement]
    refusals: Sequence[Refusal] = ()


def preview_subscription(
    *, viewer: Viewer, request: PlanRequest, email: str | None = None, now: datetime
) -> PlanPreview:
    """Every visit that a plan would get, with the time and staff it would have today; nothing is saved.

    Raises everything that is wrong with the request, as making the plan would. The number of statements does not grow
    with the visits.
    """
    terms = checked_terms(viewer, request, now=now)
    off, refusals = ZERO, list[Refusal]()
    try:
        off = discount_of(request, terms, email=email_for(viewer, request) or email, now=now)
    except CouponRefused as refusal:
        refusals = [refusal]
    placements, _ = find_places(
        terms.visits, terms.need, wish=terms.wish, place=terms.place, candidates=terms.candidates, now=now
    )
    return PlanPreview(
        end_date=terms.end_date,
        price=terms.price,
        subtotal=terms.subtotal,
        discount=off,
        total=terms.subtotal - off,
        currency=business().currency,
        placements=placements,
        refusals=refusals,
    )


def find_places(
    visits: Sequence[Due],
    need: Need,
    *,
    wish: Wish,
    place: Place,
    candidates: Collection[int],
    now: datetime,
) -> tuple[list[Placement], Wish]:
    """Where the visits would lie, by what is claimed now, and the time and staff that hold from then on.

    Claims are final only for staff rows that are locked: lock the candidates first. Two statements, however many
    visits; one more where people are sent in turn.
    """
    rules = business()
    first, last = span_of(visits, rules.plan_search_days)
    days = days_between(first, last, rules.zone)
    idle = rules.assignment is Assignment.LONGEST_IDLE
    people = workloads_on(days, place=place, service_ids=[need.service_id], staff_ids=candidates, idle=idle, now=now)
    return place_visits(visits, _able(people, need), need, wish=wish, calendar=calendar_at(now))


def calendar_at(now: datetime) -> Calendar:
    """The business's rules for where visits may lie at `now`."""
    rules = business()
    return Calendar(
        zone=rules.zone,
        grid_minutes=rules.slot_grid_minutes,
        search_days=rules.plan_search_days,
        earliest=booking_window(now).earliest,
        assignment=rules.assignment,
    )


def need_of(subscription: Subscription) -> Need:
    """What one visit of a plan takes, as it was frozen."""
    return Need(
        service_id=subscription.service_id,
        duration_minutes=subscription.duration_minutes,
        price=subscription.price_per_appointment,
        buffer_minutes=subscription.buffer_minutes,
        extra_minutes=subscription.extra_minutes,
    )


def wish_of(subscription: Subscription) -> Wish:
    """The time and the staff that a plan keeps; before its first visit is placed, those that were asked for."""
    at = subscription.visit_time or subscription.preferred_time
    staff_id = subscription.staff_id or subscription.preferred_staff_id
    is_kept = subscription.staff_id is not None
    return Wish(None if at is None else at.hour * 60 + at.minute, staff_id, is_kept=is_kept)


def lies_as_planned(subscription: Subscription, nominal_date: date, start: datetime, staff_id: int) -> bool:
    """Whether a visit that begins at `start`, with `staff_id`, lies where its plan says."""
    wish = wish_of(subscription)
    if wish.minute is None or wish.staff_id not in (None, staff_id):
        return False
    return start.timestamp() == day_of(nominal_date, business().zone).at(wish.minute)


def times_near(subscription: Subscription, wanted: datetime, *, now: datetime) -> list[Alternative]:
    """Free times for one visit of a plan, the best first, on the day of `wanted` and the days of the search after."""
    rules = business()
    first = max(wanted.astimezone(rules.zone).date(), rules.today(now))
    days = days_between(first, first + timedelta(days=rules.plan_search_days), rules.zone)
    need, place = need_of(subscription), locate(subscription.postcode)
    people = workloads_on(
        days,
        place=place,
        service_ids=[need.service_id],
        staff_ids=candidates_for(need.service_id, place),
        now=now,
    )
    around = Wanted(wanted, day_of(wanted.astimezone(rules.zone).date(), rules.zone))
    return other_times(days, people, need, around, window=booking_window(now), grid_minutes=rules.slot_grid_minutes)


def _able(people: Sequence[Workload], need: Need) -> list[Workload]:
    """Those who can be sent: what was true of the candidates when they were named may not be so any more."""
    return [each for each in people if each.is_active and each.covers and each.offers_service(need.service_id)]
