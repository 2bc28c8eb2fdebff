"""`manage.py backlog`."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.core import clock
from backend.events.queries import backlog


class Command(BaseCommand):
    help = "Say how many seconds the scheduler and the workers are behind; fail where it is too much."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("who", nargs="*", default=["scheduler", "worker"], help="scheduler, worker, or both.")
        parser.add_argument("--at-most", type=float, default=120.0, help="Seconds that are still fine.")

    def handle(self, *args: Any, **options: Any) -> None:
        """CommandError, and so exit code 1, where one of those asked for is further behind."""
        behind = {name: waited.total_seconds() for name, waited in asdict(backlog(now=clock.now())).items()}
        for name in options["who"]:
            if name not in behind:
                raise CommandError(f"There is no {name}: say scheduler or worker.")
            self.stdout.write(f"{name} is {behind[name]:.0f} s behind")
        late = [name for name in options["who"] if behind[name] > options["at_most"]]
        if late:
            raise CommandError(f"Too far behind: {', '.join(late)}")
