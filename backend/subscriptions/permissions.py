"""Who may do what with a plan. Which ones a viewer can reach at all is decided by `subscriptions_visible_to`."""

from backend.core.errors import NotAllowed
from backend.core.viewer import Permission, Viewer, require_permission, require_signed_in
from backend.subscriptions.models import Subscription


def require_office(viewer: Viewer) -> None:
    """Admins, and managers with manage_orders: confirming, placing by hand, reviewing, changing series, health."""
    require_permission(viewer, Permission.MANAGE_ORDERS)


def is_by_office(viewer: Viewer, tracking_token: str | None) -> bool:
    """Whether somebody acts for the office: not whoever comes with a plan's token, whatever else it is."""
    return tracking_token is None and viewer.may(Permission.MANAGE_ORDERS)


def require_act_on(viewer: Viewer, subscription: Subscription) -> None:
    """The office, and the customer whose plan it is. Staff see plans of their visits and may not change them."""
    require_signed_in(viewer)
    if not viewer.may(Permission.MANAGE_ORDERS) and not owns(viewer, subscription):
        raise NotAllowed


def require_complete_visit(viewer: Viewer, staff_id: int | None) -> None:
    """The visit's own member of staff, and the office. NotSignedIn or NotAllowed."""
    require_signed_in(viewer)
    own = viewer.staff_id is not None and viewer.staff_id == staff_id
    if not own and not viewer.may(Permission.MANAGE_ORDERS):
        raise NotAllowed


def owns(viewer: Viewer, subscription: Subscription) -> bool:
    """Whether it is the viewer's own plan."""
    return viewer.customer_id is not None and subscription.customer_id == viewer.customer_id


def sees_plan_of_visit(viewer: Viewer) -> bool:
    """Whoever sees an appointment sees the visit that it is; of managers, those with manage_orders."""
    return viewer.manager is None or viewer.may(Permission.MANAGE_ORDERS)
