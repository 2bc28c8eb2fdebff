from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    name = "backend.scheduling"
    label = "scheduling"

    def ready(self) -> None:
        """Answer for what is kept here of a customer (docs/adr/0011), and for the visits of staff who leave (0022)."""
        from backend.core.invariants import keeps_true
        from backend.core.orphans import keeps_files
        from backend.customers.actions import PersonalData, follows_merge, holds_personal_data
        from backend.scheduling.actions.leaving import give_visits_up
        from backend.scheduling.actions.people import bookings_follow, erase_bookings, export_bookings
        from backend.scheduling.queries.offences import offences_of_claims, offences_of_photos
        from backend.scheduling.queries.photos import photo_files
        from backend.staff.actions import before_leaving

        keeps_files("photos", photo_files)
        before_leaving(give_visits_up)
        follows_merge("bookings", bookings_follow)
        holds_personal_data("bookings", PersonalData(export=export_bookings, erase=erase_bookings))
        keeps_true("Every open visit claims its own time, and no claims overlap", offences_of_claims)
        keeps_true("Only visits that were confirmed have photos, thirty at most", offences_of_photos)
