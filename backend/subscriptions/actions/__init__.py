"""Everything that changes a plan."""

from backend.subscriptions.actions.create import confirm_subscription, create_subscription

__all__ = ["confirm_subscription", "create_subscription"]
