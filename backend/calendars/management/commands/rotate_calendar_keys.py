"""`manage.py rotate_calendar_keys`: every token under the newest key, so that older ones can be taken away."""

from typing import Any

from django.core.management.base import BaseCommand

from backend.calendars.actions import rotate_keys


class Command(BaseCommand):
    help = "Encrypt every calendar's tokens with the newest of CALENDAR_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        renewed, lost = rotate_keys()
        self.stdout.write(f"{renewed} calendars are under the newest key.")
        if lost:
            self.stderr.write(f"{lost} calendars are under a key that is not in CALENDAR_KEYS: connect them anew.")
            raise SystemExit(1)
