"""The office's own words."""

from django.db.models import QuerySet

from backend.core.errors import FieldPath, NotFound
from backend.core.viewer import Viewer
from backend.notifications.models import MessageTemplate
from backend.notifications.rules import MessageKind, Wording


def templates_visible_to(viewer: Viewer) -> QuerySet[MessageTemplate]:
    """All for admins, none for anyone else."""
    return MessageTemplate.objects.all() if viewer.is_admin else MessageTemplate.objects.none()


def template_for(
    viewer: Viewer, template_id: int, *, field: FieldPath = ("template_id",), lock: bool = False
) -> MessageTemplate:
    """The visible template, or NotFound."""
    rows = templates_visible_to(viewer)
    found = (rows.select_for_update(no_key=True) if lock else rows).filter(pk=template_id).first()
    if found is None:
        raise NotFound("There is no such template.", field)
    return found


def own_wording(kind: MessageKind, language: str) -> Wording | None:
    """The office's own words that are to be used; None for the shipped ones. One statement."""
    found = MessageTemplate.objects.filter(kind=kind, language=language, is_active=True).first()
    return None if found is None else found.wording
