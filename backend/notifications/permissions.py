"""Who may mind the mails."""

from backend.core.viewer import Viewer, require_admin


def require_mind_templates(viewer: Viewer) -> None:
    """Admins only. NotSignedIn or NotAllowed."""
    require_admin(viewer)


def require_mind_emails(viewer: Viewer) -> None:
    """Admins only. NotSignedIn or NotAllowed."""
    require_admin(viewer)
