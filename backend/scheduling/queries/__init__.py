"""Visits as their viewers may see them, and everybody's time."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Q, QuerySet
from psycopg.types.range import Range

from backend.catalogue import queries as catalogue
from backend.catalogue.errors import ServiceInactive
from backend.core import clock
from backend.core.business import business
from backend.core.errors import FieldPath, InvalidInput, NotFound, OutOfRange, Refusal, raise_all
from backend.core.money import ZERO
from backend.core.viewer import Scope, Viewer
from backend.geography.queries import locate_all
from backend.geography.rules import Place, miles_between
from backend.scheduling.models import Appointment, Claim, CustomerAppointment, ExternalBusy, Hold
from backend.scheduling.permissions import require_schedule
from backend.scheduling.rules import (
    MAX_TRAVEL_MINUTES,
    OPEN_STATUSES,
    Alternative,
    AppointmentStatus,
    Assignment,
    Busy,
    Day,
    Handover,
    Need,
    Offer,
    Queue,
    Span,
    Window,
    Workload,
    day_of,
    days_between,
    may_take,
    with_external,
    with_travel,
    without_breaks,
    working_spans,
)
from backend.staff import queries as staff_queries
from backend.staff.queries import Area, Hours, Roster


def appointments_visible_to(viewer: Viewer) -> QuerySet[Appointment]:
    """Customers see their own visits, staff those in their own day, managers those of whom they manage, admins all.

    So do partners with orders:read.
    """
    rows = Appointment.objects.all()
    if viewer.manages_all or viewer.has_scope(Scope.ORDERS_READ):
        return rows
    if viewer.manager is not None:
        managed = Q(staff__in=viewer.manager.staff_ids) | Q(booking__customer__in=viewer.manager.customer_ids)
        return rows.filter(managed)
    if viewer.staff_id is not None:
        return rows.filter(staff_id=viewer.staff_id)
    if viewer.customer_id is not None:
        return rows.filter(booking__customer_id=viewer.customer_id)
    return rows.none()


def bookings_visible_to(viewer: Viewer) -> QuerySet[CustomerAppointment]:
    """Whom visible visits are for. For the office, which sees contacts (`permissions.sees_contact`)."""
    return CustomerAppointment.objects.filter(appointment__in=appointments_visible_to(viewer))


def external_busy_visible_to(viewer: Viewer) -> QuerySet[ExternalBusy]:
    """What is done elsewhere: by oneself, and by the staff that one manages."""
    staff_ids = _scheduled_staff(viewer)
    return ExternalBusy.objects.all() if staff_ids is None else ExternalBusy.objects.filter(staff__in=staff_ids)


def claims_visible_to(viewer: Viewer) -> QuerySet[Claim]:
    """Whose time is taken: of oneself, and of the staff that one manages."""
    staff_ids = _scheduled_staff(viewer)
    return Claim.objects.all() if staff_ids is None else Claim.objects.filter(staff__in=staff_ids)


def holds_visible_to(viewer: Viewer) -> QuerySet[Hold]:
    """Held times: of oneself, and of the staff that one manages."""
    staff_ids = _scheduled_staff(viewer)
    return Hold.objects.all() if staff_ids is None else Hold.objects.filter(staff__in=staff_ids)


def visits_on(viewer: Viewer, day: date) -> QuerySet[Appointment]:
    """Visible visits that start on a date of the business's zone, by start."""
    zone = business().zone
    rows = appointments_visible_to(viewer).filter(
        start__gte=clock.instant(day, time.min, zone), start__lt=clock.instant(day + timedelta(days=1), time.min, zone)
    )
    return rows.order_by("start", "id")


def count_visits(rows: QuerySet[Appointment]) -> dict[str, int]:
    """How many of the visits stand where. One statement."""
    return dict(rows.order_by().values_list("status").annotate(number=Count("pk")))


def appointment_rows(appointment_ids: Iterable[int]) -> QuerySet[Appointment]:
    """Visits with what and who they are about, whatever the viewer: for whom they are, has been decided before."""
    rows = Appointment.objects.select_related("staff", "service", "booking")
    return rows.filter(pk__in=set(appointment_ids))


def appointment_for(viewer: Viewer, appointment_id: int, *, field: FieldPath = (), lock: bool = False) -> Appointment:
    """The visible visit, or NotFound."""
    rows = appointments_visible_to(viewer).select_related("booking")
    rows = rows.select_for_update(of=("self",), no_key=True) if lock else rows
    appointment = rows.filter(pk=appointment_id).first()
    if appointment is None:
        raise NotFound("There is no such visit.", field)
    return appointment


MAX_DAYS = 62
"""The longest search and the longest schedule, in days."""

MAX_SCHEDULE = 2_000
"""The most visits that one schedule shows."""

_DONE_STATUSES = [AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW]
_LONGEST_VISIT = timedelta(days=7)
_FIRST_INSTANT = datetime.min.replace(tzinfo=UTC)


def schedule(viewer: Viewer, start: datetime, end: datetime, *, staff_id: int | None = None) -> QuerySet[Appointment]:
    """Visits that reach into [start, end), by start: one's own, or those of the staff that one manages.

    NotSignedIn for nobody, NotAllowed for customers, NotFound for a member of staff out of sight; refuses what is too
    long to show.
    """
    require_schedule(viewer)
    if end <= start:
        raise InvalidInput("The time ends before it begins.", ("to",))
    if end - start > timedelta(days=MAX_DAYS):
        raise OutOfRange(f"A schedule covers at most {MAX_DAYS} days.", ("to",))
    # The lower bound on start lets the index skip the past.
    since = start - min(_LONGEST_VISIT, start - _FIRST_INSTANT)
    rows = Appointment.objects.filter(start__gte=since, start__lt=end, end__gt=start)
    managed = _scheduled_staff(viewer)
    if staff_id is not None:
        if managed is not None and staff_id not in managed:
            raise NotFound("There is no such member of staff.", ("staff_id",))
        rows = rows.filter(staff_id=staff_id)
    elif managed is not None:
        rows = rows.filter(staff__in=managed)
    if rows.order_by()[MAX_SCHEDULE:].exists():
        raise OutOfRange(f"These are more than {MAX_SCHEDULE} visits. Ask for fewer days or one person.", ("to",))
    return rows.order_by("start", "id")


def _scheduled_staff(viewer: Viewer) -> frozenset[int] | None:
    """Whose schedule a viewer may look at; None is everyone's."""
    if viewer.manages_all:
        return None
    if viewer.manager is not None:
        return viewer.manager.staff_ids
    return frozenset() if viewer.staff_id is None else frozenset({viewer.staff_id})


def workloads(
    *,
    place: Place | None,
    service_ids: Iterable[int],
    start: datetime,
    end: datetime,
    staff_ids: Iterable[int] | None = None,
    idle: bool = False,
    now: datetime,
) -> list[Workload]:
    """Who could come, and when everybody works and is busy in [start, end), by staff id.

    Without `staff_ids`, the active staff who offer any of the services; with them, exactly those. `covers` is about
    `place`, and true for all where there is none. Working hours and claims are known for the whole dates that the
    window touches. Two statements, however many people and days; one more where anybody has a daily limit, and one
    more where `idle` asks since when they had no visit, which the rule of assignment takes where the business sends
    people in turn. In a transaction that has locked the staff rows, claims are as they will stay until it ends. Holds
    that are over at `now` count as free time, swept or not. With `place`, claims know the way there (`Busy.travel`).
    """
    zone = business().zone
    first, last = start.astimezone(zone).date(), max(start, end - timedelta(microseconds=1)).astimezone(zone).date()
    days = days_between(first, last, zone)
    return workloads_on(days, place=place, service_ids=service_ids, staff_ids=staff_ids, idle=idle, now=now)


def workloads_on(
    days: Sequence[Day],
    *,
    place: Place | None,
    service_ids: Iterable[int],
    staff_ids: Iterable[int] | None = None,
    idle: bool = False,
    now: datetime,
) -> list[Workload]:
    """As `workloads`, for consecutive dates."""
    rosters = staff_queries.rosters(
        service_ids=set(service_ids), staff_ids=staff_ids, first_day=days[0].date, last_day=days[-1].date
    )
    people = [roster.staff_id for roster in rosters]
    claims = _claims(people, days[0].start, days[-1].end, now)
    limited = [roster.staff_id for roster in rosters if roster.max_visits_per_day is not None]
    first, end = (datetime.fromtimestamp(second, UTC) for second in (days[0].start, days[-1].end))
    done = done_starts(limited, first, end)
    found = [_workload(each, days, place, claims[each.staff_id], done.get(each.staff_id, ())) for each in rosters]
    if idle:
        ends = _last_visit_ends(people, days)
        found = [replace(each, last_visit_end=ends.get(each.staff_id)) for each in found]
    return found


def _workload(
    roster: Roster, days: Sequence[Day], place: Place | None, busy: Sequence[Busy], done: Sequence[int]
) -> Workload:
    limit = roster.max_visits_per_day
    return Workload(
        staff_id=roster.staff_id,
        staff_name=roster.name,
        is_active=roster.is_active,
        covers=place is None or covers(roster.areas, place),
        offers={key: Offer(each.price_override, each.duration_override_minutes) for key, each in roster.offers.items()},
        work=working_spans(
            days,
            {weekday: _minutes(hours) for weekday, hours in roster.week.items()},
            {day: _minutes(hours) for day, hours in roster.exceptions.items()},
        ),
        busy=with_travel(busy, place, business().travel_minutes_per_mile),
        max_visits_per_day=limit,
        dates=() if limit is None else [(day.start, day.end) for day in days],
        done=done,
    )


_LAST_VISIT_ENDS = """
SELECT staff_id, max(extract(epoch FROM "end")::bigint + buffer_minutes * 60)
FROM scheduling_appointment
WHERE staff_id = ANY(%s)
  AND (status = 'COMPLETED' AND start < to_timestamp(%s) OR status = ANY(%s) AND start < to_timestamp(%s))
GROUP BY staff_id
"""


def _last_visit_ends(staff_ids: Sequence[int], days: Sequence[Day]) -> dict[int, int]:
    """When each one's last visit that shows no claim on `days` ended, with its buffer. One statement."""
    with connection.cursor() as cursor:
        opened = [status.value for status in OPEN_STATUSES]
        cursor.execute(_LAST_VISIT_ENDS, [list(staff_ids), days[-1].end, opened, days[0].start])
        return dict(cursor.fetchall())


def covers(areas: Iterable[Area], place: Place) -> bool:
    """Whether the place lies in any of the circles."""
    return any(
        miles_between(area.latitude, area.longitude, place.latitude, place.longitude) <= area.radius_miles
        for area in areas
    )


def _minutes(hours: Hours | None) -> list[tuple[int, int]]:
    if hours is None:
        return []
    breaks = [(_minute(low), _minute(high)) for low, high in hours.breaks]
    return without_breaks(_minute(hours.start), _minute(hours.end), breaks)


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


# Plain SQL: ten thousand rows through the ORM's converters, each with two instants, cost several times the search that
# they are read for. Where travel is off, nobody asks where the visits are.
_CLAIMS = """
SELECT staff_id, extract(epoch FROM lower(period))::bigint, extract(epoch FROM upper(period))::bigint,
       kind = 'TIME_OFF', kind = 'HOLD', id{where}
FROM scheduling_claim
WHERE staff_id = ANY(%s) AND period && tstzrange(to_timestamp(%s), to_timestamp(%s))
  AND (expires_at IS NULL OR expires_at > %s)
ORDER BY staff_id, lower(period)
"""
_ELSEWHERE = """
SELECT staff_id, extract(epoch FROM lower(period))::bigint, extract(epoch FROM upper(period))::bigint
FROM scheduling_externalbusy
WHERE staff_id = ANY(%s) AND period && tstzrange(to_timestamp(%s), to_timestamp(%s))
"""
_PLAIN_CLAIMS, _PLACED_CLAIMS = _CLAIMS.format(where=""), _CLAIMS.format(where=", latitude, longitude")


def claims_between(
    staff_ids: Iterable[int], start: datetime, end: datetime, *, now: datetime
) -> Mapping[int, list[Busy]]:
    """Claims that reach into [start, end), ascending, by member of staff. One statement.

    Where the business keeps away from what staff do elsewhere, that comes as absences, by one more.

    Holds that are over at `now` are left out. With travel on, the claims a day before and after
    come as well: the longest way that is counted.
    """
    return _claims(sorted(staff_ids), int(start.timestamp()), math.ceil(end.timestamp()), now)


def done_starts(staff_ids: Collection[int], start: datetime, end: datetime) -> Mapping[int, list[int]]:
    """Starts, in epoch seconds, of visits in [start, end) that are done or missed: they hold no claim any more, but
    count towards a daily limit. One statement, none for nobody.
    """
    found: defaultdict[int, list[int]] = defaultdict(list)
    if staff_ids:
        rows = Appointment.objects.filter(
            staff__in=list(staff_ids), start__gte=start, start__lt=end, status__in=_DONE_STATUSES
        )
        for staff_id, at in rows.order_by("start").values_list("staff_id", "start"):
            found[staff_id].append(int(at.timestamp()))
    return found


def starts_of(appointment_ids: Iterable[int]) -> dict[int, datetime]:
    """When visits begin, in UTC, by id. One statement."""
    return dict(Appointment.objects.filter(pk__in=list(appointment_ids)).values_list("pk", "start"))


def statuses_of(appointment_ids: Iterable[int]) -> dict[int, AppointmentStatus]:
    """Where visits stand, by id. One statement."""
    rows = Appointment.objects.filter(pk__in=list(appointment_ids)).values_list("pk", "status")
    return {key: AppointmentStatus(status) for key, status in rows}


def claims_of(*, appointment_ids: Collection[int] = (), hold_ids: Collection[int] = ()) -> set[tuple[int, int]]:
    """Member of staff and start, in epoch seconds, of the claims of visits and holds. One statement, none for none."""
    if not appointment_ids and not hold_ids:
        return set()
    claims = Claim.objects.filter(Q(appointment__in=appointment_ids) | Q(hold__in=hold_ids))
    rows = claims.values_list("staff_id", "period")
    return {(staff_id, int(period.lower.timestamp())) for staff_id, period in rows}


def claims_in_the_way(staff_id: int, start: datetime, end: datetime) -> list[Claim]:
    """Claims of one member of staff in [start, end), holds left out, with their visits, by start. One statement."""
    rows = Claim.objects.filter(staff_id=staff_id, period__overlap=Range(start, end), hold=None)
    return list(rows.select_related("appointment__service", "appointment__booking").order_by("period"))


def _claims(staff_ids: Sequence[int], start: int, end: int, now: datetime) -> Mapping[int, list[Busy]]:
    """As `claims_between`, from epoch seconds."""
    found: defaultdict[int, list[Busy]] = defaultdict(list)
    travels = bool(business().travel_minutes_per_mile)
    around = MAX_TRAVEL_MINUTES * 60 if travels else 0
    given: list[Any] = [list(staff_ids), start - around, end + around, now]
    with connection.cursor() as cursor:
        cursor.execute(_PLACED_CLAIMS if travels else _PLAIN_CLAIMS, given)
        for staff_id, *claim in cursor.fetchall():
            found[staff_id].append(Busy(*claim))
    if business().external_busy_blocks:
        for staff_id, spans in _elsewhere(given[:3]).items():
            found[staff_id] = with_external(found[staff_id], spans)
    return found


def _elsewhere(given: Sequence[Any]) -> Mapping[int, list[Span]]:
    """When people are busy elsewhere, as their own calendars tell, in epoch seconds."""
    found: defaultdict[int, list[Span]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_ELSEWHERE, given)
        for staff_id, start, end in cursor.fetchall():
            found[staff_id].append((start, end))
    return found


def booking_window(now: datetime) -> Window:
    """The starts that customers may book at `now`: after the notice, before the horizon."""
    configured = business()
    return Window(
        earliest=math.ceil((now + configured.booking_notice).timestamp()),
        latest=int((now + configured.booking_horizon).timestamp()),
    )


def need_for(viewer: Viewer, service_id: int, extra_ids: Sequence[int] = ()) -> Need:
    """What a visit for one of a service takes, with its extras. Two statements.

    NotFound for a service that the viewer can't see and for an extra of another one; ServiceInactive for what can't be
    booked; InvalidInput for an extra named twice.
    """
    service = catalogue.service_for(viewer, service_id, field=("service_id",))
    if not service.is_bookable:
        raise ServiceInactive("This service can't be booked.", ("service_id",))
    extras = catalogue.extras_by_id(extra_ids)
    refusals: list[Refusal] = []
    for position, extra_id in enumerate(extra_ids):
        extra, field = extras.get(extra_id), ("extra_ids", position)
        if extra is None or extra.service_id != service.pk:
            refusals.append(NotFound("The service has no such extra.", field))
        elif not extra.is_active:
            refusals.append(ServiceInactive("This extra can't be chosen any more.", field))
        elif extra_id in extra_ids[:position]:
            refusals.append(InvalidInput("This extra is named twice.", field))
    raise_all(refusals)
    return Need(
        service_id=service.pk,
        duration_minutes=service.duration_minutes,
        buffer_minutes=service.buffer_minutes,
        price=service.price,
        extra_minutes=sum(extra.duration_minutes for extra in extras.values()),
        extra_price=sum((extra.price for extra in extras.values()), ZERO),
    )


# --- Visits that change hands ---------------------------------------------------------------------------------------


def open_visits_of(staff_id: int, *, since: datetime | None = None) -> QuerySet[Appointment]:
    """Somebody's visits that are not closed, by start; with `since`, those that are not over by then."""
    rows = Appointment.objects.filter(staff=staff_id, status__in=OPEN_STATUSES)
    return (rows if since is None else rows.filter(end__gt=since)).order_by("start", "id")


def handovers(visits: Sequence[Appointment], among: Collection[int]) -> list[Handover]:
    """Visits, with their bookings, as the rule of handing over knows them. Two statements, however many."""
    zone = business().zone
    places = locate_all(visit.booking.postcode for visit in visits)
    areas = staff_queries.areas_of(among)

    def covering(place: Place | None) -> frozenset[int]:
        return frozenset(() if place is None else (who for who in areas if covers(areas[who], place)))

    return [
        Handover(
            appointment_id=visit.pk,
            service_id=visit.service_id,
            staff_id=visit.staff_id,
            start=visit.start,
            end=visit.end,
            busy_until=visit.end + timedelta(minutes=visit.buffer_minutes),
            day=day_of(visit.start.astimezone(zone).date(), zone),
            covering=covering(places.get(visit.booking.postcode)),
            place=places.get(visit.booking.postcode),
        )
        for visit in visits
    ]


def crew_for(visits: Sequence[Handover], among: Collection[int], *, now: datetime) -> list[Workload]:
    """What is known of `among` over the whole time of the visits, wherever these are. Two or three statements."""
    if not visits:
        return []
    return workloads(
        place=None,
        service_ids={visit.service_id for visit in visits},
        start=min(visit.start for visit in visits),
        end=max(visit.busy_until for visit in visits),
        staff_ids=among,
        idle=business().assignment is Assignment.LONGEST_IDLE,
        now=now,
    )


def colleagues_who_could(appointment_id: int, *, at_most: int, now: datetime) -> list[Alternative]:
    """Who else could take an open visit at its own time, whoever is to be sent first in front."""
    visits = list(appointment_rows([appointment_id]).filter(status__in=OPEN_STATUSES))
    among = {who for who, _ in staff_queries.active_offers([visit.service_id for visit in visits])}
    found = handovers(visits, among)
    crew = crew_for(found, among, now=now)
    return [
        Alternative(visit.start, visit.end, person.staff_id, person.staff_name)
        for visit in found
        for person in Queue(crew, day=visit.day, assignment=business().assignment).in_order()
        if may_take(visit, person, minutes_per_mile=business().travel_minutes_per_mile)
    ][:at_most]


def describe_visit(visit: Appointment) -> str:
    """What, for whom and when, on the business's wall. Fetch service and booking with the row."""
    at = visit.start.astimezone(business().zone)
    return f"{visit.service.name} for {visit.booking.contact_name} on {at:%-d %b %Y at %H:%M}"
