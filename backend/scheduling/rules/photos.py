"""Pictures of the work: how many, how large, of which visits and when."""

from datetime import date

from backend.core.errors import InvalidTransition, OutOfRange, Required
from backend.scheduling.rules.states import AppointmentStatus

PHOTO_SIDE, THUMBNAIL_SIDE = 2048, 320
"""Pixels that the longer side of a picture has at most, and that of its small form."""
MAX_PHOTOS_AT_ONCE = 10
MAX_PHOTOS = 30
"""Per visit; what was deleted does not count."""

_SHOWN_STATUSES = frozenset({AppointmentStatus.IN_PROGRESS, AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW})


def require_photo_time(status: AppointmentStatus, *, day: date, today: date) -> None:
    """InvalidTransition unless somebody is there or was, or is to be today: pictures of before the work are taken
    before it is begun, and a missed visit may show the closed door. Dates are the business's.
    """
    if status in _SHOWN_STATUSES or (status is AppointmentStatus.CONFIRMED and day <= today):
        return
    if status is AppointmentStatus.CONFIRMED:
        raise InvalidTransition("Photos can be added from the day of the visit on.", ("appointment_id",))
    raise InvalidTransition(f"This visit is {status}: it has nothing to show.", ("appointment_id",))


def require_number(number: int) -> None:
    """Required for none, OutOfRange for more than one upload takes."""
    if not number:
        raise Required("Send at least one photo.", ("photos",))
    if number > MAX_PHOTOS_AT_ONCE:
        raise OutOfRange(f"Send at most {MAX_PHOTOS_AT_ONCE} photos at once.", ("photos",))


def require_room(kept: int, new: int) -> None:
    """OutOfRange where the visit would have too many."""
    if kept + new > MAX_PHOTOS:
        raise OutOfRange(f"A visit has at most {MAX_PHOTOS} photos; this one has {kept}.", ("photos",))
