"""Taking staff on, and saying when, where and what they work.

Nothing here touches visits that are booked: a changed week or a service taken away only decide what can be booked from
then on. Only who leaves must leave no visit behind, which the domain above sees to (`before_leaving`). Every action
locks the member's row first, as whoever claims its time does.

Staff change their own time and places. Where the business has that wait for the office, nothing is changed: the
action answers with a `StaffChange`, and is carried out when that is approved (backend/scheduling/actions/wishes.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Protocol

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from backend.accounts.actions import let_manage_staff
from backend.accounts.queries import account_for_staff
from backend.core.business import business
from backend.core.errors import AlreadyExists, FieldPath, NotFound, Problems, raise_all
from backend.core.idempotency import claim_key, settle_key
from backend.core.text import clean_email, clean_text
from backend.core.transactions import step, use_case
from backend.core.viewer import Permission, Viewer, require_permission
from backend.events.actions import emit
from backend.geography.queries import locate
from backend.staff.actions.wishes import ask_office, lock_timed
from backend.staff.events import (
    AreasChanged,
    OffersChanged,
    StaffChanged,
    TimeOffErased,
    TimeOffRecorded,
    WorkingTimeChanged,
)
from backend.staff.models import ScheduleException, Staff, StaffArea, StaffChange, StaffSchedule, StaffService, TimeOff
from backend.staff.permissions import (
    require_change_staff,
    require_create_staff,
    require_keep_time,
)
from backend.staff.queries import (
    areas_visible_to,
    exceptions_visible_to,
    offers_visible_to,
    staff_for,
    time_off_for,
    waits_for_office,
)
from backend.staff.rules import (
    DayHours,
    DayOfWeek,
    StaffChangeKind,
    absence_refusals,
    daily_limit_refusals,
    exception_as_kept,
    exception_refusals,
    offer_refusals,
    radius_refusals,
    stored_breaks,
    week_as_kept,
    week_refusals,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffChanges:
    """What to change about a member of staff; None leaves a value as it is."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    bio: str | None = None
    user_id: int | None = None
    """The account to link: an active one of role STAFF without a member of staff. Linking never changes a role."""
    is_active: bool | None = None
    max_visits_per_day: int | None = None
    is_unlimited: bool = False
    """Takes the daily limit away, which None can't say."""


@use_case
def create_staff_member(
    *,
    viewer: Viewer,
    name: str,
    email: str,
    phone: str = "",
    bio: str = "",
    user_id: int | None = None,
    max_visits_per_day: int | None = None,
    idempotency_key: str | None = None,
    now: datetime,
) -> Staff:
    """A new member of staff, active, without hours, services or areas. A manager manages whom it takes on.

    Raises AlreadyExists where the e-mail belongs to another, NotFound where the account can't be seen or has another
    role.
    """
    require_create_staff(viewer)
    given = {"name": name, "email": email, "phone": phone, "bio": bio, "user_id": user_id}
    if max_visits_per_day is not None:  # said only where there is one, so that keys from before it was known still hold
        given["max_visits_per_day"] = max_visits_per_day
    claimed = claim_key(viewer=viewer, operation="createStaffMember", key=idempotency_key, given=given, now=now)
    if claimed.result_id is not None:
        return staff_for(viewer, claimed.result_id)
    staff = Staff(created_at=now)
    known = StaffChanges(
        name=name, email=email, phone=phone, bio=bio, user_id=user_id, max_visits_per_day=max_visits_per_day
    )
    _apply(viewer, staff, known)
    _save(staff)
    if viewer.manager is not None and viewer.user_id is not None:
        let_manage_staff(user_id=viewer.user_id, staff_id=staff.pk)
    settle_key(claimed, staff)
    emit([StaffChanged(staff_id=staff.pk, actor_id=viewer.user_id)], now=now)
    return staff


class GivesVisitsUp(Protocol):
    """Sees to it that somebody who leaves has nothing to do any more, or refuses."""

    def __call__(
        self, *, staff_id: int, reassign: bool, field: FieldPath, actor_id: int | None, now: datetime
    ) -> None: ...


_before_leaving: list[GivesVisitsUp] = []


def before_leaving(settle: GivesVisitsUp) -> None:
    """Say what has to be settled before a member of staff is deactivated: the domain that owns it, at program start.

    Visits stand above staff, which must not import them, yet nobody may leave them behind
    (docs/adr/0022-who-leaves-leaves-no-visit.md). Called before the row is locked: it locks more than this one, in
    order.
    """
    _before_leaving.append(settle)


def _leave(staff_id: int, *, reassign: bool, field: FieldPath, actor_id: int | None, now: datetime) -> None:
    for settle in _before_leaving:
        settle(staff_id=staff_id, reassign=reassign, field=field, actor_id=actor_id, now=now)


@use_case
def update_staff_member(
    *, viewer: Viewer, staff_id: int, changes: StaffChanges, reassign: bool = False, now: datetime
) -> Staff:
    """Change what is known of a member of staff, bring it back, or deactivate it as `deactivate_staff_member` does.

    Raises as `create_staff_member` and `deactivate_staff_member` do.
    """
    if changes.is_active is False:
        _settle_leaving(viewer, staff_id, reassign=reassign, field=("is_active",), now=now)
    staff = _changeable(viewer, staff_id)
    _apply(viewer, staff, changes)
    if changes.is_active is not None:
        staff.is_active = changes.is_active
    _save(staff)
    emit([StaffChanged(staff_id=staff.pk, actor_id=viewer.user_id)], now=now)
    return staff


@use_case
def deactivate_staff_member(*, viewer: Viewer, staff_id: int, reassign: bool = False, now: datetime) -> Staff:
    """No new visits for this member of staff, and none left: it is refused while there are visits ahead.

    With `reassign` each of them goes to a colleague at its own time, or all stay, and so does the member of staff.
    Doing it twice is no error.
    """
    _settle_leaving(viewer, staff_id, reassign=reassign, field=("staff_id",), now=now)
    staff = _changeable(viewer, staff_id)
    if staff.is_active:
        staff.is_active = False
        staff.save(update_fields=["is_active"])
        emit([StaffChanged(staff_id=staff.pk, actor_id=viewer.user_id)], now=now)
    return staff


def _settle_leaving(viewer: Viewer, staff_id: int, *, reassign: bool, field: FieldPath, now: datetime) -> None:
    """What stands before leaving, once the viewer is known to be allowed to let this person go."""
    require_permission(viewer, Permission.MANAGE_STAFF)
    require_change_staff(viewer, staff_for(viewer, staff_id, field=("staff_id",)))
    _leave(staff_id, reassign=reassign, field=field, actor_id=viewer.user_id, now=now)


@step
def member_of_user_leaves(*, user_id: int, reassign: bool, actor_id: int | None, now: datetime) -> None:
    """Deactivate the member of staff whose account is locked or gets another role; nothing for anybody else's.

    Refuses as `deactivate_staff_member` does, under `user_id`.
    """
    staff_id = Staff.objects.filter(user_id=user_id, is_active=True).values_list("pk", flat=True).first()
    if staff_id is None:
        return
    _leave(staff_id, reassign=reassign, field=("user_id",), actor_id=actor_id, now=now)
    Staff.objects.filter(pk=staff_id).update(is_active=False)
    emit([StaffChanged(staff_id=staff_id, actor_id=actor_id)], now=now)


@use_case
def set_working_hours(
    *, viewer: Viewer, staff_id: int, hours: Sequence[DayHours], now: datetime
) -> Staff | StaffChange:
    """Replace the whole week: a weekday that is left out is free. Wall clock, in the business's zone."""
    staff = lock_timed(viewer, staff_id)
    raise_all(week_refusals(hours))
    if waits_for_office(viewer, staff.pk):
        return ask_office(viewer, staff, StaffChangeKind.WORKING_HOURS, {"hours": week_as_kept(hours)}, now)
    staff.schedules.all().delete()
    StaffSchedule.objects.bulk_create(
        [
            StaffSchedule(
                staff=staff,
                day_of_week=day.day_of_week.number,
                start=day.start,
                end=day.end,
                breaks=stored_breaks(day.breaks),
            )
            for day in hours
        ]
    )
    emit([WorkingTimeChanged(staff_id=staff.pk, actor_id=viewer.user_id)], now=now)
    return staff


@use_case
def remove_working_day(*, viewer: Viewer, staff_id: int, day: DayOfWeek, now: datetime) -> Staff | StaffChange:
    """Make a weekday one without work. NotFound where it is already. Visits that are booked stay."""
    staff = lock_timed(viewer, staff_id)
    hours = StaffSchedule.objects.filter(staff=staff, day_of_week=day.number)
    if not hours.exists():
        raise NotFound("No hours are entered for this weekday.", ("day_of_week",))
    if waits_for_office(viewer, staff.pk):
        return ask_office(viewer, staff, StaffChangeKind.WORKING_DAY_REMOVAL, {"day_of_week": day.value}, now)
    hours.delete()
    emit([WorkingTimeChanged(staff_id=staff.pk, actor_id=viewer.user_id)], now=now)
    return staff


@use_case
def set_schedule_exception(
    *,
    viewer: Viewer,
    staff_id: int,
    date: date,
    start: time | None = None,
    end: time | None = None,
    reason: str = "",
    now: datetime,
) -> ScheduleException | StaffChange:
    """Make a date one off (no hours) or with other hours, whatever was said of it before."""
    staff = lock_timed(viewer, staff_id)
    problems = Problems()
    with problems:
        raise_all(exception_refusals(day=date, start=start, end=end, today=business().today(now)))
    with problems:
        reason = clean_text(reason, field=("reason",), max_length=200, required=False)
    problems.raise_all()
    if waits_for_office(viewer, staff.pk):
        return ask_office(viewer, staff, StaffChangeKind.EXCEPTION, exception_as_kept(date, start, end, reason), now)
    exception, _ = ScheduleException.objects.update_or_create(
        staff=staff, date=date, defaults={"start": start, "end": end, "reason": reason}
    )
    emit([WorkingTimeChanged(staff_id=staff.pk, actor_id=viewer.user_id)], now=now)
    return exception


@use_case
def remove_schedule_exception(*, viewer: Viewer, exception_id: int, now: datetime) -> Staff | StaffChange:
    """Let the week hold on that date again."""
    require_keep_time(viewer)
    exception = exceptions_visible_to(viewer).filter(pk=exception_id).first()
    if exception is None:
        raise NotFound("There is no such exception.", ("exception_id",))
    staff = lock_timed(viewer, exception.staff_id)
    if waits_for_office(viewer, staff.pk):
        kept = {"exception_id": exception.pk, "date": exception.date.isoformat()}
        return ask_office(viewer, staff, StaffChangeKind.EXCEPTION_REMOVAL, kept, now)
    ScheduleException.objects.filter(pk=exception.pk).delete()
    emit([WorkingTimeChanged(staff_id=staff.pk, actor_id=viewer.user_id)], now=now)
    return staff


@use_case
def assign_service(
    *,
    viewer: Viewer,
    staff_id: int,
    service_id: int,
    price_override: Decimal | None = None,
    duration_override_minutes: int | None = None,
    now: datetime,
) -> StaffService:
    """Let a member of staff offer a service, at its own price and duration where given; again, to change those.

    Raises NotFound for an unknown service. Prices are of one, in the business's currency.
    """
    staff = _changeable(viewer, staff_id)
    problems = Problems()
    with problems:
        _require_service(service_id, ("service_id",))
    with problems:
        raise_all(offer_refusals(price=price_override, minutes=duration_override_minutes))
    problems.raise_all()
    offer, _ = StaffService.objects.update_or_create(
        staff=staff,
        service_id=service_id,
        defaults={"price_override": price_override, "duration_override_minutes": duration_override_minutes},
    )
    emit([OffersChanged(staff_id=staff.pk, service_id=service_id, actor_id=viewer.user_id)], now=now)
    return offer


@use_case
def unassign_service(*, viewer: Viewer, staff_id: int, service_id: int, now: datetime) -> Staff:
    """Let a member of staff offer a service no longer. Visits that are booked stay. NotFound where it doesn't."""
    staff = _changeable(viewer, staff_id)
    removed, _ = offers_visible_to(viewer).filter(staff=staff, service_id=service_id).delete()
    if not removed:
        raise NotFound("This member of staff doesn't offer that service.", ("service_id",))
    emit([OffersChanged(staff_id=staff.pk, service_id=service_id, actor_id=viewer.user_id)], now=now)
    return staff


@use_case
def add_service_area(
    *, viewer: Viewer, staff_id: int, postcode: str, radius_miles: Decimal, now: datetime
) -> StaffArea | StaffChange:
    """Let a member of staff serve a circle around a postcode or outward code; again, to change its radius.

    The circle keeps its centre when postcodes are imported anew. Raises UnknownPostcode, or InvalidInput for what is
    no postcode.
    """
    staff = lock_timed(viewer, staff_id)
    problems = Problems()
    with problems:
        place = locate(postcode, field=("postcode",))
    with problems:
        raise_all(radius_refusals(radius_miles))
    problems.raise_all()
    if waits_for_office(viewer, staff.pk):
        return ask_office(
            viewer, staff, StaffChangeKind.AREA, {"postcode": place.code, "radius_miles": str(radius_miles)}, now
        )
    area, _ = StaffArea.objects.update_or_create(
        staff=staff,
        postcode=place.code,
        defaults={"radius_miles": radius_miles, "latitude": place.latitude, "longitude": place.longitude},
    )
    emit([AreasChanged(staff_id=staff.pk, actor_id=viewer.user_id)], now=now)
    return area


@use_case
def remove_service_area(*, viewer: Viewer, area_id: int, now: datetime) -> Staff | StaffChange:
    """Let a member of staff serve a circle no longer. Visits that are booked stay."""
    require_keep_time(viewer)
    area = areas_visible_to(viewer).filter(pk=area_id).first()
    if area is None:
        raise NotFound("There is no such area.", ("area_id",))
    staff = lock_timed(viewer, area.staff_id)
    if waits_for_office(viewer, staff.pk):
        kept = {"area_id": area.pk, "postcode": area.postcode}
        return ask_office(viewer, staff, StaffChangeKind.AREA_REMOVAL, kept, now)
    StaffArea.objects.filter(pk=area.pk).delete()
    emit([AreasChanged(staff_id=staff.pk, actor_id=viewer.user_id)], now=now)
    return staff


@step
def record_time_off(
    *, viewer: Viewer, staff_id: int, start: datetime, end: datetime, reason: str = "", now: datetime
) -> TimeOff:
    """Enter an absence, [start, end). The caller claims its time, which is what keeps visits away.

    Locks the member's row. Raises NotFound, NotAllowed, or a refusal of the period.
    """
    staff = lock_timed(viewer, staff_id)
    problems = Problems()
    with problems:
        raise_all(absence_refusals(start=start, end=end, now=now))
    with problems:
        reason = clean_text(reason, field=("reason",), max_length=200, required=False)
    problems.raise_all()
    absence = TimeOff.objects.create(staff=staff, start=start, end=end, reason=reason, created_at=now)
    fact = TimeOffRecorded(staff_id=staff.pk, time_off_id=absence.pk, start=start, end=end, actor_id=viewer.user_id)
    emit([fact], now=now)
    return absence


@step
def erase_time_off(*, viewer: Viewer, time_off_id: int, now: datetime) -> Staff:
    """Take an absence back. The caller frees its claim. Raises NotSignedIn, NotAllowed or NotFound."""
    require_keep_time(viewer)
    absence = time_off_for(viewer, time_off_id, field=("time_off_id",))
    staff = lock_timed(viewer, absence.staff_id)
    fact = TimeOffErased(
        staff_id=staff.pk, time_off_id=absence.pk, start=absence.start, end=absence.end, actor_id=viewer.user_id
    )
    TimeOff.objects.filter(pk=absence.pk).delete()
    emit([fact], now=now)
    return staff


def _changeable(viewer: Viewer, staff_id: int) -> Staff:
    """The row, locked, if the viewer may change it: NotSignedIn, NotAllowed or NotFound."""
    require_permission(viewer, Permission.MANAGE_STAFF)
    staff = staff_for(viewer, staff_id, field=("staff_id",), lock=True)
    require_change_staff(viewer, staff)
    return staff


def _apply(viewer: Viewer, staff: Staff, changes: StaffChanges) -> None:
    """Put texts and account on the row, or raise everything that is wrong with them at once."""
    problems = Problems()
    with problems:
        if changes.name is not None:
            staff.name = clean_text(changes.name, field=("name",), max_length=200)
    with problems:
        if changes.email is not None:
            staff.email = clean_email(changes.email, field=("email",))
    with problems:
        if changes.phone is not None:
            staff.phone = clean_text(changes.phone, field=("phone",), max_length=32, required=False)
    with problems:
        if changes.bio is not None:
            staff.bio = clean_text(changes.bio, field=("bio",), max_length=5000, required=False, multiline=True)
    with problems:
        if changes.user_id is not None:
            staff.user_id = account_for_staff(viewer, changes.user_id, field=("user_id",)).pk
    with problems:
        raise_all(daily_limit_refusals(changes.max_visits_per_day))
        if changes.is_unlimited or changes.max_visits_per_day is not None:
            staff.max_visits_per_day = changes.max_visits_per_day
    problems.raise_all()


def _save(staff: Staff) -> None:
    """Write the row; the unique indexes on e-mail and account have the last word."""
    try:
        with transaction.atomic():
            staff.save()
    except IntegrityError as error:
        if "staff_email_unique" in str(error.__cause__):
            raise AlreadyExists("Another member of staff has this e-mail.", ("email",)) from error
        raise AlreadyExists("This account belongs to another member of staff.", ("user_id",)) from error


def _require_service(service_id: int, field: FieldPath) -> None:
    """NotFound unless the service exists; the office, which alone gets here, sees all of them.

    The foreign key looks for itself: the catalogue stands beside staff, not below it.
    """
    try:
        StaffService._meta.get_field("service").clean(service_id, None)
    except ValidationError as error:
        raise NotFound("There is no such service.", field) from error


@step
def row_of_user(*, user_id: int, name: str, email: str, phone: str, now: datetime) -> None:
    """The Staff row that a user with the STAFF role needs.

    One that was entered with this e-mail before the person had an account becomes the account's; one that the account
    has stays as it is.
    """
    if Staff.objects.filter(user_id=user_id).exists():
        return
    if not Staff.objects.filter(email__iexact=email, user=None).update(user_id=user_id):
        Staff.objects.create(user_id=user_id, name=name, email=email, phone=phone, created_at=now)
