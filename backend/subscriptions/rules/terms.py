"""What may be asked of a plan, and what it costs."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from backend.core.errors import FieldPath, InvalidInput, InvalidTransition, OutOfRange
from backend.core.money import to_cents
from backend.orders.errors import TooLate
from backend.scheduling.errors import BeyondHorizon, InThePast
from backend.scheduling.rules import AppointmentStatus, deadline_passed
from backend.subscriptions.rules.dates import MAX_MONTHS, MIN_MONTHS

MAX_AMOUNT = Decimal("99999999.99")
"""What a column of the plan holds."""

LONGEST_PAUSE = timedelta(days=366)


def require_months(months: int, *, field: FieldPath) -> None:
    """OutOfRange for a plan that is shorter than a month or longer than a year."""
    if not MIN_MONTHS <= months <= MAX_MONTHS:
        raise OutOfRange(f"A plan runs for {MIN_MONTHS} to {MAX_MONTHS} months.", field)


def require_start(start: date, *, today: date, horizon: timedelta, field: FieldPath) -> None:
    """InThePast, or BeyondHorizon for a plan that would begin further ahead than bookings are taken."""
    if start < today:
        raise InThePast("This date is past.", field)
    if start > today + horizon:
        raise BeyondHorizon(f"A plan begins within {horizon.days} days.", field)


def require_on_grid(at: time, *, grid_minutes: int, field: FieldPath) -> None:
    """InvalidInput for a time of day at which nothing can be booked."""
    if at.second or at.microsecond or (at.hour * 60 + at.minute) % grid_minutes:
        raise InvalidInput(f"Visits begin on multiples of {grid_minutes} minutes.", field)


def require_resume_date(resume_on: date, *, today: date, field: FieldPath) -> None:
    """InThePast, or OutOfRange for a pause of more than a year."""
    if resume_on < today:
        raise InThePast("This date is past.", field)
    if resume_on > today + LONGEST_PAUSE:
        raise OutOfRange("A pause lasts at most a year.", field)


def require_not_begun(status: AppointmentStatus, start: datetime, *, now: datetime) -> None:
    """InvalidTransition for a visit that has begun, by what was said of it or by the clock."""
    if status is AppointmentStatus.IN_PROGRESS or start <= now:
        raise InvalidTransition("This visit has begun already.")


def require_in_time(deadline: datetime | None, *, now: datetime) -> None:
    """TooLate for a customer or guest who comes after a visit's deadline; the deadline itself is still in time."""
    if deadline is not None and deadline_passed(deadline, now):
        raise TooLate("It is too late to do this online: please call us.")


def may_skip(*, status: AppointmentStatus, deadline: datetime, is_office: bool, now: datetime) -> bool:
    """Whether a visit could be left out now: by the office until it begins, by customers until its deadline."""
    is_open = status in (AppointmentStatus.PENDING, AppointmentStatus.CONFIRMED)
    return is_open and (is_office or not deadline_passed(deadline, now))


def price_of(base: Decimal, extras: Decimal) -> Decimal:
    """One visit, extras included, rounded half up."""
    return to_cents(base + extras)


def subtotal_of(each: Decimal, visits: int) -> Decimal:
    """All visits; OutOfRange where that is more than a plan can hold."""
    subtotal = each * visits
    if subtotal > MAX_AMOUNT:
        raise OutOfRange("This is more than one plan can hold.", ("service_id",))
    return subtotal
