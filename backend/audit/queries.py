"""Reading the trail."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from backend.audit.models import Change
from backend.audit.permissions import require_read_trail
from backend.audit.rules import AuditAction
from backend.core.audit import tracked_models
from backend.core.errors import InvalidInput
from backend.core.viewer import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFilter:
    """What of the trail is wanted; None asks for nothing in particular."""

    model: str | None = None
    """A model's name, `Order`."""
    label: str | None = None
    """The same with its domain, `orders.Order`."""
    object_id: int | None = None
    actor_id: int | None = None
    action: AuditAction | None = None
    request_id: str | None = None
    since: datetime | None = None
    """First instant."""
    until: datetime | None = None
    """First instant no more."""


def changes_visible_to(viewer: Viewer) -> QuerySet[Change]:
    """All for admins, none for anyone else; the newest first."""
    return Change.objects.all() if viewer.is_admin else Change.objects.none()


def changes_of_row(label: str, object_id: int) -> QuerySet[Change]:
    """What was done to one row, the newest first, with who did it: for a row that the caller has shown its viewer.

    None for a table that leaves no trail.
    """
    return Change.objects.filter(model=label, object_id=object_id).select_related("actor").order_by("-pgh_id")


def trail(viewer: Viewer, wanted: TrailFilter) -> QuerySet[Change]:
    """What was done, the newest first.

    NotSignedIn or NotAllowed for all but admins; InvalidInput for a model that leaves no trail.
    """
    require_read_trail(viewer)
    named = None if wanted.model is None else _label(wanted.model)
    if wanted.label is not None and named not in (None, wanted.label):
        return Change.objects.none()
    conditions = {
        "model": wanted.label or named,
        "object_id": wanted.object_id,
        "actor_id": wanted.actor_id,
        "pgh_label": wanted.action,
        "request_id": wanted.request_id,
        "pgh_created_at__gte": wanted.since,
        "pgh_created_at__lt": wanted.until,
    }
    return changes_visible_to(viewer).filter(**{key: value for key, value in conditions.items() if value is not None})


def _label(model: str) -> str:
    for each in tracked_models():
        if each.model.__name__ == model:
            return each.label
    raise InvalidInput("The trail knows no such model.", ("model",))
