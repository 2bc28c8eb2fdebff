"""What somebody asks for, checked against what can be had: one set of rules for the preview and for the plan itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from backend.catalogue import queries as catalogue
from backend.core.business import business
from backend.core.errors import FieldPath, InvalidInput, Problems, Required
from backend.core.money import ZERO
from backend.core.text import clean_text
from backend.core.viewer import Permission, Viewer
from backend.coupons.queries import coupon_by_code, terms_of
from backend.coupons.rules import Line as CouponLine
from backend.coupons.rules import discount, first_objection, normalise_code
from backend.customers.queries import customer_for, email_of, where_to
from backend.customers.rules import Contact, PostalAddress, clean_contact
from backend.geography.queries import locate
from backend.geography.rules import Place
from backend.scheduling.errors import NoStaffAvailable, OutOfArea, StaffNotQualified
from backend.scheduling.queries import covers, need_for
from backend.scheduling.rules import Need
from backend.staff.queries import active_offers, areas_of
from backend.subscriptions.rules import (
    Due,
    Frequency,
    Wish,
    end_of,
    price_of,
    require_months,
    require_on_grid,
    require_start,
    subtotal_of,
    visits_of_plan,
)

MAX_NOTES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """A plan as somebody asks for it. Dates and times are those on the business's wall."""

    service_id: int
    extra_ids: Sequence[int] = ()
    frequency: Frequency
    duration_months: int
    start_date: date
    preferred_time: time | None = None
    preferred_staff_id: int | None = None
    guest: Contact | None = None
    """Who is to be reached; None for a customer."""
    customer_id: int | None = None
    """The customer for whom the office makes it."""
    address: PostalAddress | None = None
    address_id: int | None = None
    """One of the customer's own addresses, instead of `address`."""
    postcode: str | None = None
    """Enough for a preview, instead of an address."""
    notes: str = ""
    coupon_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a plan consists of, whoever asks: enough to find its visits a place, and to price it."""

    need: Need
    extras: Sequence[dict[str, Any]]
    visits: Sequence[Due]
    end_date: date
    wish: Wish
    place: Place
    price: Decimal
    subtotal: Decimal
    candidates: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A request that can be saved as it is."""

    terms: Terms
    customer_id: int | None
    contact: Contact | None
    address: PostalAddress
    notes: str


def checked_request(viewer: Viewer, request: PlanRequest, *, now: datetime) -> Checked:
    """The request, cleaned and priced; or everything that is wrong with it at once, each with its path."""
    problems = Problems()
    with problems:
        customer_id, contact = _who(viewer, request)
    with problems:
        address, place = _where(viewer, request)
    with problems:
        notes = clean_text(request.notes, field=("notes",), max_length=MAX_NOTES, required=False, multiline=True)
    with problems:
        if (request.coupon_code or "").strip():
            coupon_by_code(request.coupon_code or "")
    with problems:
        need = _asked(viewer, request, now)
    problems.raise_all()
    terms = _terms(request, need, place)
    return Checked(terms=terms, customer_id=customer_id, contact=contact, address=address, notes=notes)


def checked_terms(viewer: Viewer, request: PlanRequest, *, now: datetime) -> Terms:
    """As `checked_request`, for a preview: nobody has to be named, and a postcode is enough."""
    problems = Problems()
    with problems:
        if request.postcode is not None:
            place = locate(request.postcode, field=("postcode",))
        else:
            _, place = _where(viewer, request, missing=("postcode",))
    with problems:
        need = _asked(viewer, request, now)
    problems.raise_all()
    return _terms(request, need, place)


def discount_of(request: PlanRequest, terms: Terms, *, email: str | None, now: datetime) -> Decimal:
    """What a coupon would take off the whole plan; CouponRefused for the first reason against it."""
    code = normalise_code(request.coupon_code or "")
    if not code:
        return ZERO
    found = terms_of(coupon_by_code(code), email=email)
    lines = coupon_lines(terms)
    objection = first_objection(found, lines, now)
    if objection is not None:
        raise objection
    return discount(found, lines)


def coupon_lines(terms: Terms) -> list[CouponLine]:
    """A plan is one line to a coupon: the service, at the price of all visits (docs/adr/0026)."""
    return [CouponLine(terms.need.service_id, terms.subtotal)]


def email_for(viewer: Viewer, request: PlanRequest) -> str | None:
    """By whose e-mail a coupon's uses are counted, where it is known."""
    if request.guest is not None:
        return request.guest.email
    return None if viewer.customer_id is None else email_of(viewer.customer_id)


def _asked(viewer: Viewer, request: PlanRequest, now: datetime) -> Need:
    """What a visit takes; refuses dates, times and services that can't be had."""
    rules = business()
    problems = Problems()
    with problems:
        require_months(request.duration_months, field=("duration_months",))
    with problems:
        today, horizon = rules.today(now), rules.booking_horizon
        require_start(request.start_date, today=today, horizon=horizon, field=("start_date",))
    with problems:
        if request.preferred_time is not None:
            require_on_grid(request.preferred_time, grid_minutes=rules.slot_grid_minutes, field=("preferred_time",))
    with problems:
        need = need_for(viewer, request.service_id, request.extra_ids)
    problems.raise_all()
    return need


def _terms(request: PlanRequest, need: Need, place: Place) -> Terms:
    offers = active_offers([need.service_id])
    offering = {staff_id for staff_id, _ in offers}
    if not offering:
        raise NoStaffAvailable("Nobody offers this service at present.", ("service_id",))
    wanted = request.preferred_staff_id
    if wanted is not None and wanted not in offering:
        raise StaffNotQualified("This member of staff does not offer the service.", ("preferred_staff_id",))
    coming = _who_covers(place, offering)
    if not coming:
        raise OutOfArea("We don't come to this postcode for this service.", _place_field(request))
    if wanted is not None and wanted not in coming:
        raise OutOfArea("This member of staff does not serve your postcode.", ("preferred_staff_id",))
    visits = visits_of_plan(request.start_date, request.frequency, request.duration_months)
    # As with orders: the own price of somebody counts where it was asked for, and stays whoever comes.
    own = offers[wanted, need.service_id].price_override if wanted is not None else None
    price = price_of(need.price if own is None else own, need.extra_price)
    at = request.preferred_time
    return Terms(
        need=need,
        extras=_frozen_extras(request.extra_ids),
        visits=visits,
        end_date=end_of(request.start_date, request.duration_months),
        wish=Wish(None if at is None else at.hour * 60 + at.minute, wanted),
        place=place,
        price=price,
        subtotal=subtotal_of(price, len(visits)),
        candidates=frozenset(coming),
    )


def candidates_for(service_id: int, place: Place) -> frozenset[int]:
    """The active staff who offer a service and serve a place. Two statements."""
    return frozenset(_who_covers(place, {staff_id for staff_id, _ in active_offers([service_id])}))


def _who_covers(place: Place, staff_ids: set[int]) -> set[int]:
    return {staff_id for staff_id, areas in areas_of(staff_ids).items() if covers(areas, place)}


def _frozen_extras(extra_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The extras as bookings keep them, in the order of the request."""
    found = catalogue.extras_by_id(extra_ids)
    return [
        {"name": found[each].name, "price": str(found[each].price), "duration_minutes": found[each].duration_minutes}
        for each in extra_ids
    ]


def _who(viewer: Viewer, request: PlanRequest) -> tuple[int | None, Contact | None]:
    """The signed-in customer, the one that the office names, or the guest's contact: exactly one of them."""
    if viewer.customer_id is not None:
        if request.guest is not None:
            raise InvalidInput("You are signed in: the plan goes to your account. Leave this out.", ("guest",))
        if request.customer_id not in (None, viewer.customer_id):
            raise InvalidInput("The plan goes to your own account. Leave this out.", ("customer_id",))
        return viewer.customer_id, None
    if request.customer_id is not None:
        if request.guest is not None:
            raise InvalidInput("Name a customer or a guest, not both.", ("guest",))
        if not viewer.may(Permission.MANAGE_ORDERS):
            raise InvalidInput("Only the office makes plans for customers.", ("customer_id",))
        return customer_for(viewer, request.customer_id, field=("customer_id",)).pk, None
    if request.guest is None:
        raise Required("Tell us who you are, or sign in.", ("guest",))
    return None, clean_contact(request.guest, field=("guest",))


def _where(viewer: Viewer, request: PlanRequest, *, missing: FieldPath = ("address",)) -> tuple[PostalAddress, Place]:
    return where_to(
        viewer,
        address=request.address,
        address_id=request.address_id,
        customer_id=request.customer_id or viewer.customer_id,
        missing=missing,
    )


def _place_field(request: PlanRequest) -> FieldPath:
    if request.postcode is not None:
        return ("postcode",)
    return ("address_id",) if request.address is None else ("address", "postcode")
