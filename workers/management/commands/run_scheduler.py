"""`manage.py run_scheduler`."""

from typing import Any

from django.core.management.base import BaseCommand

from workers.processes import run_scheduler


class Command(BaseCommand):
    help = "Relay events to the workers and run periodic jobs. One is enough; several do nothing twice."

    def handle(self, *args: Any, **options: Any) -> None:
        run_scheduler()
