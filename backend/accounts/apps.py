from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "backend.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Tell the storage whose files the avatars are."""
        from backend.accounts.queries import avatar_files
        from backend.core.orphans import keeps_files

        keeps_files("avatars", avatar_files)
