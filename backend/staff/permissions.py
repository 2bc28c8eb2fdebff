"""Who may change staff.

The office changes staff: an admin anybody, a manager with the flag `manage_staff` those that it manages. Such a manager
may also take somebody on, and then manages the new member. Staff change their own hours, exceptions,
absences and areas, which the business may let wait for the office; never their services, terms or name.
"""

from backend.core.errors import NotAllowed
from backend.core.viewer import Permission, Viewer, require_permission, require_signed_in
from backend.staff.models import Staff


def require_create_staff(viewer: Viewer) -> None:
    """Admins, and managers with `manage_staff`. NotSignedIn or NotAllowed."""
    require_permission(viewer, Permission.MANAGE_STAFF)


def require_change_staff(viewer: Viewer, staff: Staff) -> None:
    """Admins, and managers with `manage_staff` for staff that they manage. NotSignedIn or NotAllowed."""
    require_permission(viewer, Permission.MANAGE_STAFF)
    if not viewer.manages_staff(staff.pk):
        raise NotAllowed


def require_keep_time(viewer: Viewer) -> None:
    """Staff, and whoever may change staff: the first answer, before anybody is named. NotSignedIn or NotAllowed."""
    require_signed_in(viewer)
    if viewer.staff_id is None:
        require_permission(viewer, Permission.MANAGE_STAFF)


def require_change_time(viewer: Viewer, staff: Staff) -> None:
    """The member of staff itself, or as `require_change_staff`. NotSignedIn or NotAllowed."""
    require_signed_in(viewer)
    if viewer.staff_id != staff.pk:
        require_change_staff(viewer, staff)
