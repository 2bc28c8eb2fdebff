"""Who may change the catalogue."""

from backend.catalogue.models import Service
from backend.core.viewer import Viewer, require_admin


def require_edit_catalogue(viewer: Viewer) -> None:
    """Admins only. NotSignedIn or NotAllowed."""
    require_admin(viewer)


def may_see(viewer: Viewer, service: Service) -> bool:
    """Anyone sees what can be booked; the office sees all, staff what they proposed."""
    if service.is_bookable or viewer.is_office:
        return True
    return viewer.staff_id is not None and service.created_by_staff_id == viewer.staff_id
