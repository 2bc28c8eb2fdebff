from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    name = "backend.calendars"
    label = "calendars"

    def ready(self) -> None:
        """Answer for what must be true here whenever all is checked, and for what is kept of a customer."""
        from backend.calendars.actions import erase_calendars, export_calendars
        from backend.calendars.queries import offences_of_calendars
        from backend.core.invariants import keeps_true
        from backend.core.resealing import keeps_sealed
        from backend.customers.actions import PersonalData, holds_personal_data

        keeps_sealed("calendars.CalendarConnection", "sealed")
        keeps_true("Calendars hold no more than they should", offences_of_calendars)
        holds_personal_data("calendars", PersonalData(export=export_calendars, erase=erase_calendars))
