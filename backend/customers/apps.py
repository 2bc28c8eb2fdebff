from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "backend.customers"
    label = "customers"

    def ready(self) -> None:
        """Tell accounts who makes the row of a customer (docs/adr/0010-rows-of-roles.md)."""
        from backend.accounts.actions import makes_row
        from backend.core.viewer import Role
        from backend.customers.actions import row_of_user

        makes_row(Role.CUSTOMER, row_of_user)
