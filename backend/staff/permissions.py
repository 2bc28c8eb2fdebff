"""Who may change staff.

The office changes staff: an admin anybody, a manager with the flag `manage_staff` those that it manages. Such a manager
may also take somebody on, and then manages the new member. Staff change nothing here, not
even of themselves.
"""

from backend.core.errors import NotAllowed
from backend.core.viewer import Permission, Viewer, require_permission
from backend.staff.models import Staff


def require_create_staff(viewer: Viewer) -> None:
    """Admins, and managers with `manage_staff`. NotSignedIn or NotAllowed."""
    require_permission(viewer, Permission.MANAGE_STAFF)


def require_change_staff(viewer: Viewer, staff: Staff) -> None:
    """Admins, and managers with `manage_staff` for staff that they manage. NotSignedIn or NotAllowed."""
    require_permission(viewer, Permission.MANAGE_STAFF)
    if not viewer.manages_staff(staff.pk):
        raise NotAllowed
