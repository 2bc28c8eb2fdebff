from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "backend.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Answer for what is kept here of a customer (docs/adr/0011-what-follows-a-customer.md)."""
        from backend.customers.actions import PersonalData, holds_personal_data
        from backend.notifications.actions import erase_messages, export_messages

        holds_personal_data("messages", PersonalData(export=export_messages, erase=erase_messages))
