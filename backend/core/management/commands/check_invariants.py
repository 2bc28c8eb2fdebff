"""`manage.py check_invariants`: reads everything, and says what should never be."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.core.invariants import offences


class Command(BaseCommand):
    help = "Check what must never be false in the data: claims, totals, counts. Exits with 1 where something is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print what was found as JSON, and exit with 0.")

    def handle(self, *args: Any, **options: Any) -> None:
        """CommandError listing every offence."""
        found = offences()
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        for name, sentences in found.items():
            self.stdout.write(f"  {'BROKEN' if sentences else 'holds'}: {name}")
        wrong = [f"{name}: {sentence}" for name, sentences in found.items() for sentence in sentences]
        if wrong:
            raise CommandError("This should never be:\n  " + "\n  ".join(wrong))
