"""Who may do what to whom."""

from backend.accounts.models import User
from backend.core.errors import NotAllowed
from backend.core.viewer import Viewer, require_admin, require_signed_in


def require_invite(viewer: Viewer) -> None:
    """Admins only (DESIGN.md, "accounts"). NotSignedIn or NotAllowed."""
    require_admin(viewer)


def require_change_access(viewer: Viewer) -> None:
    """Roles, managers and deactivation: admins only. NotSignedIn or NotAllowed."""
    require_admin(viewer)


def require_edit_profile(viewer: Viewer, user: User) -> None:
    """One's own only. NotSignedIn or NotAllowed."""
    require_signed_in(viewer)
    if viewer.user_id != user.pk:
        raise NotAllowed
