"""Single visits of a plan: placed, left out, done, and given another time or another person from one on."""

from collections.abc import Sequence
from datetime import datetime, time
from enum import StrEnum

from django.db.models import Max

from backend.core import clock
from backend.core.business import business
from backend.core.errors import InvalidTransition, OutOfRange, Required
from backend.core.text import clean_text
from backend.core.transactions import step, use_case
from backend.core.viewer import Viewer
from backend.events.actions import emit
from backend.geography.queries import locate
from backend.scheduling.actions import cancel_visits, complete_visits, move_visits
from backend.scheduling.errors import InThePast, NoTime
from backend.scheduling.rules import Move
from backend.subscriptions.actions.changes import (
    HORIZON,
    acted_visit,
    close_changes,
    require_changeable,
    require_visit_name,
)
from backend.subscriptions.actions.lifecycle import MAX_REASON, is_ahead, require_bookable
from backend.subscriptions.actions.placing import place_visits_of
from backend.subscriptions.actions.settling import owed_visits, settle
from backend.subscriptions.actions.timing import give_time, require_fit
from backend.subscriptions.events import VisitCompleted, VisitSkipped
from backend.subscriptions.models import Subscription, SubscriptionAppointment
from backend.subscriptions.permissions import is_by_office, require_complete_visit, require_office
from backend.subscriptions.queries import (
    deadline_of,
    lies_as_planned,
    subscription_for,
    subscription_of_visit,
    times_near,
    visit_in,
)
from backend.subscriptions.rules import (
    OPEN_VISITS,
    Due,
    Frequency,
    SubscriptionStatus,
    VisitStatus,
    past_in_rhythm,
    require_in_time,
    require_on_grid,
    require_status,
    visits_from,
)


class Scope(StrEnum):
    """How far a change of a visit reaches."""

    THIS_ONE = "THIS_ONE"
    THIS_AND_LATER = "THIS_AND_LATER"


@use_case
def generate_visits(*, viewer: Viewer, subscription_id: int, now: datetime) -> Subscription:
    """Find a place for what has none: visits that are UNPLACED, and those that an active plan owes and lacks.

    As often as one likes: what has a place keeps it. Office only. NotFound, InvalidTransition, ServiceInactive.
    """
    require_office(viewer)
    plan = subscription_for(viewer, subscription_id, field=("subscription_id",), lock=True)
    require_status(SubscriptionStatus(plan.status), SubscriptionStatus.ACTIVE)
    require_bookable(plan)
    place_missing(plan, actor_id=viewer.user_id, now=now)
    return plan


@step
def place_missing(plan: Subscription, *, actor_id: int | None, now: datetime) -> None:
    """As `generate_visits`, for a locked plan."""
    rows = plan.visits.filter(status=VisitStatus.UNPLACED, due_before__gt=business().today(now)).order_by("sequence")
    due = [Due(row.sequence, row.nominal_date, row.due_before) for row in rows]
    missing = _missing(plan)
    placed = place_visits_of(plan, [*due, *missing], actor_id=actor_id, now=now)
    if missing or any(row.status == VisitStatus.SCHEDULED for row in placed):
        settle(plan, actor_id=actor_id, now=now)


def _missing(plan: Subscription) -> list[Due]:
    owed = owed_visits(plan)
    if owed <= 0:
        return []
    last = plan.visits.aggregate(date=Max("nominal_date"), sequence=Max("sequence"))
    skip = 0
    if last["date"] is not None:
        skip = past_in_rhythm(plan.rhythm_start, Frequency(plan.frequency), until=last["date"])
    return visits_from(
        plan.rhythm_start,
        Frequency(plan.frequency),
        count=owed,
        first_sequence=(last["sequence"] or 0) + 1,
        skip=skip,
    )


def skip_visit(
    *,
    viewer: Viewer,
    visit_id: int | None = None,
    tracking_token: str | None = None,
    sequence: int | None = None,
    reason: str = "",
    address: str,
    now: datetime,
) -> SubscriptionAppointment:
    """Leave one visit out; it is not made up for. Until its deadline (TooLate), by the office until it begins."""
    named = (visit_id, tracking_token, sequence)
    require_visit_name(named, address)
    return _skip(viewer=viewer, named=named, reason=reason, now=now)


@use_case
def _skip(
    *, viewer: Viewer, named: tuple[int | None, str | None, int | None], reason: str, now: datetime
) -> SubscriptionAppointment:
    plan, visit = acted_visit(viewer, named, now)
    reason = clean_text(reason, field=("reason",), max_length=MAX_REASON, required=False, multiline=True)
    require_changeable(plan, visit, now=now)
    if not is_by_office(viewer, named[1]):
        require_in_time(deadline_of(visit), now=now)
    if visit.appointment_id is not None:
        ids = [visit.appointment_id]
        cancel_visits(appointment_ids=ids, order_id=None, actor_id=viewer.user_id, reason=reason, now=now)
    leave_out(plan, visit, reason=reason, actor_id=viewer.user_id, now=now)
    settle(plan, actor_id=viewer.user_id, now=now)
    return visit


@step
def leave_out(
    plan: Subscription, visit: SubscriptionAppointment, *, reason: str, actor_id: int | None, now: datetime
) -> None:
    """Mark a visit of a locked plan as skipped; the caller settles the plan."""
    close_changes(plan, [visit.pk], actor_id=actor_id, now=now)
    visit.status = VisitStatus.SKIPPED
    visit.save(update_fields=["status"])
    fact = VisitSkipped(
        subscription_id=plan.pk,
        customer_id=plan.customer_id,
        visit_id=visit.pk,
        sequence=visit.sequence,
        reason=reason,
        actor_id=actor_id,
    )
    emit([fact], now=now)


@use_case
def complete_visit(*, viewer: Viewer, visit_id: int, now: datetime) -> SubscriptionAppointment:
    """A visit is done; the plan counts it, and is complete with the last. Its own member of staff, or the office.

    Raises NotFound, NotAllowed, and InvalidTransition for a visit that is closed or has no place.
    """
    plan = subscription_of_visit(viewer, visit_id)
    visit = visit_in(plan, visit_id=visit_id, field=("visit_id",))
    require_complete_visit(viewer, None if visit.appointment is None else visit.appointment.staff_id)
    if visit.status != VisitStatus.SCHEDULED or visit.appointment_id is None:
        raise InvalidTransition(f"This visit is {visit.status}.", ("visit_id",))
    ids = [visit.appointment_id]
    if not complete_visits(appointment_ids=ids, order_id=None, actor_id=viewer.user_id, now=now):
        raise InvalidTransition("This visit is closed already.", ("visit_id",))
    count_done(plan, visit, actor_id=viewer.user_id, now=now)
    settle(plan, actor_id=viewer.user_id, now=now)
    return visit


@step
def count_done(plan: Subscription, visit: SubscriptionAppointment, *, actor_id: int | None, now: datetime) -> None:
    """Mark a visit of a locked plan as done; the caller settles the plan."""
    close_changes(plan, [visit.pk], actor_id=actor_id, now=now)
    visit.status = VisitStatus.COMPLETED
    visit.save(update_fields=["status"])
    fact = VisitCompleted(
        subscription_id=plan.pk,
        customer_id=plan.customer_id,
        visit_id=visit.pk,
        sequence=visit.sequence,
        actor_id=actor_id,
    )
    emit([fact], now=now)


def place_visit(
    *,
    viewer: Viewer,
    visit_id: int,
    start: datetime,
    staff_id: int | None = None,
    outside_hours: bool = False,
    now: datetime,
) -> SubscriptionAppointment:
    """The office gives a visit without a place its time, with whom it names, the plan's staff, or whose turn it is.

    Raises NotFound, InvalidTransition, InThePast, OutOfRange beyond any plan, StaffNotQualified, OutOfArea, and
    NotWorking, SlotTaken, TravelTime, DailyLimit or NoStaffAvailable with other times.
    """
    try:
        return _place(
            viewer=viewer, visit_id=visit_id, start=start, staff_id=staff_id, outside_hours=outside_hours, now=now
        )
    except NoTime as error:
        row = SubscriptionAppointment.objects.select_related("subscription").get(pk=visit_id)
        error.alternatives = times_near(row.subscription, start, now=now)
        raise


@use_case
def _place(
    *, viewer: Viewer, visit_id: int, start: datetime, staff_id: int | None, outside_hours: bool, now: datetime
) -> SubscriptionAppointment:
    require_office(viewer)
    plan = subscription_of_visit(viewer, visit_id)
    visit = visit_in(plan, visit_id=visit_id, field=("visit_id",))
    require_changeable(plan, visit, now=now)
    if visit.status != VisitStatus.UNPLACED:
        raise InvalidTransition("This visit has a place: change it instead.", ("visit_id",))
    if start <= now:
        raise InThePast("This time is past.", ("start",))
    if start > now + HORIZON:
        raise OutOfRange("This lies further ahead than any plan.", ("start",))
    give_time(
        plan,
        visit,
        start=start,
        staff_id=staff_id,
        outside_hours=outside_hours,
        actor_id=viewer.user_id,
        now=now,
    )
    settle(plan, actor_id=viewer.user_id, now=now)
    return visit


@use_case
def change_visits(
    *,
    viewer: Viewer,
    visit_id: int,
    scope: Scope,
    at: time | None = None,
    staff_id: int | None = None,
    outside_hours: bool = False,
    now: datetime,
) -> Subscription:
    """The office gives one visit, or it and all later ones, another time of day, another person, or both.

    All of them or none; dates stay, and what is so already is no change. For all later ones, the plan keeps the new
    time and person for what is planned from now on, its visits without a place included. Raises Required, NotFound,
    InvalidTransition, InvalidInput, StaffNotQualified, OutOfArea, NotWorking unless `outside_hours`, SlotTaken,
    TravelTime, DailyLimit and InThePast.
    """
    require_office(viewer)
    if at is None and staff_id is None:
        raise Required("Say another time, or who should come.", ("time",))
    plan = subscription_of_visit(viewer, visit_id)
    visit = visit_in(plan, visit_id=visit_id, field=("visit_id",))
    require_changeable(plan, visit, now=now)
    if at is not None:
        require_on_grid(at, grid_minutes=business().slot_grid_minutes, field=("time",))
    if staff_id is not None:
        require_fit(plan, locate(plan.postcode), staff_id)
    rows = [visit] if scope is Scope.THIS_ONE else _later(plan, visit, now)
    moves = _moves(rows, at, staff_id, now)
    if moves:
        move_visits(moves=moves, outside_hours=outside_hours, actor_id=viewer.user_id, now=now)
    if scope is Scope.THIS_AND_LATER:
        plan.visit_time, plan.staff_id = at or plan.visit_time, staff_id or plan.staff_id
    _note_places(plan, rows, keeps_reason=scope is Scope.THIS_AND_LATER)
    settle(plan, actor_id=viewer.user_id, now=now)
    return plan


def _later(plan: Subscription, visit: SubscriptionAppointment, now: datetime) -> list[SubscriptionAppointment]:
    """The visit and all open ones behind it that have not begun."""
    rows = plan.visits.filter(status__in=OPEN_VISITS, sequence__gte=visit.sequence).select_related("appointment")
    return [row for row in rows if row.appointment is None or is_ahead(row.appointment, now)]


def _moves(
    rows: Sequence[SubscriptionAppointment], at: time | None, staff_id: int | None, now: datetime
) -> dict[int, Move]:
    """Where the visits go that do not lie there already: nobody is told of a move that is none."""
    moves: dict[int, Move] = {}
    for row in rows:
        if row.appointment is None:
            continue
        start = row.appointment.start if at is None else _at(row.appointment.start, at)
        if start <= now:
            raise InThePast("This time is past.", ("time",))
        if start != row.appointment.start or staff_id not in (None, row.appointment.staff_id):
            moves[row.appointment.pk] = Move(start=start, staff_id=staff_id)
    return moves


def _at(start: datetime, at: time) -> datetime:
    """The same date at another time of day."""
    zone = business().zone
    return clock.instant(start.astimezone(zone).date(), at, zone)


def _note_places(plan: Subscription, visits: Sequence[SubscriptionAppointment], *, keeps_reason: bool) -> None:
    """Note of visits whether they lie where the plan says now, and why one that still does not was moved."""
    rows = plan.visits.filter(pk__in=[each.pk for each in visits], appointment__isnull=False)
    noted = list(rows.select_related("appointment"))
    for row in noted:
        if row.appointment is not None:
            row.is_moved = not lies_as_planned(plan, row.nominal_date, row.appointment.start, row.appointment.staff_id)
            row.reason = row.reason if row.is_moved and keeps_reason else ""
    SubscriptionAppointment.objects.bulk_update(noted, ["is_moved", "reason"])
