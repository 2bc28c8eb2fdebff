"""Who may mind partners: admins all, and each partner's own keys with webhooks:manage its endpoints."""

from backend.core.errors import NotAllowed
from backend.core.viewer import Scope, Viewer, require_admin


def require_mind_partners(viewer: Viewer) -> None:
    """Admins only. NotSignedIn or NotAllowed."""
    if viewer.partner is not None:
        raise NotAllowed
    require_admin(viewer)


def require_see_partners(viewer: Viewer) -> None:
    """Admins, and partners for what is their own. NotSignedIn or NotAllowed."""
    if viewer.partner is None:
        require_admin(viewer)
    elif not viewer.has_scope(Scope.WEBHOOKS_MANAGE):
        raise NotAllowed


def require_mind_webhooks(viewer: Viewer) -> None:
    """As `require_see_partners`: whoever sees endpoints minds them."""
    require_see_partners(viewer)
