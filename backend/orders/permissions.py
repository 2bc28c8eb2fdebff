"""Who may do what with an order. Which orders a viewer can reach at all is decided by `queries.orders_visible_to`."""

from backend.core.errors import NotAllowed
from backend.core.viewer import Permission, Viewer, require_permission, require_signed_in
from backend.orders.models import Order


def require_confirm(viewer: Viewer) -> None:
    """Admins, and managers with manage_orders."""
    require_permission(viewer, Permission.MANAGE_ORDERS)


def require_assign(viewer: Viewer) -> None:
    """Admins, and managers with manage_orders."""
    require_permission(viewer, Permission.MANAGE_ORDERS)


def require_complete(viewer: Viewer) -> None:
    """Admins, and managers with manage_orders."""
    require_permission(viewer, Permission.MANAGE_ORDERS)


def require_review_change(viewer: Viewer) -> None:
    """Admins, and managers with manage_orders."""
    require_permission(viewer, Permission.MANAGE_ORDERS)


def require_ask_change(viewer: Viewer, order: Order) -> None:
    """As cancelling: the office, and the customer whose order it is."""
    require_cancel(viewer, order)


def require_update(viewer: Viewer, order: Order) -> None:
    """As cancelling: the office, and the customer whose order it is."""
    require_cancel(viewer, order)


def sees_internal_notes(viewer: Viewer) -> bool:
    """What the office notes for itself: admins, and managers with manage_orders. Nobody else writes it either."""
    return viewer.may(Permission.MANAGE_ORDERS)


def require_cancel(viewer: Viewer, order: Order) -> None:
    """The office, and the customer whose order it is. Staff see orders and may not cancel them."""
    require_signed_in(viewer)
    if not viewer.may(Permission.MANAGE_ORDERS) and not owns(viewer, order):
        raise NotAllowed


def sees_order_of_visit(viewer: Viewer) -> bool:
    """Whoever sees a visit sees the order that it came from; of managers, those with manage_orders."""
    return viewer.manager is None or viewer.may(Permission.MANAGE_ORDERS)


def owns(viewer: Viewer, order: Order) -> bool:
    """Whether it is the viewer's own order."""
    return viewer.customer_id is not None and order.customer_id == viewer.customer_id
