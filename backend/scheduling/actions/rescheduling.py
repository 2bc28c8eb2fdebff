"""Booked visits that get another time, are called off or find their customer, by who booked them or the office."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from backend.accounts.queries import customer_account
from backend.accounts.rules import require_may_take_over
from backend.core.errors import InvalidInput, Overtaken, Problems
from backend.core.text import clean_text
from backend.core.transactions import use_case
from backend.core.viewer import Viewer, require_signed_in
from backend.events.actions import emit
from backend.geography.queries import locate
from backend.scheduling.actions.booking import give_bookings
from backend.scheduling.actions.moving import move_visits
from backend.scheduling.actions.progress import cancel_visits, locked_visits, order_of
from backend.scheduling.errors import NoTime
from backend.scheduling.events import BookingLinked
from backend.scheduling.models import Appointment, CustomerAppointment
from backend.scheduling.permissions import party_of, require_change
from backend.scheduling.queries.bookings import (
    alternatives_around,
    candidates_for,
    choose_slot,
    named_appointment,
    require_one_name,
    require_start,
)
from backend.scheduling.rules import (
    Move,
    Need,
    Party,
    deadline_passed,
    objection_to_cancelling,
    objection_to_rescheduling,
    require_version,
)
from backend.staff.queries import lock_staff

MAX_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RescheduleRequest:
    """Another time for a visit, named by its id or by its tracking token."""

    appointment_id: int | None = None
    tracking_token: str | None = None
    start: datetime
    """In UTC."""
    staff_id: int | None = None
    """Who should come; None for the same person if it can, else anyone."""
    version: int | None = None
    reason: str = ""
    outside_hours: bool = False
    """The office's alone: the visit may lie outside working hours, never over other visits or absences."""


def reschedule_appointment(*, viewer: Viewer, request: RescheduleRequest, address: str, now: datetime) -> Appointment:
    """Give a visit another start, in one step: it never stands without a time, and may slide over its old one.

    Length and price stay as agreed. Without `staff_id` the same person comes if it can, else whoever the business's
    rule of assignment sends. The customer and whoever holds the tracking token may do so for a direct booking, until
    the deadline that holds before the move and as often as was agreed; both deadlines then count from the new start.
    The office may at any time, with a reason once the customer's deadline is past, without regard to the notice and,
    with `outside_hours`, to working hours: InvalidInput for anybody else.
    `address` is the client's network address: tries with tokens are limited by it. Raises NotFound, StaleVersion,
    InvalidTransition, TooLate, TooManyReschedules, ChangeRequestNeeded for a customer's visit of an order or plan, and
    what booking raises; what is refused for its time alone carries alternatives, looked for after all locks are gone.
    """
    require_one_name(appointment_id=request.appointment_id, tracking_token=request.tracking_token, address=address)
    try:
        return _reschedule(viewer=viewer, request=request, now=now)
    except NoTime as refusal:
        row = _named(viewer, request, now)
        refusal.alternatives = alternatives_around(
            request.start,
            _need_of(row),
            locate(row.booking.postcode),
            staff_id=row.staff_id if request.staff_id is None else request.staff_id,
            moving=row,
            now=now,
        )
        raise


def _named(viewer: Viewer, request: RescheduleRequest, now: datetime) -> Appointment:
    return named_appointment(
        viewer, appointment_id=request.appointment_id, tracking_token=request.tracking_token, now=now
    )


@use_case
def _reschedule(*, viewer: Viewer, request: RescheduleRequest, now: datetime) -> Appointment:
    row = _named(viewer, request, now)
    party = party_of(viewer, row, is_opened=request.tracking_token is not None)
    require_change(viewer, party)
    place = locate(row.booking.postcode, field=("start",))
    # Staff before visits: everybody who could come, and whoever has it now, in one statement.
    ids = {row.staff_id} if request.staff_id is None else {row.staff_id, request.staff_id}
    if request.staff_id is None:
        ids |= candidates_for(row.service_id, place, service_field=("start",), field=("start",))
    locked = lock_staff(ids)
    row = locked_visits([row.pk]).get()
    if row.staff_id not in locked:
        raise Overtaken
    reason = _checked(row, party, request, now)
    slot = choose_slot(
        request.start,
        _need_of(row),
        place,
        among=ids,
        staff_id=request.staff_id,
        moving=row,
        outside_hours=request.outside_hours,
        now=now,
    )
    (moved,) = move_visits(
        moves={row.pk: Move(start=request.start, staff_id=slot.staff_id)},
        locked=locked,
        outside_hours=True,  # decided above, by what the slot search offers
        actor_id=viewer.user_id,
        reason=reason,
        now=now,
    )
    if party is Party.OWNER:
        CustomerAppointment.objects.filter(appointment=moved).update(reschedules=F("reschedules") + 1)
    return moved


def cancel_appointment(
    *,
    viewer: Viewer,
    appointment_id: int | None = None,
    tracking_token: str | None = None,
    reason: str = "",
    version: int | None = None,
    address: str,
    now: datetime,
) -> Appointment:
    """Call a visit off and free its time. What stands above a visit of an order or plan follows by the event.

    Its customer and whoever holds its tracking token may do so until the deadline (TooLate after it); the office at any
    time, with a reason (Required). `address` is the client's network address: tries with tokens are limited by it.
    Raises NotFound, StaleVersion and InvalidTransition.
    """
    require_one_name(appointment_id=appointment_id, tracking_token=tracking_token, address=address)
    return _cancel(
        viewer=viewer,
        appointment_id=appointment_id,
        tracking_token=tracking_token,
        reason=reason,
        version=version,
        now=now,
    )


@use_case
def _cancel(
    *,
    viewer: Viewer,
    appointment_id: int | None,
    tracking_token: str | None,
    reason: str,
    version: int | None,
    now: datetime,
) -> Appointment:
    row = named_appointment(viewer, appointment_id=appointment_id, tracking_token=tracking_token, now=now, lock=True)
    party = party_of(viewer, row, is_opened=tracking_token is not None)
    require_change(viewer, party)
    problems = Problems()
    with problems:
        reason = _clean_reason(reason, required=party is Party.OFFICE)
    with problems:
        require_version(row.version, version)
    problems.raise_all()
    objection = objection_to_cancelling(row.booking.agreement, party=party, now=now)
    if objection is not None:
        raise objection
    cancel_visits(appointment_ids=[row.pk], order_id=order_of(row), actor_id=viewer.user_id, reason=reason, now=now)
    return row


def link_guest_appointment(*, viewer: Viewer, tracking_token: str, address: str, now: datetime) -> Appointment:
    """Give a guest's direct booking to the signed-in customer whose verified e-mail is the guest's.

    Contact and terms stay as they were given. `address` is the client's network address: tries with tokens are limited
    by it. Raises NotSignedIn, NotAllowed for whoever is no customer, NotFound, EmailNotVerified, EmailMismatch, and
    InvalidTransition for a booking that has its customer.
    """
    require_signed_in(viewer)
    require_one_name(appointment_id=None, tracking_token=tracking_token, address=address)
    return _link(viewer=viewer, tracking_token=tracking_token, now=now)


@use_case
def _link(*, viewer: Viewer, tracking_token: str, now: datetime) -> Appointment:
    customer_id, user = customer_account(viewer)
    row = named_appointment(viewer, appointment_id=None, tracking_token=tracking_token, now=now, lock=True)
    require_may_take_over(
        "visit",
        is_owned=row.booking.customer_id is not None,
        guest_email=row.booking.contact_email,
        email=user.email,
        verified_at=user.email_verified_at,
        field=("tracking_token",),
    )
    give_bookings(appointment_ids=[row.pk], customer_id=customer_id)
    row.version += 1
    row.save(update_fields=["version"])
    fact = BookingLinked(staff_id=row.staff_id, appointment_id=row.pk, customer_id=customer_id, actor_id=viewer.user_id)
    emit([fact], now=now)
    return row


def _checked(row: Appointment, party: Party, request: RescheduleRequest, now: datetime) -> str:
    """The cleaned reason for a move that the terms, the start and the client's knowledge of the visit allow."""
    require_version(row.version, request.version)
    objection = objection_to_rescheduling(row.booking.agreement, party=party, now=now)
    if objection is not None:
        raise objection
    problems = Problems()
    if request.outside_hours and party is not Party.OFFICE:
        problems.refusals.append(InvalidInput("Only the office sets working hours aside.", ("outside_hours",)))
    with problems:
        is_late = deadline_passed(row.booking.reschedule_deadline, now)
        reason = _clean_reason(request.reason, required=party is Party.OFFICE and is_late)
    with problems:
        if request.start != row.start:
            require_start(request.start, by_office=party is Party.OFFICE, now=now)
        elif request.staff_id in (None, row.staff_id):
            raise InvalidInput("The visit is at this time already.", ("start",))
    problems.raise_all()
    return reason


def _clean_reason(reason: str, *, required: bool) -> str:
    return clean_text(reason, field=("reason",), max_length=MAX_REASON, required=required, multiline=True)


def _need_of(row: Appointment) -> Need:
    """What was agreed: its length and price stay, whoever comes."""
    return Need(
        service_id=row.service_id,
        duration_minutes=int((row.end - row.start).total_seconds()) // 60,
        price=row.booking.price,
        buffer_minutes=row.buffer_minutes,
    )
