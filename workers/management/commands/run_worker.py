"""`manage.py run_worker`."""

from typing import Any

from django.core.management.base import BaseCommand

from workers.processes import run_worker


class Command(BaseCommand):
    help = "Carry out what the relay sends: handlers and mails. Run as many as needed."

    def handle(self, *args: Any, **options: Any) -> None:
        run_worker()
