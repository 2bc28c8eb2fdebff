"""`manage.py backup`: database and files, while the business goes on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.core import clock
from backend.core.backups import BackupError, configured_keep, forget_backups, list_backups, store_at, take_backup
from backend.core.management.backups import url_from


class Command(BaseCommand):
    help = "Back up the database and the stored files, and remove backups that need not be kept any longer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", default="", help="A folder or s3://bucket/prefix; BACKUP_URL where not given.")
        parser.add_argument("--list", action="store_true", help="Only say which backups there are.")
        parser.add_argument("--keep-all", action="store_true", help="Remove no older backup.")

    def handle(self, *args: Any, **options: Any) -> None:
        """CommandError where it could not be done; then no manifest was written, and there is no new backup."""
        now = clock.now()
        try:
            store = store_at(url_from(options["to"]))
            if options["list"]:
                self._list(store)
                return
            manifest = take_backup(store, now=now, tell=self.stdout.write)
            removed = [] if options["keep_all"] else forget_backups(store, keep=configured_keep(), now=now)
        except BackupError as error:
            raise CommandError(str(error)) from error
        for name in removed:
            self.stdout.write(f"Removed {name}.")
        self.stdout.write(self.style.SUCCESS(manifest.name))

    def _list(self, store: Any) -> None:
        for manifest in list_backups(store):
            self.stdout.write(
                f"{manifest.name}  {sum(manifest.rows.values()):>10,} rows  {len(manifest.files):>7,} files  "
                f"{manifest.dump.size + sum(each.size for each in manifest.files):>14,} bytes"
            )
