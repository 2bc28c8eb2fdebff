"""`manage.py reseal`: every sealed secret under the newest key, so that older keys can be taken away."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.core.resealing import Progress, reseal_all


class Command(BaseCommand):
    help = "Put all calendar tokens and webhook secrets under the first of SEALING_KEYS. Can be run again at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        """CommandError naming what no key opens."""
        results = reseal_all(tell=self._tell)
        for each in results:
            good = each.seen - len(each.lost)
            self.stdout.write(f"{each.model}: {good} under the newest key, {each.renewed} of them renewed.")
        lost = [f"{each.model} {pk}" for each in results for pk in each.lost]
        if lost:
            raise CommandError("No key of SEALING_KEYS opens:\n  " + "\n  ".join(lost))

    def _tell(self, progress: Progress) -> None:
        self.stdout.write(f"{progress.model}: {progress.seen} of {progress.total}")
        self.stdout.flush()
