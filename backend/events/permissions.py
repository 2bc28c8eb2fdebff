"""Who may mind the deliveries."""

from backend.core.viewer import Viewer, require_admin


def require_mind_deliveries(viewer: Viewer) -> None:
    """Admins only: tracebacks name customers. NotSignedIn or NotAllowed."""
    require_admin(viewer)
