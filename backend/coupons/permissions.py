"""Who may mind coupons."""

from backend.core.viewer import Permission, Viewer, require_admin, require_permission


def require_edit_coupons(viewer: Viewer) -> None:
    """Admins only (`seeds/000…`, "Create Coupon"). NotSignedIn or NotAllowed."""
    require_admin(viewer)


def require_see_coupons(viewer: Viewer) -> None:
    """Admins, and managers who see reports. NotSignedIn or NotAllowed."""
    require_permission(viewer, Permission.VIEW_REPORTS)
