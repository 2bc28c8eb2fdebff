"""The tracking link of a plan, asked for again."""

from datetime import datetime

from backend.core.references import secret_token
from backend.core.transactions import step
from backend.subscriptions.events import PlanLinkRequested
from backend.subscriptions.queries import link_expired, locked_subscription, plan_asked_for


def find_plan_link(*, number: str, email: str) -> PlanLinkRequested:
    """The fact that the link to a plan is asked for; it names no plan where number and e-mail open none."""
    subscription_id, customer_id = plan_asked_for(number=number, email=email)
    return PlanLinkRequested(subscription_id=subscription_id, customer_id=customer_id)


@step
def renew_plan_link(*, subscription_id: int, now: datetime) -> bool:
    """Give a plan whose link has run out another one, good for as long again; whether it needed one.

    The old token stays dead: whoever finds it in an old mail opens nothing.
    """
    plan = locked_subscription(subscription_id)
    if plan is None or not link_expired(plan, now=now):
        return False
    plan.tracking_token, plan.tracking_renewed_at = secret_token(), now
    plan.save(update_fields=["tracking_token", "tracking_renewed_at"])
    return True
