"""Pictures of the work: taken by whoever was there, deleted by the office.

Reading, encoding and storing a picture take seconds and an outside system, so they come before the transaction, which
then decides once more and is short. Where it fails, what was stored is removed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, BinaryIO

from backend.core.business import business
from backend.core.errors import FieldPath, Problems
from backend.core.files import Kept, discard_after_commit, keeping
from backend.core.images import EXTENSION, bounded_pictures, read_content
from backend.core.transactions import step, use_case
from backend.core.viewer import Viewer, require_signed_in
from backend.events.actions import emit
from backend.scheduling.events import PhotoDeleted, PhotosUploaded
from backend.scheduling.models import Appointment, Photo
from backend.scheduling.permissions import require_delete_photo, require_photograph
from backend.scheduling.queries import appointment_for
from backend.scheduling.queries.photos import kept_photos, photo_for
from backend.scheduling.rules import (
    PHOTO_SIDE,
    THUMBNAIL_SIDE,
    AppointmentStatus,
    require_number,
    require_photo_time,
    require_room,
)


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A picture whose files are stored and whose row is yet to be written."""

    sha256: str
    key: str
    thumbnail_key: str
    width: int
    height: int
    bytes: int


def upload_photos(*, viewer: Viewer, appointment_id: int, photos: Sequence[BinaryIO], now: datetime) -> Appointment:
    """Add pictures to a visit, from its day on, all or none. Its own member of staff, or the office.

    Every file that is no good is named. The same file twice is kept once, however it comes, so an upload that was cut
    off can be sent again as it is.
    """
    visit = _photographed(viewer, appointment_id, lock=False, now=now)
    require_number(len(photos))
    problems, known = Problems(), _known(visit)
    new = {digest: file for digest, file in _by_digest(photos, problems).items() if digest not in known}
    require_room(len(known), len(new))
    with keeping(f"photos/{now:%Y/%m}", extension=EXTENSION) as kept:
        stored = _store(new, kept, problems)
        problems.raise_all()
        return save_photos(viewer=viewer, appointment_id=appointment_id, stored=stored, kept=kept, now=now)


def _by_digest(photos: Sequence[BinaryIO], problems: Problems) -> dict[str, tuple[FieldPath, BinaryIO]]:
    """The different files among those given, with where they stand in the input."""
    found: dict[str, tuple[FieldPath, BinaryIO]] = {}
    for position, given in enumerate(photos):
        with problems:
            field = ("photos", position)
            found.setdefault(sha256(read_content(given, field=field)).hexdigest(), (field, given))
    return found


def _store(new: Mapping[str, tuple[FieldPath, BinaryIO]], kept: Kept, problems: Problems) -> list[StoredPhoto]:
    """Encode and store one file after the other, so that memory holds one. Once one is no good, none is stored."""
    stored: list[StoredPhoto] = []
    for digest, (field, given) in new.items():
        with problems:
            content = read_content(given, field=field)
            picture, small = bounded_pictures(content, sides=(PHOTO_SIDE, THUMBNAIL_SIDE), field=field)
            if not problems.refusals:
                stored.append(
                    StoredPhoto(
                        sha256=digest,
                        key=kept.add(picture.content),
                        thumbnail_key=kept.add(small.content),
                        width=picture.width,
                        height=picture.height,
                        bytes=len(picture.content),
                    )
                )
    return stored


@use_case
def save_photos(
    *, viewer: Viewer, appointment_id: int, stored: Sequence[StoredPhoto], kept: Kept, now: datetime
) -> Appointment:
    """The database's part of `upload_photos`. Files that somebody else has added meanwhile are `kept.unused`."""
    visit = _photographed(viewer, appointment_id, lock=True, now=now)
    known = _known(visit)
    new = [each for each in stored if each.sha256 not in known]
    require_room(len(known), len(new))
    rows = Photo.objects.bulk_create(
        Photo(
            appointment=visit,
            key=each.key,
            thumbnail_key=each.thumbnail_key,
            width=each.width,
            height=each.height,
            bytes=each.bytes,
            sha256=each.sha256,
            taken_by_id=viewer.user_id,
            created_at=now,
        )
        for each in new
    )
    kept.unused.update({name for each in stored if each not in new for name in (each.key, each.thumbnail_key)})
    if rows:
        told = PhotosUploaded(**_about(visit), photo_ids=[row.pk for row in rows], actor_id=viewer.user_id)
        emit([told], now=now)
    return visit


@use_case
def delete_photo(*, viewer: Viewer, photo_id: int, now: datetime) -> Appointment:
    """Take a picture away; its visit. For the office. The row stays, and its files go once that is certain."""
    require_delete_photo(viewer)
    photo = photo_for(viewer, photo_id, field=("photo_id",), lock=True)
    photo.deleted_at = now
    photo.save(update_fields=["deleted_at"])
    discard_after_commit([photo.key, photo.thumbnail_key])
    emit([PhotoDeleted(**_about(photo.appointment), photo_id=photo.pk, actor_id=viewer.user_id)], now=now)
    return photo.appointment


@step
def delete_photos_of(*, appointment_ids: Sequence[int], now: datetime) -> None:
    """Take all pictures of these visits away: their person is forgotten."""
    photos = list(kept_photos().filter(appointment__in=appointment_ids).order_by("pk").select_for_update(no_key=True))
    Photo.objects.filter(pk__in=[each.pk for each in photos]).update(deleted_at=now)
    discard_after_commit(name for each in photos for name in (each.key, each.thumbnail_key))


def _photographed(viewer: Viewer, appointment_id: int, *, lock: bool, now: datetime) -> Appointment:
    """The visible visit that the viewer may add pictures to now."""
    require_signed_in(viewer)
    visit = appointment_for(viewer, appointment_id, field=("appointment_id",), lock=lock)
    require_photograph(viewer, visit)
    day, today = business().today(visit.start), business().today(now)
    require_photo_time(AppointmentStatus(visit.status), day=day, today=today)
    return visit


def _known(visit: Appointment) -> set[str]:
    """What the visit has, by the SHA-256 of the files as they were uploaded."""
    return set(kept_photos().filter(appointment=visit).values_list("sha256", flat=True))


def _about(visit: Appointment) -> dict[str, Any]:
    return {"staff_id": visit.staff_id, "appointment_id": visit.pk, "customer_id": visit.booking.customer_id}
