"""A guest's plan gets its customer, once the guest has an account."""

from datetime import datetime

from backend.accounts.queries import customer_account
from backend.accounts.rules import require_may_take_over
from backend.core.transactions import use_case
from backend.core.viewer import Viewer, require_signed_in
from backend.coupons.actions import give_use
from backend.events.actions import emit
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
    customer_id, user = customer_account(viewer)
    plan = named_subscription(viewer, subscription_id=None, tracking_token=tracking_token, now=now)
    require_may_take_over(
        "plan",
        is_owned=plan.customer_id is not None,
        guest_email=plan.guest_email,
        email=user.email,
        verified_at=user.email_verified_at,
        field=("tracking_token",),
    )
    plan.customer_id, plan.account_linked_at = customer_id, now
    plan.version += 1
    plan.save(update_fields=["customer", "account_linked_at", "version"])
    visits = plan.visits.filter(appointment__isnull=False).values_list("appointment_id", flat=True)
    give_bookings(appointment_ids=[each for each in visits if each is not None], customer_id=customer_id)
    give_use(subscription_id=plan.pk, customer_id=customer_id)
    fact = SubscriptionLinked(subscription_id=plan.pk, customer_id=plan.customer_id, actor_id=viewer.user_id)
    emit([fact], now=now)
    return plan
