"""Who may change the catalogue: admins all of it, staff what they proposed until it is approved."""

from backend.catalogue.models import Service
from backend.catalogue.rules import ApprovalStatus
from backend.core.errors import NotAllowed
from backend.core.viewer import Permission, Viewer, require_admin, require_permission, require_signed_in


def require_edit_catalogue(viewer: Viewer) -> None:
    """Admins only. NotSignedIn or NotAllowed."""
    require_admin(viewer)


def require_make_service(viewer: Viewer) -> None:
    """Admins, and staff, whose service is a proposal. NotSignedIn or NotAllowed."""
    require_signed_in(viewer)
    if not viewer.is_admin and viewer.staff_id is None:
        raise NotAllowed


def require_edit_service(viewer: Viewer, service: Service) -> None:
    """Admins, and the member of staff who proposed it, while it is not approved. NotSignedIn or NotAllowed."""
    require_make_service(viewer)
    if viewer.is_admin:
        return
    if service.created_by_staff_id != viewer.staff_id or service.approval_status == ApprovalStatus.APPROVED:
        raise NotAllowed


def require_own_proposal(viewer: Viewer, service: Service) -> None:
    """The member of staff who proposed it. NotSignedIn or NotAllowed."""
    require_signed_in(viewer)
    if viewer.staff_id is None or service.created_by_staff_id != viewer.staff_id:
        raise NotAllowed


def require_review_services(viewer: Viewer) -> None:
    """Admins, and managers with `approve_services`. NotSignedIn or NotAllowed."""
    require_permission(viewer, Permission.APPROVE_SERVICES)


def sees_review(viewer: Viewer, service: Service) -> bool:
    """Whether who proposed it and why it was rejected are shown: to the proposer and to whoever decides."""
    proposed = viewer.staff_id is not None and service.created_by_staff_id == viewer.staff_id
    return proposed or viewer.may(Permission.APPROVE_SERVICES)
