"""`manage.py check_files`: compares the stored files with the rows that name them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.core import clock
from backend.core.orphans import look_at_files


class Command(BaseCommand):
    help = "List stored files that no row names, and named files that are missing. Exits with 1 for the latter."

    def handle(self, *args: Any, **options: Any) -> None:
        """CommandError listing every missing file."""
        found = look_at_files(now=clock.now())
        for name in found.orphans:
            self.stdout.write(f"  named by nobody: {name}")
        if found.missing:
            raise CommandError("Missing:\n  " + "\n  ".join(found.missing))
        self.stdout.write(f"Nothing is missing; {len(found.orphans)} files are named by nobody.")
