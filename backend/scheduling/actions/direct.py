"""Booking one visit on the spot, without an order: its time is taken at once, its terms are frozen with it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from backend.catalogue import queries as catalogue
from backend.core.business import business
from backend.core.errors import InvalidInput, Problems, Required
from backend.core.idempotency import claim_key, settle_key
from backend.core.references import secret_token
from backend.core.text import clean_text
from backend.core.transactions import use_case
from backend.core.viewer import Permission, Viewer, require_permission
from backend.customers import queries as customers
from backend.customers.rules import Contact, PostalAddress, clean_contact
from backend.events.actions import emit
from backend.geography.rules import Place
from backend.scheduling.actions.booking import book_visits
from backend.scheduling.actions.holds import take_hold
from backend.scheduling.actions.progress import order_of, snapshot, told
from backend.scheduling.errors import InThePast, NoTime
from backend.scheduling.events import AppointmentConfirmed
from backend.scheduling.models import Appointment
from backend.scheduling.permissions import require_confirm
from backend.scheduling.queries import appointment_for, need_for
from backend.scheduling.queries.bookings import alternatives_around, candidates_for, choose_slot, require_start
from backend.scheduling.rules import (
    MAX_BOOKING_NOTES,
    AppointmentStatus,
    AppointmentType,
    Need,
    Slot,
    VisitPlan,
    require_transition,
    require_version,
)
from backend.staff.queries import lock_staff


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRequest:
    """A visit as somebody asks for it."""

    service_id: int
    start: datetime
    """In UTC."""
    staff_id: int | None = None
    """Who should come; None for anyone."""
    extra_ids: tuple[int, ...] = ()
    customer_id: int | None = None
    """On whose behalf the office books; None for the signed-in customer, and for guests."""
    guest: Contact | None = None
    address: PostalAddress | None = None
    address_id: int | None = None
    """One of the customer's own addresses, instead of `address`."""
    notes: str = ""
    hold_token: str | None = None
    """Of a hold of this very visit; its time, held for nobody else, is what is booked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """A request that can be booked as it is, if only there is time."""

    customer_id: int | None
    contact: Contact
    address: PostalAddress
    place: Place
    need: Need
    notes: str


def book_appointment(
    *, viewer: Viewer, request: BookingRequest, idempotency_key: str | None = None, now: datetime
) -> Appointment:
    """A visit at exactly this time: confirmed at once, or waiting for the office where the business wants that.

    For guests, for the signed-in customer, and by the office on behalf of either. Whatever the slot search offers can
    be booked; only the office is not bound by the notice. A `hold_token` books what was held (HoldExpired). The price
    is the server's. The same key with the same request gives the same visit back; with another, IdempotencyConflict.
    Raises everything that is wrong with the request at once; then OutOfArea or StaffNotQualified; then NotWorking,
    SlotTaken, TravelTime, DailyLimit or NoStaffAvailable. What is refused for its time alone carries alternatives,
    looked for after all locks are gone.
    """
    try:
        return _book(viewer=viewer, request=request, idempotency_key=idempotency_key, now=now)
    except NoTime as refusal:
        checked = _check(viewer, request)
        refusal.alternatives = alternatives_around(
            request.start, checked.need, checked.place, staff_id=request.staff_id, now=now
        )
        raise


@use_case
def _book(*, viewer: Viewer, request: BookingRequest, idempotency_key: str | None, now: datetime) -> Appointment:
    claimed = claim_key(viewer=viewer, operation="bookAppointment", key=idempotency_key, given=asdict(request), now=now)
    if claimed.result_id is not None:
        return Appointment.objects.get(pk=claimed.result_id)
    by_office = viewer.may(Permission.MANAGE_ORDERS)
    problems = Problems()
    with problems:
        checked = _check(viewer, request)
    with problems:
        # Who holds a time had notice enough when it was held.
        require_start(request.start, by_office=by_office or request.hold_token is not None, now=now)
    problems.raise_all()
    slot, locked = _choose(request, checked, now)
    (appointment,) = book_visits(
        visits=[_visit_plan(request, checked, slot, by_office=by_office)],
        locked=locked,
        order_id=None,
        actor_id=viewer.user_id,
        now=now,
    )
    settle_key(claimed, appointment)
    return appointment


@use_case
def confirm_appointment(
    *, viewer: Viewer, appointment_id: int, version: int | None = None, now: datetime
) -> Appointment:
    """The office promises a visit that waits; its time was held all along.

    Admins, and managers with manage_orders. Raises NotFound, StaleVersion, InvalidTransition, and InThePast where its
    start has come already.
    """
    require_confirm(viewer)
    row = appointment_for(viewer, appointment_id, field=("appointment_id",), lock=True)
    require_version(row.version, version)
    require_transition(AppointmentStatus(row.status), AppointmentStatus.CONFIRMED)
    if row.start <= now:
        raise InThePast("This visit should have begun already: agree on another time first.", ("appointment_id",))
    before = snapshot(row)
    row.status, row.version = AppointmentStatus.CONFIRMED, row.version + 1
    row.save(update_fields=["status", "version"])
    emit([AppointmentConfirmed(**told(row, before, order_of(row), viewer.user_id))], now=now)
    return row


def _check(viewer: Viewer, request: BookingRequest) -> _Checked:
    problems = Problems()
    customer_id = None
    with problems:
        customer_id, contact = _who(viewer, request)
    with problems:
        address, place = customers.where_to(
            viewer, address=request.address, address_id=request.address_id, customer_id=customer_id
        )
    with problems:
        notes = clean_text(
            request.notes, field=("notes",), max_length=MAX_BOOKING_NOTES, required=False, multiline=True
        )
    with problems:
        need = need_for(viewer, request.service_id, request.extra_ids)
    problems.raise_all()
    return _Checked(customer_id=customer_id, contact=contact, address=address, place=place, need=need, notes=notes)


def _who(viewer: Viewer, request: BookingRequest) -> tuple[int | None, Contact]:
    """The signed-in customer, the one that the office names, or a guest's contact: exactly one of them."""
    if viewer.customer_id is not None and (request.guest is not None or request.customer_id is not None):
        field = ("customer_id",) if request.guest is None else ("guest",)
        raise InvalidInput("You are signed in: the visit goes to your account. Leave this out.", field)
    if request.customer_id is not None:
        require_permission(viewer, Permission.MANAGE_ORDERS)
        if request.guest is not None:
            raise InvalidInput("Name either a customer or a guest.", ("guest",))
    customer_id = request.customer_id if viewer.customer_id is None else viewer.customer_id
    if customer_id is not None:
        row = customers.customer_for(viewer, customer_id, field=("customer_id",))
        return row.pk, Contact(name=row.name, email=row.email, phone=row.phone)
    if request.guest is None:
        raise Required("Tell us who you are, or sign in.", ("guest",))
    return None, clean_contact(request.guest, field=("guest",))


def _choose(request: BookingRequest, checked: _Checked, now: datetime) -> tuple[Slot, Mapping[int, Any]]:
    """Who comes, decided from what stays true: whoever could is locked before anybody's time is read."""
    staff_id = request.staff_id
    if request.hold_token is not None:
        staff_id = take_hold(
            token=request.hold_token,
            service_id=request.service_id,
            staff_id=staff_id,
            start=request.start,
            extra_ids=request.extra_ids,
            postcode=checked.address.postcode,
            now=now,
        ).staff_id
    if staff_id is None:
        address_field = ("address_id",) if request.address is None else ("address", "postcode")
        ids = candidates_for(request.service_id, checked.place, service_field=("service_id",), field=address_field)
    else:
        ids = {staff_id}
    locked = lock_staff(ids)
    slot = choose_slot(request.start, checked.need, checked.place, among=ids, staff_id=staff_id, now=now)
    return slot, locked


def _visit_plan(request: BookingRequest, checked: _Checked, slot: Slot, *, by_office: bool) -> VisitPlan:
    rules = business()
    is_promised = by_office or not rules.bookings_need_confirmation
    return VisitPlan(
        service_id=request.service_id,
        staff_id=slot.staff_id,
        start=slot.start,
        end=slot.end,
        buffer_minutes=checked.need.buffer_minutes,
        type=AppointmentType.SINGLE,
        status=AppointmentStatus.CONFIRMED if is_promised else AppointmentStatus.PENDING,
        notes=checked.notes,
        customer_id=checked.customer_id,
        contact_name=checked.contact.name,
        contact_email=checked.contact.email,
        contact_phone=checked.contact.phone,
        contact_language=checked.contact.language,
        **asdict(checked.address),
        price=slot.price,
        currency=rules.currency,
        extras=_frozen_extras(request.extra_ids),
        policy_hours=rules.cancellation_notice_hours,
        place=checked.place,
        reschedule_hours=rules.reschedule_notice_hours,
        max_reschedules=rules.max_reschedules,
        tracking_token=secret_token(),
        field=("start",),
    )


def _frozen_extras(extra_ids: Sequence[int]) -> list[dict[str, object]]:
    rows = catalogue.extras_by_id(extra_ids)
    return [
        {"name": rows[key].name, "price": str(rows[key].price), "duration_minutes": rows[key].duration_minutes}
        for key in extra_ids
    ]
