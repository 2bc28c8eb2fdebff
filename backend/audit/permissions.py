"""Who may read the trail."""

from backend.core.viewer import Viewer, require_admin


def require_read_trail(viewer: Viewer) -> None:
    """Admins only: it holds everybody's data, past and present. NotSignedIn or NotAllowed."""
    require_admin(viewer)
