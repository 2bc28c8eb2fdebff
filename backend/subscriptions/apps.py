from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "backend.subscriptions"
    label = "subscriptions"

    def ready(self) -> None:
        """Answer for what is kept here of a customer (docs/adr/0011-what-follows-a-customer.md)."""
        from backend.customers.actions import PersonalData, follows_merge, holds_personal_data
        from backend.subscriptions.actions.people import erase_plans, export_plans, plans_follow

        follows_merge("subscriptions", plans_follow)
        holds_personal_data("subscriptions", PersonalData(export=export_plans, erase=erase_plans))
