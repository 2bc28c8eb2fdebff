"""`manage.py verify_backup`: a trial restore, and what it shows."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.core.backups import BackupError, find_backup, store_at, verify_backup
from backend.core.management.backups import url_from


class Command(BaseCommand):
    help = "Restore a backup into a scratch database and check it. Exits with 1 where anything is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default="latest", help="The backup's name; the newest if not given.")
        parser.add_argument("--from", dest="store", default="", help="A folder or s3://bucket/prefix; else BACKUP_URL.")

    def handle(self, *args: Any, **options: Any) -> None:
        """CommandError listing everything that is wrong with it."""
        try:
            store = store_at(url_from(options["store"]))
            manifest = find_backup(store, options["name"])
            report = verify_backup(store, manifest, tell=self.stdout.write)
        except BackupError as error:
            raise CommandError(str(error)) from error
        if not report.is_sound:
            raise CommandError(f"{manifest.name} is NOT sound:\n  " + "\n  ".join(report.faults))
        for name in report.checks:
            self.stdout.write(f"  holds: {name}")
        self.stdout.write(
            self.style.SUCCESS(
                f"{manifest.name} is sound: {report.rows:,} rows in {report.tables} tables, "
                f"{len(manifest.files):,} files, {len(report.checks)} invariants."
            )
        )
