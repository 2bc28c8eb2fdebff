from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "backend.subscriptions"
    label = "subscriptions"

    def ready(self) -> None:
        """Answer for what is kept here of a customer (ADR 0011), for lost links, and for what must never be."""
        from backend.core.invariants import keeps_true
        from backend.customers.actions import PersonalData, follows_merge, holds_personal_data
        from backend.orders.actions import finds_links
        from backend.subscriptions.actions.people import erase_plans, export_plans, plans_follow
        from backend.subscriptions.actions.tracking import find_plan_link
        from backend.subscriptions.queries.offences import offences_of_plans

        follows_merge("subscriptions", plans_follow)
        holds_personal_data("subscriptions", PersonalData(export=export_plans, erase=erase_plans))
        finds_links("SUB", find_plan_link)
        keeps_true("Plans count what they owe, and their visits have their time", offences_of_plans)
