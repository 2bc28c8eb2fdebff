from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "backend.events"
    label = "events"

    def ready(self) -> None:
        """Have the log of a restored backup read on where it lands."""
        from backend.core.backups import after_restore
        from backend.events.actions import adopt_restored_log

        after_restore("event log", adopt_restored_log)
