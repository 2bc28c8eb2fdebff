"""Direct bookings: whom a token lets in, who could come, and which other times there are."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet

from backend.core import tracking
from backend.core.business import business
from backend.core.errors import FieldPath, InvalidInput, NotFound
from backend.core.viewer import Viewer, require_signed_in
from backend.geography.rules import Place
from backend.scheduling.errors import Alternative, NoStaffAvailable, OutOfArea
from backend.scheduling.models import Appointment, CustomerAppointment
from backend.scheduling.queries import appointment_for, booking_window, covers, workloads_on
from backend.scheduling.rules import (
    ALTERNATIVE_DAYS,
    AppointmentStatus,
    Assignment,
    Day,
    Need,
    Offer,
    Queue,
    Slot,
    Wanted,
    Workload,
    day_of,
    days_between,
    other_times,
    require_bookable_start,
    require_on_grid,
    require_slot,
    slots_of_anybody,
)
from backend.staff import queries as staff_queries


def require_one_name(*, appointment_id: int | None, tracking_token: str | None, address: str) -> None:
    """Required unless a visit is named by exactly one of the two; RateLimited for tries with tokens."""
    tracking.require_one_name(appointment_id, tracking_token, what="visit", field="appointment_id", address=address)


def named_appointment(
    viewer: Viewer, *, appointment_id: int | None, tracking_token: str | None, now: datetime, lock: bool = False
) -> Appointment:
    """The visit with its booking: opened by its token, or by its id for a signed-in viewer who can see it."""
    if tracking_token is not None:
        row = appointment_by_token(tracking_token, now=now, lock=lock)
        if row is None:
            raise NotFound("There is no such visit.", ("tracking_token",))
        return row
    if appointment_id is None:
        raise InvalidInput("Name the visit.", ("appointment_id",))
    require_signed_in(viewer)
    return appointment_for(viewer, appointment_id, field=("appointment_id",), lock=lock)


def appointment_by_token(tracking_token: str, *, now: datetime, lock: bool = False) -> Appointment | None:
    """The direct booking that a tracking token opens, until the link has run out, a while after the visit's end."""
    rows = Appointment.objects.select_related("booking")
    rows = rows.select_for_update(of=("self",), no_key=True) if lock else rows
    row = tracking.find_by_token(rows, tracking_token, column="booking__tracking_token")
    return None if row is None or tracking.link_expired(row.end, None, now=now) else row


def track_appointment(*, tracking_token: str, address: str, now: datetime) -> QuerySet[Appointment]:
    """The opened visit of a token, as at most one row. RateLimited by the client's network address."""
    tracking.limit_token(tracking_token, address=address)
    row = appointment_by_token(tracking_token, now=now)
    return tracking.opened(Appointment.objects.none() if row is None else Appointment.objects.filter(pk=row.pk))


def booking_for_message(appointment_id: int) -> CustomerAppointment | None:
    """A visit's booking with all that a message about it tells.

    For messages to whoever the visit is for, hence without a viewer.
    """
    rows = CustomerAppointment.objects.select_related("appointment__service", "appointment__staff", "customer")
    return rows.filter(appointment_id=appointment_id).first()


def bookings_starting(*, after: datetime, until: datetime) -> QuerySet[CustomerAppointment]:
    """The bookings of confirmed visits that start in (after, until], the soonest first; all that is told of them."""
    rows = CustomerAppointment.objects.select_related("appointment__service", "appointment__staff", "customer")
    return rows.filter(
        appointment__status=AppointmentStatus.CONFIRMED, appointment__start__gt=after, appointment__start__lte=until
    ).order_by("appointment__start", "appointment_id")


def is_on_the_way(appointment_id: int) -> bool:
    """Whether somebody said that it is on the way to a visit, and neither has begun since nor was sent elsewhere."""
    rows = Appointment.objects.filter(pk=appointment_id, status=AppointmentStatus.CONFIRMED)
    return rows.exclude(on_the_way_at=None).exists()


def is_under_way(appointment_id: int) -> bool:
    """Whether the work has begun and is not done."""
    return Appointment.objects.filter(pk=appointment_id, status=AppointmentStatus.IN_PROGRESS).exists()


def takes_place(appointment_id: int, start: datetime) -> bool:
    """Whether a visit is confirmed for this very start."""
    return Appointment.objects.filter(pk=appointment_id, start=start, status=AppointmentStatus.CONFIRMED).exists()


def require_start(start: datetime, *, by_office: bool, now: datetime) -> None:
    """InThePast, BeyondHorizon, OffGrid, or TooSoon, which does not bind the office. Under the field `start`."""
    require_bookable_start(start, now=now, window=booking_window(now), bound_by_notice=not by_office)
    require_on_grid(start, _day_of(start), grid_minutes=business().slot_grid_minutes)


def candidates_for(service_id: int, place: Place, *, service_field: FieldPath, field: FieldPath) -> set[int]:
    """The active staff who offer a service and serve a place. Two statements.

    NoStaffAvailable, under `service_field`, where nobody offers it; OutOfArea, under `field`, where none of them comes.
    """
    offering = {staff_id for staff_id, _ in staff_queries.active_offers([service_id])}
    if not offering:
        raise NoStaffAvailable("Nobody offers this service at present.", service_field)
    coming = {staff_id for staff_id, areas in staff_queries.areas_of(offering).items() if covers(areas, place)}
    if not coming:
        raise OutOfArea("We don't come to this postcode for this service.", field)
    return coming


def choose_slot(
    start: datetime,
    need: Need,
    place: Place,
    *,
    among: Collection[int],
    staff_id: int | None,
    moving: Appointment | None = None,
    outside_hours: bool = False,
    now: datetime,
) -> Slot:
    """Who comes at `start`: the one who is named, else whoever has the visit that is `moving`, else by assignment.

    With `outside_hours` everybody may work the whole date; absences and visits are in the way as ever.
    Two statements. What it says is final only for staff rows that are locked. Raises what `require_slot` and
    `slots_of_anybody` do.
    """
    day = _day_of(start)
    people = _people_for([day], place, need, among, moving, now)
    if outside_hours:
        people = [replace(person, work=[(day.start, day.end)]) for person in people]
    if staff_id is not None:
        named = next((person for person in people if person.staff_id == staff_id), None)
        return require_slot(start, day, named, need)
    slots = slots_of_anybody(start, day, people, need)
    if moving is not None and moving.staff_id in slots:
        return slots[moving.staff_id]
    able = [person for person in people if person.staff_id in slots]
    first, *_ = Queue(able, day=day, assignment=business().assignment).in_order()
    return slots[first.staff_id]


def alternatives_around(
    wanted: datetime,
    need: Need,
    place: Place,
    *,
    staff_id: int | None,
    moving: Appointment | None = None,
    now: datetime,
) -> list[Alternative]:
    """Up to five other times that could be booked now, the best first, from the wanted day on, for a fortnight.

    For a time that is past they begin today, and near the horizon they end there. The time that a visit which is
    `moving` holds counts as free. Two statements.
    """
    zone, window = business().zone, booking_window(now)
    wanted = min(max(wanted, now), datetime.fromtimestamp(window.latest, UTC))
    last = datetime.fromtimestamp(window.latest, UTC).astimezone(zone).date()
    first = min(wanted.astimezone(zone).date(), last - timedelta(days=ALTERNATIVE_DAYS))
    days = days_between(first, first + timedelta(days=ALTERNATIVE_DAYS), zone)
    return other_times(
        days,
        _people_for(days, place, need, None, moving, now),
        need,
        Wanted(wanted, _day_of(wanted), staff_id),
        window=window,
        grid_minutes=business().slot_grid_minutes,
    )


def _people_for(
    days: Sequence[Day],
    place: Place,
    need: Need,
    staff_ids: Collection[int] | None,
    moving: Appointment | None,
    now: datetime,
) -> list[Workload]:
    """Workloads, as they would be without the visit that is moving, and with its length for whoever takes it over."""
    idle = business().assignment is Assignment.LONGEST_IDLE
    people = workloads_on(days, place=place, service_ids=[need.service_id], staff_ids=staff_ids, idle=idle, now=now)
    if moving is None:
        return people
    held = int(moving.start.timestamp())
    return [
        replace(
            person,
            offers={service_id: Offer() for service_id in person.offers},
            busy=[each for each in person.busy if person.staff_id != moving.staff_id or each.start != held],
        )
        for person in people
    ]


def _day_of(start: datetime) -> Day:
    zone = business().zone
    return day_of(start.astimezone(zone).date(), zone)
