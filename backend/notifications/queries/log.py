"""What was told to whom."""

from django.db.models import QuerySet

from backend.core.errors import FieldPath, NotFound
from backend.core.viewer import Viewer
from backend.notifications.models import EmailLog


def emails_visible_to(viewer: Viewer) -> QuerySet[EmailLog]:
    """All for admins, none for anyone else."""
    return EmailLog.objects.all() if viewer.is_admin else EmailLog.objects.none()


def email_for(viewer: Viewer, email_id: int, *, field: FieldPath = (), lock: bool = False) -> EmailLog:
    """The visible mail, or NotFound."""
    rows = emails_visible_to(viewer)
    email = (rows.select_for_update() if lock else rows).filter(pk=email_id).first()
    if email is None:
        raise NotFound("There is no such mail.", field)
    return email
