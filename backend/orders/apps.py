from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "backend.orders"
    label = "orders"

    def ready(self) -> None:
        """Answer for what is kept here of a customer (docs/adr/0011-what-follows-a-customer.md)."""
        from backend.core.invariants import keeps_true
        from backend.customers.actions import PersonalData, follows_merge, holds_personal_data
        from backend.orders.actions.people import erase_orders, export_orders, orders_follow
        from backend.orders.queries import offences_of_orders

        follows_merge("orders", orders_follow)
        holds_personal_data("orders", PersonalData(export=export_orders, erase=erase_orders))
        keeps_true("Orders add up, and confirmed lines have their visits", offences_of_orders)
