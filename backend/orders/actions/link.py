"""A guest's order gets its customer, once the guest has an account."""

from datetime import datetime

from backend.accounts.queries import user_for
from backend.core.errors import InvalidTransition, NotAllowed
from backend.core.transactions import use_case
from backend.core.viewer import Viewer, require_signed_in
from backend.coupons.actions import give_use
from backend.events.actions import emit
from backend.orders.errors import EmailMismatch, EmailNotVerified
from backend.orders.events import OrderLinked
from backend.orders.models import Order, OrderItem
from backend.orders.queries import named_order, require_one_name
from backend.scheduling.actions import give_bookings


def link_guest_order(*, viewer: Viewer, tracking_token: str, address: str, now: datetime) -> Order:
    """Give a guest's order, the bookings of its visits and the use of its coupon to the signed-in customer whose
    verified e-mail is the guest's.

    It stays a guest's order by origin. `address` is the client's network address: tries with tokens are limited by it.
    Raises NotSignedIn, NotAllowed for whoever is no customer, NotFound, EmailNotVerified, EmailMismatch, and
    InvalidTransition for an order that has its customer.
    """
    require_signed_in(viewer)
    require_one_name(order_id=None, tracking_token=tracking_token, address=address)
    return _link(viewer=viewer, tracking_token=tracking_token, now=now)


@use_case
def _link(*, viewer: Viewer, tracking_token: str, now: datetime) -> Order:
    user = user_for(viewer)
    if viewer.customer_id is None or user is None:
        raise NotAllowed
    order = named_order(viewer, order_id=None, tracking_token=tracking_token, now=now)
    if user.email_verified_at is None:
        raise EmailNotVerified("Prove your e-mail first: we have sent you a link.")
    if order.customer_id is not None:
        raise InvalidTransition("This order belongs to an account already.", ("tracking_token",))
    if user.email.lower() != order.guest_email.lower():
        raise EmailMismatch("This order was placed with another e-mail.", ("tracking_token",))
    order.customer_id, order.account_linked_at = viewer.customer_id, now
    order.version += 1
    order.save(update_fields=["customer", "account_linked_at", "version"])
    visits = OrderItem.objects.filter(order=order, appointment__isnull=False).values_list("appointment_id", flat=True)
    give_bookings(appointment_ids=[each for each in visits if each is not None], customer_id=viewer.customer_id)
    give_use(order_id=order.pk, customer_id=viewer.customer_id)
    emit([OrderLinked(order_id=order.pk, customer_id=order.customer_id, actor_id=viewer.user_id)], now=now)
    return order
