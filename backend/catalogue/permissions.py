"""Who may change the catalogue."""

from backend.core.viewer import Viewer, require_admin


def require_edit_catalogue(viewer: Viewer) -> None:
    """Admins only. NotSignedIn or NotAllowed."""
    require_admin(viewer)
