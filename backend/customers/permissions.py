"""Who may change customers: an admin anybody, a manager with `manage_customers` those it manages, a customer itself."""

from backend.core.errors import NotAllowed
from backend.core.viewer import Permission, Viewer, require_admin, require_permission, require_signed_in
from backend.customers.models import Customer


def require_create_customer(viewer: Viewer) -> None:
    """Admins, and managers with `manage_customers`. NotSignedIn or NotAllowed."""
    require_permission(viewer, Permission.MANAGE_CUSTOMERS)


def require_change_customer(viewer: Viewer, customer: Customer) -> None:
    """The office that manages the customer. NotSignedIn or NotAllowed."""
    require_permission(viewer, Permission.MANAGE_CUSTOMERS)
    if not viewer.manages_customer(customer.pk):
        raise NotAllowed


def require_change_addresses(viewer: Viewer, customer: Customer) -> None:
    """The customer itself, or the office that manages it. NotSignedIn or NotAllowed."""
    require_signed_in(viewer)
    if viewer.customer_id != customer.pk:
        require_change_customer(viewer, customer)


def require_guests_data(viewer: Viewer) -> None:
    """Admins only: whoever ordered as a guest is managed by nobody. NotSignedIn or NotAllowed."""
    require_admin(viewer)


def require_merge_or_erase(viewer: Viewer) -> None:
    """Admins only: neither can be undone. NotSignedIn or NotAllowed."""
    require_admin(viewer)
