from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "backend.partners"
    label = "partners"

    def ready(self) -> None:
        """Say what must be true of what is kept here."""
        from backend.core.invariants import keeps_true
        from backend.core.resealing import keeps_sealed
        from backend.partners.queries import offences_of_webhooks

        keeps_sealed("partners.WebhookEndpoint", "secret", "previous_secret")
        keeps_true("Nothing waits for a disabled webhook", offences_of_webhooks)
