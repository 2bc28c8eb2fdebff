"""A guest's plan gets its customer, once the guest has an account."""

from datetime import datetime

from backend.accounts.queries import user_for
from backend.core.errors import InvalidTransition, NotAllowed
from backend.core.transactions import use_case
from backend.core.viewer import Viewer, require_signed_in
from backend.coupons.actions import give_use
from backend.events.actions import emit
from backend.orders.errors import EmailMismatch, EmailNotVerified
from backend.scheduling.actions import give_bookings
from backend.subscriptions.events import SubscriptionLinked
from backend.subscriptions.models import Subscription
from backend.subscriptions.queries import named_subscription, require_one_name


def link_guest_subscription(*, viewer: Viewer, tracking_token: str, address: str, now: datetime) -> Subscription:
    """Give a guest's plan, and the bookings of its visits, to the signed-in customer whose verified e-mail is the
    guest's.

    It stays a guest's plan by origin. Raises NotSignedIn, NotAllowed for whoever is no customer, NotFound,
    EmailNotVerified, EmailMismatch, and InvalidTransition for a plan that has its customer.
    """
    require_signed_in(viewer)
    require_one_name(subscription_id=None, tracking_token=tracking_token, address=address)
    return _link(viewer=viewer, tracking_token=tracking_token, now=now)


@use_case
def _link(*, viewer: Viewer, tracking_token: str, now: datetime) -> Subscription:
    user = user_for(viewer)
    if viewer.customer_id is None or user is None:
        raise NotAllowed
    plan = named_subscription(viewer, subscription_id=None, tracking_token=tracking_token, now=now)
    if user.email_verified_at is None:
        raise EmailNotVerified("Prove your e-mail first: we have sent you a link.")
    if plan.customer_id is not None:
        raise InvalidTransition("This plan belongs to an account already.", ("tracking_token",))
    if user.email.lower() != plan.guest_email.lower():
        raise EmailMismatch("This plan was made with another e-mail.", ("tracking_token",))
    plan.customer_id, plan.account_linked_at = viewer.customer_id, now
    plan.version += 1
    plan.save(update_fields=["customer", "account_linked_at", "version"])
    visits = plan.visits.filter(appointment__isnull=False).values_list("appointment_id", flat=True)
    give_bookings(appointment_ids=[each for each in visits if each is not None], customer_id=viewer.customer_id)
    give_use(subscription_id=plan.pk, customer_id=viewer.customer_id)
    fact = SubscriptionLinked(subscription_id=plan.pk, customer_id=plan.customer_id, actor_id=viewer.user_id)
    emit([fact], now=now)
    return plan
