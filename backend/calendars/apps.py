from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    name = "backend.calendars"
    label = "calendars"

    def ready(self) -> None:
        """Answer for what must be true here whenever the data is checked as a whole."""
        from backend.calendars.queries import offences_of_calendars
        from backend.core.invariants import keeps_true

        keeps_true("Calendars hold no more than they should", offences_of_calendars)
