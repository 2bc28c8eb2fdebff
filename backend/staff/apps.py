from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "backend.staff"
    label = "staff"

    def ready(self) -> None:
        """Tell accounts who makes the row of a member of staff (docs/adr/0010-rows-of-roles.md)."""
        from backend.accounts.actions import makes_row
        from backend.core.viewer import Role
        from backend.staff.actions import row_of_user

        makes_row(Role.STAFF, row_of_user)
