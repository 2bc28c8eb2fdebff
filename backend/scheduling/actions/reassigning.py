"""Visits that go to colleagues at their own times: one by the office's word, or all that somebody gives up."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from backend.core.business import business
from backend.core.errors import FieldPath, InvalidTransition, Overtaken, raise_all
from backend.core.transactions import step
from backend.scheduling.actions.moving import move_visits
from backend.scheduling.actions.progress import locked_visits
from backend.scheduling.errors import NobodyTakesVisit, StaffNotQualified
from backend.scheduling.models import Appointment
from backend.scheduling.queries import appointment_rows, crew_for, describe_visit, handovers, open_visits_of
from backend.scheduling.rules import OPEN_STATUSES, AppointmentStatus, Move, hand_over, objection, with_travel
from backend.staff.queries import active_offers, lock_staff, services_offered_by


@step
def lock_with_colleagues(staff_id: int) -> frozenset[int]:
    """Lock somebody together with all who could take its visits, in id order; their ids.

    Whoever will call `reassign_visits` for visits of a person whose row it locks anyway (an absence, somebody leaving)
    calls this first: locking the colleagues later would break the order of locks, and two who leave would deadlock.
    """
    services = services_offered_by(staff_id) | set(open_visits_of(staff_id).values_list("service_id", flat=True))
    return frozenset(lock_staff({staff_id, *(who for who, _ in active_offers(services))}))


@step
def reassign_visits(
    *,
    appointment_ids: Collection[int],
    among: Collection[int] | None = None,
    field: FieldPath = (),
    actor_id: int | None,
    now: datetime,
) -> list[Appointment]:
    """Give each open visit at its own time to somebody else: all of them, or none and a refusal for each that stays.

    Whoever takes one is active, offers the service, covers the booking's postcode, works and is free then; of several,
    the business's rule of assignment chooses. `among` are people whose rows the caller has locked
    (`lock_with_colleagues`); without it, all who offer the services are locked here. Raises NobodyTakesVisit for each
    visit that has to stay, work that has begun among them, all under `field`. Closed visits are passed over. The number
    of statements does not grow with the visits.
    """
    if among is None:
        known = list(Appointment.objects.filter(pk__in=appointment_ids).values_list("staff_id", "service_id"))
        offering = active_offers({service_id for _, service_id in known})
        among = lock_staff({*(who for who, _ in known), *(who for who, _ in offering)})
    rows = list(locked_visits(appointment_ids).filter(status__in=OPEN_STATUSES))
    reasons = {row.pk: "the work has begun" for row in rows if row.status == AppointmentStatus.IN_PROGRESS}
    visits = handovers([row for row in rows if row.pk not in reasons], among)
    takers = hand_over(
        visits,
        crew_for(visits, among, now=now),
        assignment=business().assignment,
        minutes_per_mile=business().travel_minutes_per_mile,
    )
    _refuse_staying(reasons | dict(takers.reasons), field)
    # Who works and is free was decided above, under the locks; hours are not asked for a second time.
    moves = {key: Move(staff_id=who) for key, who in takers.by_visit.items()}
    return move_visits(moves=moves, outside_hours=True, actor_id=actor_id, now=now) if moves else []


@step
def give_visit_to(
    *,
    appointment_id: int,
    staff_id: int,
    outside_hours: bool = False,
    field: FieldPath = ("staff_id",),
    actor_id: int | None,
    now: datetime,
) -> Appointment:
    """Give one open visit at its own time to the named person.

    Raises InvalidTransition for a visit that has begun or is over; StaffNotQualified, OutOfArea, SlotTaken and, unless
    `outside_hours`, NotWorking, all under `field`.
    """
    old = Appointment.objects.filter(pk=appointment_id).values_list("staff_id", flat=True)
    locked = lock_staff({staff_id, *old})
    row = locked_visits([appointment_id]).get()
    if row.staff_id not in locked:
        raise Overtaken
    if row.status not in (AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED):
        raise InvalidTransition(f"A visit that is {row.status} stays with whoever has it.")
    (visit,) = handovers([row], [staff_id])
    person = next(iter(crew_for([visit], [staff_id], now=now)), None)
    if person is None:
        raise StaffNotQualified("This member of staff does not work here.", field)
    per_mile = business().travel_minutes_per_mile
    against = objection(
        replace(person, covers=staff_id in visit.covering, busy=with_travel(person.busy, visit.place, per_mile)),
        service_id=visit.service_id,
        start=visit.start,
        end=visit.end,
        busy_until=visit.busy_until,
        outside_hours=outside_hours,
        field=field,
    )
    if against is not None:
        raise against
    moves = {row.pk: Move(staff_id=staff_id)}
    (moved,) = move_visits(moves=moves, locked=locked, outside_hours=True, actor_id=actor_id, now=now)
    return moved


def _refuse_staying(reasons: Mapping[int, str], field: FieldPath) -> None:
    """NobodyTakesVisit for each visit that stays, by start, saying which it is and why."""
    rows = appointment_rows(reasons).order_by("start", "pk") if reasons else ()
    raise_all(
        [
            NobodyTakesVisit(f"{describe_visit(row)}: {reasons[row.pk]}.", field, appointment_ids=[row.pk])
            for row in rows
        ]
    )
