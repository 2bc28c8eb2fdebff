"""Pictures of the finished work, as their viewers may see them."""

from collections.abc import Collection

from django.db.models import Q, QuerySet

from backend.core.errors import FieldPath, NotFound
from backend.core.viewer import Scope, Viewer
from backend.scheduling.models import Photo
from backend.scheduling.queries import appointments_visible_to


def photos_visible_to(viewer: Viewer) -> QuerySet[Photo]:
    """Those of visible visits that were not deleted: for the customer, the member of staff and the office, and for
    partners with photos:read.
    """
    if viewer.partner is not None and not viewer.has_scope(Scope.PHOTOS_READ):
        return Photo.objects.none()
    return Photo.objects.filter(deleted_at=None, appointment__in=appointments_visible_to(viewer))


def kept_photos() -> QuerySet[Photo]:
    """All that were not deleted, to be followed from a visit that its viewer has been shown."""
    return Photo.objects.filter(deleted_at=None)


def photo_for(viewer: Viewer, photo_id: int, *, field: FieldPath = (), lock: bool = False) -> Photo:
    """The visible picture, or NotFound. Fetched with its visit and booking; `lock` is for the picture alone."""
    rows = photos_visible_to(viewer).select_related("appointment__booking")
    rows = rows.select_for_update(of=("self",), no_key=True) if lock else rows
    photo = rows.filter(pk=photo_id).first()
    if photo is None:
        raise NotFound("There is no such photo.", field)
    return photo


def photo_files(names: Collection[str] | None = None) -> set[str]:
    """The files that pictures have, or those of `names` that they have."""
    rows = kept_photos()
    if names is not None:
        rows = rows.filter(Q(key__in=names) | Q(thumbnail_key__in=names))
    found = {name for pair in rows.values_list("key", "thumbnail_key") for name in pair}
    return found if names is None else found.intersection(names)
