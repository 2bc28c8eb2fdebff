"""A time for one visit by hand: moved where it has one, booked where it has none."""

from datetime import datetime, timedelta

from backend.core.business import business
from backend.core.errors import Overtaken
from backend.core.fairness import Assignment
from backend.core.transactions import step
from backend.events.actions import emit
from backend.geography.queries import locate
from backend.geography.rules import Place
from backend.scheduling.actions import book_visits, move_visits
from backend.scheduling.errors import NoStaffAvailable, OutOfArea, StaffNotQualified
from backend.scheduling.queries import workloads
from backend.scheduling.rules import Move, Offer, Queue, Slot, day_of, objection
from backend.staff.queries import active_offers, lock_staff
from backend.subscriptions.actions.placing import visit_plan
from backend.subscriptions.events import VisitPlaced
from backend.subscriptions.models import Subscription, SubscriptionAppointment
from backend.subscriptions.queries import candidates_for, lies_as_planned, need_of
from backend.subscriptions.rules import VisitStatus


@step
def give_time(
    plan: Subscription,
    visit: SubscriptionAppointment,
    *,
    start: datetime,
    staff_id: int | None = None,
    outside_hours: bool = False,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Let an open visit of a locked plan begin at `start`, with `staff_id`; the caller settles the plan.

    Without a name, a visit keeps who comes, and one without a place gets the plan's staff, or whose turn it is. Raises
    StaffNotQualified, OutOfArea, NotWorking, SlotTaken, TravelTime, DailyLimit and NoStaffAvailable. After a refusal
    the transaction must be left to fail.
    """
    place = locate(plan.postcode)
    if staff_id is not None:
        require_fit(plan, place, staff_id)
    if visit.appointment_id is not None:
        moves = {visit.appointment_id: Move(start=start, staff_id=staff_id)}
        moved = move_visits(moves=moves, outside_hours=outside_hours, actor_id=actor_id, now=now)
        if not moved:
            raise Overtaken  # it was closed between the caller's look and the lock
        comes = moved[0].staff_id
    else:
        slot = _slot_at(plan, place, start, staff_id, outside_hours=outside_hours, now=now)
        plans = [visit_plan(plan, slot, visit.sequence, place)]
        (visit.appointment,) = book_visits(visits=plans, order_id=None, actor_id=actor_id, now=now)
        comes = slot.staff_id
        _tell_placed(plan, visit, actor_id, now)
    visit.status, visit.reason = VisitStatus.SCHEDULED, ""
    visit.is_moved = not lies_as_planned(plan, visit.nominal_date, start, comes)
    visit.save(update_fields=["status", "appointment", "is_moved", "reason"])


def require_fit(plan: Subscription, place: Place, staff_id: int) -> None:
    """StaffNotQualified or OutOfArea for somebody who could not come for this plan at any time."""
    if (staff_id, plan.service_id) not in active_offers([plan.service_id]):
        raise StaffNotQualified("This member of staff does not offer the service.", ("staff_id",))
    if staff_id not in candidates_for(plan.service_id, place):
        raise OutOfArea("This member of staff does not serve the plan's postcode.", ("staff_id",))


def _slot_at(
    plan: Subscription, place: Place, start: datetime, staff_id: int | None, *, outside_hours: bool, now: datetime
) -> Slot:
    """Who comes at `start`, from claims that stay true: whoever could is locked before they are read."""
    rules, need = business(), need_of(plan)
    candidates = candidates_for(plan.service_id, place) if staff_id is None else frozenset({staff_id})
    lock_staff(candidates)
    people = workloads(
        place=place,
        service_ids=[need.service_id],
        start=start,
        end=start + timedelta(days=1),
        staff_ids=candidates,
        idle=rules.assignment is Assignment.LONGEST_IDLE,
        now=now,
    )
    day = day_of(start.astimezone(rules.zone).date(), rules.zone)
    turn = Queue(people, day=day, assignment=rules.assignment).in_order()
    in_order = sorted(turn, key=lambda person: person.staff_id != plan.staff_id)  # stable: the others stay in turn
    for person in in_order:
        end = start + timedelta(minutes=need.minutes(person.offers.get(need.service_id, Offer())))
        against = objection(
            person,
            service_id=need.service_id,
            start=start,
            end=end,
            busy_until=end + timedelta(minutes=need.buffer_minutes),
            outside_hours=outside_hours,
            field=("start",),
        )
        if against is None:
            return Slot(start, end, person.staff_id, person.staff_name, plan.price_per_appointment)
        if staff_id is not None:
            raise against
    raise NoStaffAvailable("Nobody who could come is free then.", ("start",))


def _tell_placed(plan: Subscription, visit: SubscriptionAppointment, actor_id: int | None, now: datetime) -> None:
    if visit.appointment_id is not None:
        fact = VisitPlaced(
            subscription_id=plan.pk,
            customer_id=plan.customer_id,
            visit_id=visit.pk,
            sequence=visit.sequence,
            appointment_id=visit.appointment_id,
            actor_id=actor_id,
        )
        emit([fact], now=now)
