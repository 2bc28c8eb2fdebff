"""Who may do what to whom."""

from backend.core.viewer import Viewer, require_admin


def require_invite(viewer: Viewer) -> None:
    """Admins only (DESIGN.md, "accounts"). NotSignedIn or NotAllowed."""
    require_admin(viewer)


def require_change_access(viewer: Viewer) -> None:
    """Roles, managers and deactivation: admins only. NotSignedIn or NotAllowed."""
    require_admin(viewer)
