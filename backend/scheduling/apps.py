from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    name = "backend.scheduling"
    label = "scheduling"

    def ready(self) -> None:
        """Answer for what is kept here of a customer (docs/adr/0011-what-follows-a-customer.md)."""
        from backend.core.invariants import keeps_true
        from backend.customers.actions import PersonalData, follows_merge, holds_personal_data
        from backend.scheduling.actions.people import bookings_follow, erase_bookings, export_bookings
        from backend.scheduling.queries.offences import offences_of_claims

        follows_merge("bookings", bookings_follow)
        holds_personal_data("bookings", PersonalData(export=export_bookings, erase=erase_bookings))
        keeps_true("Every open visit claims its own time, and no claims overlap", offences_of_claims)
