"""When an order may ask for, and until when it may be taken back."""

from datetime import date, datetime, timedelta

from backend.core.errors import FieldPath
from backend.orders.errors import NonexistentTime, TooLate
from backend.scheduling.errors import BeyondHorizon, InThePast, TooSoon
from backend.scheduling.rules import deadline_passed


def require_orderable_day(day: date, *, today: date, horizon: timedelta, field: FieldPath) -> None:
    """InThePast or BeyondHorizon for a date that no time of day could save. Dates are the business's."""
    if day < today:
        raise InThePast("This date is past.", field)
    if day > today + horizon + timedelta(days=1):
        raise BeyondHorizon(f"We take orders up to {horizon.days} days ahead.", field)


def require_orderable_time(
    start: datetime, *, exists: bool, now: datetime, notice: timedelta, horizon: timedelta, field: FieldPath
) -> None:
    """NonexistentTime, InThePast, TooSoon or BeyondHorizon, whichever comes first.

    `start` is the instant of the wanted wall time; `exists` tells whether the wall really shows it that day.
    """
    if not exists:
        raise NonexistentTime("The clocks go forward: this time does not exist on that day.", field)
    if start <= now:
        raise InThePast("This time is past.", field)
    if start < now + notice:
        raise TooSoon(f"We need {notice.total_seconds() / 3600:g} hours of notice.", field)
    if start > now + horizon:
        raise BeyondHorizon(f"We take orders up to {horizon.days} days ahead.", field)


def require_in_time(deadline: datetime, *, now: datetime) -> None:
    """TooLate for a customer or guest who comes after the deadline; the deadline itself is still in time."""
    if deadline_passed(deadline, now):
        raise TooLate("It is too late to do this online: please call us.")
