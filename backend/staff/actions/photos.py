"""The picture by which customers know who comes."""

from datetime import datetime
from typing import BinaryIO

from backend.core.files import discard_after_commit, keeping
from backend.core.images import EXTENSION, square_picture
from backend.core.transactions import use_case
from backend.core.viewer import Permission, Viewer, require_permission
from backend.events.actions import emit
from backend.staff.events import StaffChanged
from backend.staff.models import Staff
from backend.staff.permissions import require_change_staff
from backend.staff.queries import staff_for
from backend.staff.rules import PHOTO_SIDE


def upload_staff_photo(*, viewer: Viewer, staff_id: int, photo: BinaryIO, now: datetime) -> Staff:
    """Show a member of staff by this picture, in the place of the one before.

    The picture is read and kept before the transaction, and dropped where that fails. Raises as `square_picture`.
    """
    _changeable(viewer, staff_id, lock=False)
    picture = square_picture(photo, side=PHOTO_SIDE, field=("photo",))
    with keeping("staff", extension=EXTENSION) as kept:
        return set_staff_photo(viewer=viewer, staff_id=staff_id, name=kept.add(picture), now=now)


def remove_staff_photo(*, viewer: Viewer, staff_id: int, now: datetime) -> Staff:
    """Show a member of staff without a picture. Twice is no error."""
    return set_staff_photo(viewer=viewer, staff_id=staff_id, name="", now=now)


@use_case
def set_staff_photo(*, viewer: Viewer, staff_id: int, name: str, now: datetime) -> Staff:
    """The database's part: `name` is the stored file, or nothing. The file before goes once that is certain."""
    staff = _changeable(viewer, staff_id, lock=True)
    if staff.photo == name:
        return staff
    if staff.photo:
        discard_after_commit([staff.photo])
    staff.photo = name
    staff.save(update_fields=["photo"])
    emit([StaffChanged(staff_id=staff.pk, actor_id=viewer.user_id)], now=now)
    return staff


def _changeable(viewer: Viewer, staff_id: int, *, lock: bool) -> Staff:
    """The row, if the viewer may change it: NotSignedIn, NotAllowed or NotFound."""
    require_permission(viewer, Permission.MANAGE_STAFF)
    staff = staff_for(viewer, staff_id, field=("staff_id",), lock=lock)
    require_change_staff(viewer, staff)
    return staff
