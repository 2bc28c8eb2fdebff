"""A guest's order gets its customer, once the guest has an account."""

from datetime import datetime

from backend.accounts.queries import customer_account
from backend.accounts.rules import require_may_take_over
from backend.core.transactions import use_case
from backend.core.viewer import Viewer, require_signed_in
from backend.coupons.actions import give_use
from backend.events.actions import emit
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
    customer_id, user = customer_account(viewer)
    order = named_order(viewer, order_id=None, tracking_token=tracking_token, now=now)
    require_may_take_over(
        "order",
        is_owned=order.customer_id is not None,
        guest_email=order.guest_email,
        email=user.email,
        verified_at=user.email_verified_at,
        field=("tracking_token",),
    )
    order.customer_id, order.account_linked_at = customer_id, now
    order.version += 1
    order.save(update_fields=["customer", "account_linked_at", "version"])
    visits = OrderItem.objects.filter(order=order, appointment__isnull=False).values_list("appointment_id", flat=True)
    give_bookings(appointment_ids=[each for each in visits if each is not None], customer_id=customer_id)
    give_use(order_id=order.pk, customer_id=customer_id)
    emit([OrderLinked(order_id=order.pk, customer_id=order.customer_id, actor_id=viewer.user_id)], now=now)
    return order
