"""Who may do what with visits.

Seeing one is decided in `queries`. Working on one (start, complete, no-show, notes) is for its own member of staff and
for the office: admins, and managers with `manage_orders` for the staff and customers that they manage.
"""

from backend.core.errors import NotAllowed
from backend.core.viewer import Permission, Role, Scope, Viewer, require_permission, require_signed_in
from backend.scheduling.models import Appointment
from backend.scheduling.rules import Party


def require_work_on(viewer: Viewer, appointment: Appointment) -> None:
    """NotSignedIn or NotAllowed. The viewer is known to see the visit."""
    require_signed_in(viewer)
    if viewer.is_office:
        if not viewer.may(Permission.MANAGE_ORDERS):
            raise NotAllowed
    elif viewer.staff_id is None or viewer.staff_id != appointment.staff_id:
        raise NotAllowed


def require_photograph(viewer: Viewer, appointment: Appointment) -> None:
    """Whoever may work on the visit may show its work. NotSignedIn or NotAllowed."""
    require_work_on(viewer, appointment)


def require_delete_photo(viewer: Viewer) -> None:
    """Admins, and managers with manage_orders: staff can't take back what they showed."""
    require_permission(viewer, Permission.MANAGE_ORDERS)


def require_schedule(viewer: Viewer) -> None:
    """Staff and office have a schedule to look at. NotSignedIn or NotAllowed."""
    require_signed_in(viewer)
    if viewer.role is Role.CUSTOMER:
        raise NotAllowed


def sees_internal(viewer: Viewer, appointment: Appointment) -> bool:
    """Whether internal notes are shown: to the office and to the visit's member of staff, never to customers."""
    return viewer.is_office or (viewer.staff_id is not None and viewer.staff_id == appointment.staff_id)


def sees_contact(viewer: Viewer, appointment: Appointment, customer_id: int | None) -> bool:
    """Whether the customer's contact is shown: to whoever sees internal notes, the customer, and partners that may."""
    own = customer_id is not None and viewer.customer_id == customer_id
    return own or sees_internal(viewer, appointment) or viewer.has_scope(Scope.CONTACTS_READ)


def sees_photos(viewer: Viewer, appointment: Appointment, *, is_opened: bool) -> bool:
    """Whether pictures of a visit that was found are shown: to whoever sees the contact, and to guests; to partners
    with photos:read.

    Nobody finds a visit but by the token of its order, plan or booking. Fetch `booking` with the row.
    """
    if viewer.partner is not None:
        return is_opened or viewer.has_scope(Scope.PHOTOS_READ)
    return is_opened or not viewer.is_signed_in or sees_contact(viewer, appointment, appointment.booking.customer_id)


def owns(viewer: Viewer, appointment: Appointment) -> bool:
    """Whether the visit is for the signed-in customer. Fetch `booking` with the row."""
    return viewer.customer_id is not None and appointment.booking.customer_id == viewer.customer_id


def party_of(viewer: Viewer, appointment: Appointment, *, is_opened: bool) -> Party:
    """As whom the viewer deals with a visit that it sees. Whoever came by a tracking token is its owner, and no more:
    `is_opened`.
    """
    if is_opened:
        return Party.OWNER
    if viewer.may(Permission.MANAGE_ORDERS):
        return Party.OFFICE
    return Party.OWNER if owns(viewer, appointment) else Party.OTHER


def require_change(viewer: Viewer, party: Party) -> None:
    """Moving and cancelling are for the visit's owner and the office; staff see it and do neither."""
    if party is Party.OTHER:
        require_signed_in(viewer)
        raise NotAllowed


def require_confirm(viewer: Viewer) -> None:
    """Admins, and managers with manage_orders."""
    require_permission(viewer, Permission.MANAGE_ORDERS)
