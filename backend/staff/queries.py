"""The people in the field, as others see them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from backend.core.business import business
from backend.core.errors import FieldPath, NotFound
from backend.core.viewer import Viewer
from backend.staff.models import ScheduleException, Staff, StaffArea, StaffChange, StaffSchedule, StaffService, TimeOff
from backend.staff.permissions import require_keep_time


def sees_all_of(viewer: Viewer, staff_id: int) -> bool:
    """Whether contact data, hours, areas, services and absences are shown: to the person and to whoever manages it."""
    return viewer.staff_id == staff_id or viewer.manages_staff(staff_id)


def staff_visible_to(viewer: Viewer) -> QuerySet[Staff]:
    """Active staff for everyone; inactive ones for whoever manages them, and for themselves.

    What is shown of them beyond name and text is another question: `sees_all_of`.
    """
    if viewer.manages_all:
        return Staff.objects.all()
    return Staff.objects.filter(Q(is_active=True) | Q(pk__in=_full(viewer)))


def staff_in_full(viewer: Viewer) -> QuerySet[Staff]:
    """The staff of whom the viewer sees everything, as `sees_all_of` says."""
    return Staff.objects.all() if viewer.manages_all else Staff.objects.filter(pk__in=_full(viewer))


def staff_for(viewer: Viewer, staff_id: int, *, field: FieldPath = (), lock: bool = False) -> Staff:
    """The visible member of staff, or NotFound. `lock` is FOR NO KEY UPDATE, as `lock_staff` does for several."""
    rows = staff_visible_to(viewer)
    staff = (rows.select_for_update(no_key=True) if lock else rows).filter(pk=staff_id).first()
    if staff is None:
        raise NotFound("There is no such member of staff.", field)
    return staff


def staff_offering(service_id: int) -> QuerySet[Staff]:
    """Whoever offers a service, active or not, whatever the viewer: narrows down what is visible."""
    return Staff.objects.filter(services__service_id=service_id)


def lock_staff(staff_ids: Iterable[int]) -> dict[int, Staff]:
    """Lock the rows in id order, in one statement, until the transaction ends: whoever claims time does so first.

    `FOR NO KEY UPDATE`, so that rows which merely refer to the person can still be written. Ids without a row are left
    out of the answer.
    """
    rows = Staff.objects.filter(pk__in=set(staff_ids)).order_by("pk").select_for_update(no_key=True)
    return {row.pk: row for row in rows}


def week_visible_to(viewer: Viewer) -> QuerySet[StaffSchedule]:
    """Working hours of the staff that the viewer sees all of, from Monday."""
    return StaffSchedule.objects.filter(_of_full(viewer)).order_by("day_of_week")


def exceptions_visible_to(viewer: Viewer) -> QuerySet[ScheduleException]:
    """Dates off or with other hours of the staff that the viewer sees all of, by date."""
    return ScheduleException.objects.filter(_of_full(viewer)).order_by("date")


def exceptions_from(viewer: Viewer, today: date) -> QuerySet[ScheduleException]:
    """Those of `exceptions_visible_to` that are not past."""
    return exceptions_visible_to(viewer).filter(date__gte=today)


def offers_visible_to(viewer: Viewer) -> QuerySet[StaffService]:
    """Services, with own prices and durations, of the staff that the viewer sees all of."""
    return StaffService.objects.filter(_of_full(viewer)).order_by("service__name", "pk")


def areas_visible_to(viewer: Viewer) -> QuerySet[StaffArea]:
    """Areas of the staff that the viewer sees all of."""
    return StaffArea.objects.filter(_of_full(viewer)).order_by("postcode", "pk")


def time_off_visible_to(viewer: Viewer) -> QuerySet[TimeOff]:
    """Absences of the staff that the viewer sees all of."""
    return TimeOff.objects.filter(_of_full(viewer)).order_by("start", "pk")


def time_off_for(viewer: Viewer, time_off_id: int, *, field: FieldPath = ()) -> TimeOff:
    """The visible absence, or NotFound."""
    absence = time_off_visible_to(viewer).filter(pk=time_off_id).first()
    if absence is None:
        raise NotFound("There is no such absence.", field)
    return absence


def staff_of_time_off(viewer: Viewer, time_off_id: int) -> int | None:
    """Whose visible absence it is; None where there is none, which is for the action to refuse."""
    return time_off_visible_to(viewer).filter(pk=time_off_id).values_list("staff_id", flat=True).first()


def time_off_from(viewer: Viewer, now: datetime) -> QuerySet[TimeOff]:
    """Those of `time_off_visible_to` that are not over."""
    return time_off_visible_to(viewer).filter(end__gt=now)


def waits_for_office(viewer: Viewer, staff_id: int | None) -> bool:
    """Whether what the viewer changes of this member's time and places waits for approval: its own, by the setting."""
    return staff_id is not None and viewer.staff_id == staff_id and business().staff_changes_need_approval


def staff_changes_visible_to(viewer: Viewer) -> QuerySet[StaffChange]:
    """Requests of the staff that the viewer sees all of, the newest first."""
    return StaffChange.objects.filter(_of_full(viewer))


def staff_changes_for(viewer: Viewer) -> QuerySet[StaffChange]:
    """As `staff_changes_visible_to`, but NotSignedIn or NotAllowed for who keeps nobody's time."""
    require_keep_time(viewer)
    return staff_changes_visible_to(viewer)


def staff_change_for(viewer: Viewer, change_id: int, *, lock: bool = False) -> StaffChange:
    """The visible request, or NotFound."""
    rows = staff_changes_visible_to(viewer)
    rows = rows.select_for_update(of=("self",), no_key=True) if lock else rows
    change = rows.select_related("staff").filter(pk=change_id).first()
    if change is None:
        raise NotFound("There is no such request.", ("change_id",))
    return change


def _full(viewer: Viewer) -> set[int]:
    """Ids of the staff that a viewer who does not manage everybody sees all of, as `sees_all_of` says."""
    ids = set() if viewer.manager is None else set(viewer.manager.staff_ids)
    return ids if viewer.staff_id is None else ids | {viewer.staff_id}


def _of_full(viewer: Viewer) -> Q:
    """As `_full`, for rows that belong to staff."""
    return Q() if viewer.manages_all else Q(staff__in=_full(viewer))


def staff_rows(staff_ids: Iterable[int]) -> QuerySet[Staff]:
    """Staff by their ids, whatever the viewer: for whom they are named, has been decided before."""
    return Staff.objects.filter(pk__in=set(staff_ids))


def all_staff() -> QuerySet[Staff]:
    """Everybody, to be followed from rows that name them and that the caller has shown to be the viewer's."""
    return Staff.objects.all()


def staff_photo_files(names: Collection[str] | None = None) -> set[str]:
    """The files of the pictures of staff, or those of `names` that they are."""
    rows = Staff.objects.exclude(photo="") if names is None else Staff.objects.filter(photo__in=names)
    return set(rows.values_list("photo", flat=True))


# --- Rosters: what scheduling computes availability from, as plain values -------------------------------------------


@dataclass(frozen=True, slots=True)
class Terms:
    """Price and minutes at which somebody does a service, where they differ from the service's own."""

    price_override: Decimal | None
    duration_override_minutes: int | None


@dataclass(frozen=True, slots=True)
class Hours:
    """Working hours of one day, wall clock; `breaks` as pairs of wall-clock times."""

    start: time
    end: time
    breaks: Sequence[tuple[time, time]] = ()


@dataclass(frozen=True, slots=True)
class Area:
    """A circle: centre in degrees (WGS 84), radius in statute miles."""

    latitude: float
    longitude: float
    radius_miles: float


@dataclass(slots=True)
class Roster:
    """What is entered for one member of staff. `week` by weekday (0 is Monday); an exception of None is a day off."""

    staff_id: int
    name: str
    is_active: bool
    max_visits_per_day: int | None = None
    offers: dict[int, Terms] = field(default_factory=dict)
    areas: list[Area] = field(default_factory=list)
    week: dict[int, Hours] = field(default_factory=dict)
    exceptions: dict[date, Hours | None] = field(default_factory=dict)


# One statement in plain SQL: through the ORM the same were five, and composing them took longer than running them.
_ROSTERS = """
SELECT staff.id, staff.name, staff.is_active, staff.max_visits_per_day,
  (SELECT json_agg(json_build_array(service_id, price_override::text, duration_override_minutes))
   FROM staff_staffservice WHERE staff_id = staff.id AND service_id = ANY(%(services)s)),
  (SELECT json_agg(json_build_array(latitude, longitude, radius_miles) ORDER BY id)
   FROM staff_staffarea WHERE staff_id = staff.id),
  (SELECT json_agg(json_build_array(day_of_week, start, "end", breaks))
   FROM staff_staffschedule WHERE staff_id = staff.id),
  (SELECT json_agg(json_build_array(date, start, "end"))
   FROM staff_scheduleexception WHERE staff_id = staff.id AND date BETWEEN %(first_day)s AND %(last_day)s)
FROM staff_staff staff
WHERE {who}
ORDER BY staff.id
"""
_THESE = _ROSTERS.format(who="staff.id = ANY(%(staff)s)")
_OFFERING = _ROSTERS.format(
    who="staff.is_active AND EXISTS (SELECT FROM staff_staffservice"
    " WHERE staff_id = staff.id AND service_id = ANY(%(services)s))"
)


def rosters(
    *, service_ids: Iterable[int], staff_ids: Iterable[int] | None, first_day: date, last_day: date
) -> list[Roster]:
    """Rosters by id, with the offers among `service_ids` and the exceptions from `first_day` to `last_day`.

    Without `staff_ids`, of the active staff who offer any of the services; with them, of exactly those, active or not.
    One statement, however many people and days.
    """
    given = {
        "services": list(set(service_ids)),
        "staff": None if staff_ids is None else list(set(staff_ids)),
        "first_day": first_day,
        "last_day": last_day,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OFFERING if staff_ids is None else _THESE, given)
        return [_roster(row) for row in cursor.fetchall()]


def _roster(row: tuple[Any, ...]) -> Roster:
    """From a row of `_ROSTERS`; a list without members comes as None, decimals, dates and times come as texts."""
    staff_id, name, is_active, limit, offers, areas, week, exceptions = row
    return Roster(
        staff_id=staff_id,
        name=name,
        is_active=is_active,
        max_visits_per_day=limit,
        offers={service: Terms(price and Decimal(price), minutes) for service, price, minutes in offers or ()},
        areas=[Area(*circle) for circle in areas or ()],
        week={weekday: _hours(*hours) for weekday, *hours in week or ()},
        exceptions={
            date.fromisoformat(day): None if opens is None or closes is None else _hours(opens, closes)
            for day, opens, closes in exceptions or ()
        },
    )


def _hours(start: str, end: str, breaks: Iterable[tuple[str, str]] = ()) -> Hours:
    at = time.fromisoformat
    return Hours(at(start), at(end), [(at(low), at(high)) for low, high in breaks])


# --- Who could come: what orders are priced and placed by -----------------------------------------------------------


def active_offers(service_ids: Iterable[int]) -> dict[tuple[int, int], Terms]:
    """Terms by (staff id, service id), of the active staff who offer any of the services. One statement."""
    rows = StaffService.objects.filter(staff__is_active=True, service__in=set(service_ids))
    return {
        (staff_id, service_id): Terms(price, minutes)
        for staff_id, service_id, price, minutes in rows.values_list(
            "staff_id", "service_id", "price_override", "duration_override_minutes"
        )
    }


def services_offered_by(staff_id: int) -> set[int]:
    """The services that somebody offers, active or not. One statement."""
    return set(StaffService.objects.filter(staff=staff_id).values_list("service_id", flat=True))


def areas_of(staff_ids: Iterable[int]) -> dict[int, list[Area]]:
    """The circles that each of them serves; people without any are left out. One statement."""
    found: dict[int, list[Area]] = {}
    rows = StaffArea.objects.filter(staff__in=set(staff_ids)).order_by("pk")
    for staff_id, latitude, longitude, radius in rows.values_list("staff_id", "latitude", "longitude", "radius_miles"):
        found.setdefault(staff_id, []).append(Area(latitude, longitude, float(radius)))
    return found
