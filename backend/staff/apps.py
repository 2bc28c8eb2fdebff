from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "backend.staff"
    label = "staff"

    def ready(self) -> None:
        """Tell accounts who makes the row of a member of staff (docs/adr/0010), and what its leaving takes (0022)."""
        from backend.accounts.actions import ends_row, makes_row
        from backend.core.orphans import keeps_files
        from backend.core.viewer import Role
        from backend.staff.actions import member_of_user_leaves, row_of_user
        from backend.staff.queries import staff_photo_files

        makes_row(Role.STAFF, row_of_user)
        ends_row(Role.STAFF, member_of_user_leaves)
        keeps_files("staff", staff_photo_files)
